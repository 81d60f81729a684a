//! The `memscope-bench-tracking-allocator` program: the untracked workloads with tracking-allocator as the allocator,
//! for the level of its name.
//!
//! The crate puts a header before each block and calls a tracker of the program's for each event, while it is let to.
//! What it costs depends on that tracker: ours is the least that is of use, two counters that all threads share.
//! Below it is the switched allocator, which counts what really happened where that is asked for.

use memscope_bench::cli::{ReferenceProgram, read_command_line};
use memscope_bench::tracking::references::WrongProgramError;
use memscope_bench::tracking::{Level, Recorded, SwitchedAllocator};
use memscope_bench::worker::probe::Resident;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tracking_allocator::{AllocationGroupId, AllocationRegistry, AllocationTracker, Allocator};

#[global_allocator]
static ALLOCATOR: Allocator<SwitchedAllocator> = Allocator::from_allocator(SwitchedAllocator);

const TRACKING_ALLOCATOR: Resident = Resident { check, switch, recorded };

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static DEALLOCATIONS: AtomicU64 = AtomicU64::new(0);

fn main() -> ExitCode {
    AllocationRegistry::set_global_tracker(Counter).expect("nobody else sets one");
    read_command_line().map_or_else(|code| code, |program: ReferenceProgram| program.run(&TRACKING_ALLOCATOR))
}

/// The tracker: it counts.
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
