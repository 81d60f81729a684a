//! Statistics that do not count what the hook frees: 0.1.3 and 0.1.4. All that was ever allocated is active, and the
//! peak is the total. None of these is what its name says.

use super::hook::tracker;
use crate::tracking::Recorded;

/// Returns what the hook recorded.
pub fn recorded_events() -> Recorded {
    let Ok(stats) = tracker().get_stats() else { return Recorded::default() };
    Recorded {
        allocations: Some(stats.total_allocations as u64),
        allocated_bytes: Some(stats.total_allocated as u64),
        ..Recorded::default()
    }
}
