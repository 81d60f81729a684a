//! Windows with and without the synthetic tracker, for the true cost of that tracker within one process.
//!
//! A process prepares itself as a probe does before its warm-up, and then forks repeatedly. Each child runs one
//! window, half of them with the tracker. All children begin as the same process in the same state, to the last
//! address; only the switch differs.
//!
//! Consecutive windows in the same process would differ. glibc gives memory back after one and fetches it anew in the
//! next, so equal windows of one long run took two different times in turn. A workload that leaks finds another heap
//! each time. On memory that is mapped already, a window takes half the time of a first one, and the same work of a
//! tracker costs another time in it, because the kernel does not interrupt.

use crate::tracking::{Mode, Session, VariableTracker, set_synthetic_cost};
use crate::worker::fork::in_a_child;
use crate::worker::probe;
use crate::worker::task::TaskError;
use crate::workloads::pools::ThreadsError;
use serde::{Deserialize, Serialize};

/// The windows of one process, `true` with the tracker. Each order of two is equally frequent, early and late.
const TURNS: [bool; 8] = [false, true, true, false, true, false, false, true];

/// The times of one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Time {
    /// Wall time, in nanoseconds.
    pub wall_ns: u64,
    /// CPU time over all threads, in nanoseconds.
    pub cpu_ns: u64,
}

/// The windows of one process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Windows {
    /// Windows without the tracker.
    pub untracked: Vec<Time>,
    /// Windows with the tracker.
    pub tracked: Vec<Time>,
}

/// The work of one process.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Workload, size and threads of each window; its level is the one around the windows.
    pub probe: probe::Request,
    /// Units of work that the synthetic tracker burns for each allocation.
    pub units: u32,
}

/// Runs windows of a workload without and with the synthetic tracker, each in a child of this process.
///
/// # Errors
/// If the program's global allocator is not [`SwitchedAllocator`](crate::tracking::SwitchedAllocator), or the system
/// refuses a child or its threads.
pub fn run(Request { probe: request, units }: Request) -> Result<Windows, TaskError> {
    let _session = Session::prepare(request.level, false);
    probe::check_switch()?;
    set_synthetic_cost(units);

    let mut windows = Windows::default();
    for tracked in TURNS {
        let mode = if tracked { Mode::BURN } else { Mode::OFF };
        let times = in_a_child(|| {
            // Threads do not survive a fork: each child starts its own pools.
            if probe::warm_up(request).is_err() {
                return [0; 3];
            }
            let (_, wall, cpu) = mode.window(|| probe::timed(request, &VariableTracker::NOOP));
            [1, wall.as_nanos() as u64, cpu.as_nanos() as u64]
        });
        let times = times.map_err(|source| TaskError::System { deed: "run a child of this process", source })?;
        let [1, wall_ns, cpu_ns] = times else {
            let why = "a child of this process has none".to_owned();
            return Err(ThreadsError { threads: request.threads, why }.into());
        };
        let list = if tracked { &mut windows.tracked } else { &mut windows.untracked };
        list.push(Time { wall_ns, cpu_ns });
    }
    Ok(windows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_windows_come_as_often_early_and_late() {
        let places =
            |kind: bool| TURNS.iter().enumerate().filter(|turn| *turn.1 == kind).map(|turn| turn.0).sum::<usize>();
        assert_eq!(places(true), places(false));
    }
}
