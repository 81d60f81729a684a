//! Probes whose tracker exists from the start of the process: the documented start of memscope, and its hook as the
//! program's allocator.

use crate::tracking::memscope::recorded_events;
use crate::tracking::references::WrongProgramError;
use crate::tracking::{Level, Started, VariableTracker};
use crate::worker::probe::{Observation, Request, memscope_bench_timed, observation, warm_up};
use crate::worker::task::TaskError;
use crate::workloads::pools;

/// Runs a probe that is timed from outside, without preparation or warm-up. memscope starts as its documentation shows,
/// exports when the workload is done, and then the process ends.
///
/// # Errors
/// If the system does not start the threads.
pub(super) fn run(request: Request) -> Result<Observation, TaskError> {
    if request.workload.is_parallel() {
        pools::start(request.threads)?;
    }
    let started = Started::begin(request.level);
    let seen = memscope_bench_timed(request, started.tracker());
    let recorded = started.recorded();
    drop(started);
    // The peak memory includes the export's memory.
    Ok(observation(request, seen, recorded))
}

/// Runs one window in the program whose allocator is memscope's hook.
///
/// # Errors
/// If the level is not this program's, or the system does not start the threads.
pub fn run_linked(request: Request) -> Result<Observation, TaskError> {
    if request.level != Level::Linked {
        return Err(WrongProgramError::Another(request.level).into());
    }
    warm_up(request)?;
    let before = recorded_events();
    let seen = memscope_bench_timed(request, &VariableTracker::NOOP);
    Ok(observation(request, seen, recorded_events().since(before)))
}
