//! The `memscope-bench-jemalloc` program: the untracked workloads with jemalloc as the allocator, for the levels
//! `jemalloc` and `jemalloc-profiler`.
//!
//! The two differ in one of jemalloc's options, which it reads from its environment variable when the process starts:
//! the launcher of probes sets it. So what the heap costs or saves is told apart from what its profiler costs.

use memscope_bench::cli::{ReferenceProgram, read_command_line};
use memscope_bench::tracking::references::WrongProgramError;
use memscope_bench::tracking::{Level, Recorded};
use memscope_bench::worker::probe::Resident;
use std::process::ExitCode;
use tikv_jemalloc_ctl::profiling;
use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// The profiler runs from the process's start to its end, and does not tell how much of what happened it sampled.
const JEMALLOC: Resident = Resident { check, switch: |_| {}, recorded: Recorded::default };

fn main() -> ExitCode {
    read_command_line().map_or_else(|code| code, |program: ReferenceProgram| program.run(&JEMALLOC))
}

/// Sees to it that the level is jemalloc's, and that jemalloc does what the level says.
fn check(level: Level) -> Result<(), WrongProgramError> {
    let wants_profiler = match level {
        Level::Jemalloc => false,
        Level::JemallocProfiler => true,
        _ => return Err(WrongProgramError::Another(level)),
    };
    let has_profiler = profiling::prof::read().is_ok_and(|on| on);
    if has_profiler == wants_profiler { Ok(()) } else { Err(WrongProgramError::Profiler(level, wants_profiler)) }
}
