//! Statistics that mean what their names say: 0.1.0 to 0.1.2, and from 0.2.0 on.

use super::hook::tracker;
use crate::tracking::Recorded;

/// Returns what the hook recorded.
#[allow(clippy::unnecessary_cast, reason = "the fields' types differ between versions")]
pub fn recorded_events() -> Recorded {
    let Ok(stats) = tracker().get_stats() else { return Recorded::default() };
    Recorded {
        allocations: Some(stats.total_allocations as u64),
        deallocations: Some(stats.total_deallocations as u64),
        allocated_bytes: Some(stats.total_allocated as u64),
        active_allocations: Some(stats.active_allocations as u64),
        active_bytes: Some(stats.active_memory as u64),
        peak_bytes: Some(stats.peak_memory as u64),
        variables: None,
    }
}
