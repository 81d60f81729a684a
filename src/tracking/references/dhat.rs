//! dhat: records each block with its backtrace, while its profiler lives.

use crate::tracking::own::AllocationTracker;
use crate::tracking::{Recorded, RecordingKind};
use std::sync::OnceLock;

/// The tracker.
pub(in crate::tracking) struct Dhat;

/// The profiler. It lives as long as the process, because a process has one window.
static PROFILER: OnceLock<dhat::Profiler> = OnceLock::new();

impl AllocationTracker for Dhat {
    type Allocator = dhat::Alloc;

    const NAME: &'static str = "dhat";
    const ABOUT: &'static str = "a heap profiler: each block with its backtrace";
    const RECORDS: RecordingKind = RecordingKind::Backtraces;
    const ALLOCATOR: dhat::Alloc = dhat::Alloc;

    /// Sets it up as in a user's program, except that it writes no file at the end.
    fn start(_: &dhat::Alloc) {
        PROFILER.get_or_init(|| dhat::Profiler::builder().testing().build());
    }

    /// Returns its statistics. It counts a reallocation as a new block: the blocks that are not live were freed or
    /// resized.
    fn recorded(_: &dhat::Alloc) -> Recorded {
        let stats = dhat::HeapStats::get();
        Recorded {
            allocations: Some(stats.total_blocks),
            deallocations: Some(stats.total_blocks - stats.curr_blocks as u64),
            allocated_bytes: Some(stats.total_bytes),
            active_allocations: Some(stats.curr_blocks as u64),
            active_bytes: Some(stats.curr_bytes as u64),
            peak_bytes: Some(stats.max_bytes as u64),
            ..Recorded::default()
        }
    }
}
