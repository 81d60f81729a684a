//! The `memscope-bench-tracking-allocator` program: untracked workloads with tracking-allocator as the allocator, for
//! the level of that name.
//!
//! The crate puts a header before each block and, while it is enabled, calls a tracker of the program for each event.
//! Its cost depends on that tracker: this one is the smallest useful one, two counters that all threads share. It
//! takes its blocks from the switched allocator, which counts the events that happened if a probe requests it.

use memscope_bench::internal::cli::run_probe;
use memscope_bench::internal::tracking::references::WrongProgramError;
use memscope_bench::internal::tracking::{Level, Recorded, SwitchedAllocator};
use memscope_bench::internal::worker::probe::{AllocatorTracker, run_with_allocator};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tracking_allocator::{AllocationGroupId, AllocationRegistry, AllocationTracker, Allocator};

#[global_allocator]
static ALLOCATOR: Allocator<SwitchedAllocator> = Allocator::from_allocator(SwitchedAllocator);

const TRACKING_ALLOCATOR: AllocatorTracker = AllocatorTracker { check, switch, recorded };

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static DEALLOCATIONS: AtomicU64 = AtomicU64::new(0);

fn main() -> ExitCode {
    AllocationRegistry::set_global_tracker(Counter).expect("nobody else sets one");
    run_probe(|request| run_with_allocator(request, &TRACKING_ALLOCATOR))
}

/// The tracker: two counters.
struct Counter;

impl AllocationTracker for Counter {
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

fn check(level: Level) -> Result<(), WrongProgramError> {
    if level == Level::TrackingAllocator { Ok(()) } else { Err(WrongProgramError::Another(level)) }
}

fn switch(on: bool) {
    if on { AllocationRegistry::enable_tracking() } else { AllocationRegistry::disable_tracking() }
}

fn recorded() -> Recorded {
    let [allocations, deallocations] = [&ALLOCATIONS, &DEALLOCATIONS].map(|counter| Some(counter.load(Relaxed)));
    Recorded { allocations, deallocations, ..Recorded::default() }
}
