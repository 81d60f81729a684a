//! stats_alloc: counters that all threads share, which are always on.

use crate::tracking::own::AllocationTracker;
use crate::tracking::{Recorded, RecordingKind};
use std::alloc::System;

/// The tracker.
pub(in crate::tracking) struct StatsAlloc;

impl AllocationTracker for StatsAlloc {
    type Allocator = &'static stats_alloc::StatsAlloc<System>;

    const NAME: &'static str = "stats_alloc";
    const ABOUT: &'static str = "counters that all threads share";
    const RECORDS: RecordingKind = RecordingKind::Counts;
    const ALLOCATOR: Self::Allocator = &stats_alloc::INSTRUMENTED_SYSTEM;

    /// Returns the counts. It counts the bytes by which a block grew instead of those requested, so its bytes are left
    /// out.
    fn recorded(allocator: &Self::Allocator) -> Recorded {
        let stats = allocator.stats();
        Recorded {
            allocations: Some((stats.allocations + stats.reallocations) as u64),
            deallocations: Some((stats.deallocations + stats.reallocations) as u64),
            ..Recorded::default()
        }
    }
}
