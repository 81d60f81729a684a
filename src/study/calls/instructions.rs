//! Instructions of calls: each call runs once more, under valgrind.

use crate::study::calls::{Counted, Measured, Single, Timing};
use crate::study::instructions::{Collected, CountingError, InstructionCounter};
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::task::Task;
use crate::worker::tasks::operation::Request;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The number of repeats of a call, unless a process times fewer.
const REPEATS: u64 = 100;

/// The time in nanoseconds above which a call is not counted: under valgrind, it would take half a minute.
pub(super) const MAX_NS: f64 = 5e8;

/// Returns whether the instructions of a call are counted: the call has not failed, and is not too slow.
fn is_counted(measured: &Measured) -> bool {
    measured.failure.is_none() && measured.ns.is_some_and(|ns| ns.value < MAX_NS)
}

/// Counts the instructions of calls. Several processes run at once, because other work does not change a count.
/// `measured` has the times of the same calls. `progress` is called after each.
///
/// # Errors
/// If valgrind or another requirement is missing.
pub(crate) fn count(
    launcher: &Launcher,
    measured: &[Measured],
    singles: &mut [Single],
    progress: impl Fn() + Sync,
) -> Result<(), CountingError> {
    let counter = InstructionCounter::new(launcher)?;
    let work = Mutex::new(measured.iter().zip(singles).filter(|(measured, _)| is_counted(measured)));
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let count_all = || {
        loop {
            let next = work.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((measured, single)) = next else { break };
            match count_one(&counter, measured, single.calls.min(REPEATS)) {
                Ok(counted) => single.counted = Some(counted),
                Err(failure) => single.count_failure = Some(failure),
            }
            progress();
        }
    };
    thread::scope(|scope| {
        // The system may allow fewer threads, and this one counts in any case.
        let started = |_: &usize| thread::Builder::new().spawn_scoped(scope, count_all).is_ok();
        let _ = (1..workers).take_while(started).count();
        count_all();
    });
    Ok(())
}

/// Returns the number of times that progress is reported.
pub(crate) fn steps(measured: &[Measured]) -> usize {
    measured.iter().filter(|measured| is_counted(measured)).count()
}

fn count_one(counter: &InstructionCounter<'_>, measured: &Measured, repeats: u64) -> Result<Counted, Failure> {
    let request = Request { fixed_seed: true, ..Request::together(&measured.operation, measured.level, repeats) };
    let (_, Collected { instructions, .. }): (Timing, _) = counter.task(&Task::Operation(request))?;
    Ok(Counted { repeats, instructions })
}
