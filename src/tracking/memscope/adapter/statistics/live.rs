//! Statistics of what is alive alone, before 0.1.0: the total is of the blocks that are active.

use super::hook::tracker;
use crate::tracking::Recorded;

/// Returns what the hook recorded.
pub fn recorded_events() -> Recorded {
    let stats = tracker().get_stats();
    Recorded {
        active_allocations: Some(stats.total_allocations as u64),
        active_bytes: Some(stats.total_memory as u64),
        ..Recorded::default()
    }
}
