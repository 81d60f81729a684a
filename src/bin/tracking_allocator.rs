//! The `memscope-bench-tracking-allocator` program: untracked workloads with tracking-allocator as the allocator, for
//! the level of that name.
//!
//! The crate adds a header to each block and, while it is enabled, calls the program's tracker for each event. Its cost
//! depends on that tracker: this one is the smallest useful tracker, two counters that all threads share.

use memscope_bench::internal::cli::run_tracker;
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::tracking::references::WrongProgramError;
use memscope_bench::internal::worker::installed::Installed;
use memscope_bench::{AllocationTracker, Recorded, RecordingKind, Tracked};
use std::alloc::System;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tracking_allocator::{AllocationGroupId, AllocationRegistry, Allocator};

#[global_allocator]
static ALLOCATOR: Tracked<Allocator<System>> = Tracked::new(Allocator::system());

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static DEALLOCATIONS: AtomicU64 = AtomicU64::new(0);

fn main() -> ExitCode {
    AllocationRegistry::set_global_tracker(Counter).expect("nobody else sets one");
    run_tracker(&Installed::<Counter>::reference(&ALLOCATOR, check))
}

/// The tracker: two counters.
struct Counter;

impl tracking_allocator::AllocationTracker for Counter {
    fn allocated(&self, _address: usize, _object_size: usize, _wrapped_size: usize, _group: AllocationGroupId) {
        ALLOCATIONS.fetch_add(1, Relaxed);
    }

    fn deallocated(
        &self,
        _address: usize,
        _object_size: usize,
        _wrapped_size: usize,
        _source: AllocationGroupId,
        _current: AllocationGroupId,
    ) {
        DEALLOCATIONS.fetch_add(1, Relaxed);
    }
}

impl AllocationTracker for Counter {
    type Allocator = Allocator<System>;

    const NAME: &str = "tracking-allocator";
    const ABOUT: &str = "a header on each block, and a call for each event, which ours counts";
    const RECORDS: RecordingKind = RecordingKind::Counts;
    const ALLOCATOR: Allocator<System> = Allocator::system();

    fn start(_: &Allocator<System>) {
        AllocationRegistry::enable_tracking();
    }

    fn stop(_: &Allocator<System>) {
        AllocationRegistry::disable_tracking();
    }

    fn recorded(_: &Allocator<System>) -> Recorded {
        let [allocations, deallocations] = [&ALLOCATIONS, &DEALLOCATIONS].map(|counter| Some(counter.load(Relaxed)));
        Recorded { allocations, deallocations, ..Recorded::default() }
    }
}

fn check(level: Level) -> Result<(), WrongProgramError> {
    if level == Level::TrackingAllocator { Ok(()) } else { Err(WrongProgramError::Another(level)) }
}
