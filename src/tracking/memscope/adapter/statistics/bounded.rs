//! Statistics of which the active and peak figures count named values alone, while the totals count all: 0.1.5 to 0.1.10.

use super::hook::tracker;
use crate::tracking::Recorded;

/// Returns what the hook recorded.
pub fn recorded_events() -> Recorded {
    let Ok(stats) = tracker().get_stats() else { return Recorded::default() };
    Recorded {
        allocations: Some(stats.total_allocations as u64),
        deallocations: Some(stats.total_deallocations as u64),
        allocated_bytes: Some(stats.total_allocated as u64),
        ..Recorded::default()
    }
}
