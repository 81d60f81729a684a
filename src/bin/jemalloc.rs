//! The `memscope-bench-jemalloc` program: untracked workloads with jemalloc as the allocator, for the levels
//! `jemalloc` and `jemalloc-profiler`.
//!
//! The two levels differ in one of jemalloc's options, which it reads from an environment variable when the process
//! starts; the launcher sets it. So the cost of the profiler is measured separately from the effect of another heap.

use memscope_bench::internal::cli::run_tracker;
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::tracking::references::WrongProgramError;
use memscope_bench::internal::worker::installed::Installed;
use memscope_bench::{AllocationTracker, Recorded, RecordingKind, Tracked};
use std::process::ExitCode;
use tikv_jemalloc_ctl::profiling;
use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Tracked<Jemalloc> = Tracked::new(Jemalloc);

/// jemalloc, whose profiler runs from the process's start to its end.
struct Profiler;

impl AllocationTracker for Profiler {
    type Allocator = Jemalloc;

    const NAME: &str = "jemalloc";
    const ABOUT: &str = "another heap, with a sampling profiler";
    const RECORDS: RecordingKind = RecordingKind::Samples;
    const ALLOCATOR: Jemalloc = Jemalloc;

    /// Returns nothing: the profiler does not report the share of events that it sampled.
    fn recorded(_: &Jemalloc) -> Recorded {
        Recorded::default()
    }
}

fn main() -> ExitCode {
    run_tracker(&Installed::<Profiler>::reference(&ALLOCATOR, check))
}

/// Checks that the level is jemalloc's, and that jemalloc's profiler is on or off as the level requires.
fn check(level: Level) -> Result<(), WrongProgramError> {
    let wants_profiler = match level {
        Level::Jemalloc => false,
        Level::JemallocProfiler => true,
        _ => return Err(WrongProgramError::Another(level)),
    };
    let has_profiler = profiling::prof::read().is_ok_and(|on| on);
    if has_profiler == wants_profiler { Ok(()) } else { Err(WrongProgramError::Profiler(level, wants_profiler)) }
}
