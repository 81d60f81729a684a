//! The hook's statistics.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::hook::tracker;
use super::{Linked, Statistics};
use crate::tracking::Recorded;

/// 0.1.0 to 0.1.2, and from 0.2.0 on: all figures mean what their names say.
#[cfg(memscope_statistics = "all")]
impl Statistics for Linked {
    #[allow(clippy::unnecessary_cast, reason = "the fields' types differ between versions")]
    fn recorded_events() -> Recorded {
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
}

/// The totals count all events, the active and peak figures do not: 0.1.5 to 0.1.10 count named values only, and commits
/// around 0.1.3 and 0.1.4 count a named block twice.
#[cfg(any(memscope_statistics = "bounded", memscope_statistics = "named_twice"))]
impl Statistics for Linked {
    fn recorded_events() -> Recorded {
        let Ok(stats) = tracker().get_stats() else { return Recorded::default() };
        Recorded {
            allocations: Some(stats.total_allocations as u64),
            deallocations: Some(stats.total_deallocations as u64),
            allocated_bytes: Some(stats.total_allocated as u64),
            ..Recorded::default()
        }
    }
}

/// 0.1.3 and 0.1.4: frees of the hook are not counted. Everything ever allocated is active, and the peak is the
/// total.
#[cfg(memscope_statistics = "totals")]
impl Statistics for Linked {
    fn recorded_events() -> Recorded {
        let Ok(stats) = tracker().get_stats() else { return Recorded::default() };
        Recorded {
            allocations: Some(stats.total_allocations as u64),
            allocated_bytes: Some(stats.total_allocated as u64),
            ..Recorded::default()
        }
    }
}

/// Before 0.1.0: the totals cover only active blocks.
#[cfg(memscope_statistics = "live")]
impl Statistics for Linked {
    fn recorded_events() -> Recorded {
        let stats = tracker().get_stats();
        Recorded {
            active_allocations: Some(stats.total_allocations as u64),
            active_bytes: Some(stats.total_memory as u64),
            ..Recorded::default()
        }
    }
}
