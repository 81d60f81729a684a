//! The truth: what the synthetic tracker costs, found within a process and not between processes.
//!
//! A process makes itself ready as far as a probe does before its warm-up, and then divides itself, again and again:
//! each child runs one window, some with the tracker and some without. All children begin as the same process in the
//! same state, to the last address; nothing tells them apart but the switch.
//!
//! Windows one after the other in the same process would be another thing. glibc gives memory back after one and
//! fetches it anew in the next, so that equal windows of one long run took two different times by turns; a workload
//! that leaks finds another heap each time; and on memory that is there already a window takes half the time of a
//! first one, and the same work of a tracker costs another time in it, since the kernel does not come between.

use crate::stats::estimate::Estimate;
use crate::stats::median::{median, median_interval};
use crate::tracking::{Mode, Session, VariableTracker, set_synthetic_cost};
use crate::worker::fork::in_a_child;
use crate::worker::probe;
use crate::worker::probe::{NotSwitched, Request};
use crate::workloads::pools::ThreadsError;
use serde::{Deserialize, Serialize};
use std::io;

/// The windows of one process, by whether the tracker is on: each order of two comes as often, early and late.
const TURNS: [bool; 8] = [false, true, true, false, true, false, false, true];

/// The time that a window took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Time {
    /// On the clock, in nanoseconds.
    pub wall_ns: u64,
    /// Of the processor, over all threads, in nanoseconds.
    pub cpu_ns: u64,
}

/// The windows of one process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Windows {
    /// Those without the tracker.
    pub untracked: Vec<Time>,
    /// Those with it.
    pub tracked: Vec<Time>,
}

impl Windows {
    /// The ratio that tracking comes to in this process; `None` if there are no windows, or the clock saw no time
    /// pass in them.
    fn ratio(&self, of: fn(&Time) -> u64) -> Option<f64> {
        let middle = |times: &[Time]| median(times.iter().map(|time| of(time) as f64)).filter(|&time| time > 0.0);
        Some(middle(&self.tracked)? / middle(&self.untracked)?)
    }
}

/// The ratio that tracking comes to, by the clock or by the processor: the median over processes.
///
/// `None` if there are fewer processes than an interval needs.
pub fn ratio(processes: &[Windows], of: fn(&Time) -> u64) -> Option<Estimate> {
    median_interval(processes.iter().filter_map(|windows| windows.ratio(of)))
}

/// Runs windows of a workload without a tracker and with one that does this many units of synthetic work for each
/// allocation, each in a child of this process.
///
/// # Errors
/// If the program's global allocator is not [`SwitchedAllocator`](crate::tracking::SwitchedAllocator), or a child
/// cannot be had.
pub fn windows(request: Request, units: u32) -> Result<Windows, CannotDivide> {
    let _session = Session::prepare(request.level, false);
    probe::check_switch()?;
    set_synthetic_cost(units);

    let mut windows = Windows::default();
    for tracked in TURNS {
        let mode = if tracked { Mode::BURN } else { Mode::OFF };
        let given = in_a_child(|| {
            // Threads do not live on in a child: the pools are the child's own.
            if probe::warm_up(request).is_err() {
                return [0; 3];
            }
            let (_, wall, cpu) = mode.window(|| probe::timed(request, &VariableTracker::NOOP));
            [1, wall.as_nanos() as u64, cpu.as_nanos() as u64]
        })?;
        let [1, wall_ns, cpu_ns] = given else {
            let why = "a child of this process has none".to_owned();
            return Err(ThreadsError { threads: request.threads, why }.into());
        };
        let list = if tracked { &mut windows.tracked } else { &mut windows.untracked };
        list.push(Time { wall_ns, cpu_ns });
    }
    Ok(windows)
}

/// Why there are no windows.
#[derive(Debug, thiserror::Error)]
pub enum CannotDivide {
    /// The program is not the memscope-bench binary.
    #[error(transparent)]
    NotSwitched(#[from] NotSwitched),
    /// A child could not be made, or died.
    #[error("a child of this process cannot be had: {0}")]
    Child(#[from] io::Error),
    /// The system does not start its threads.
    #[error(transparent)]
    ThreadsError(#[from] ThreadsError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_the_median_of_processes() {
        let time = |ns| Time { wall_ns: ns, cpu_ns: 2 * ns };
        let process = |untracked: [u64; 4], tracked: [u64; 4]| Windows {
            untracked: untracked.map(time).to_vec(),
            tracked: tracked.map(time).to_vec(),
        };
        // One window of each process was hit by something else.
        let mut processes =
            vec![process([100, 100, 100, 900], [110, 110, 110, 5_000]); crate::stats::median::MIN_PAIRS];
        let exactly = |value| Some(Estimate { value, low: value, high: value });
        assert_eq!(ratio(&processes, |time| time.wall_ns), exactly(1.1));
        assert_eq!(ratio(&processes, |time| time.cpu_ns), exactly(1.1));
        processes.pop();
        assert_eq!(ratio(&processes, |time| time.wall_ns), None);
        let coarse = vec![process([0; 4], [110; 4]); crate::stats::median::MIN_PAIRS];
        assert_eq!(ratio(&coarse, |time| time.wall_ns), None, "no time in the windows");
    }

    #[test]
    fn both_kinds_of_windows_come_as_often_early_and_late() {
        let places =
            |kind: bool| TURNS.iter().enumerate().filter(|turn| *turn.1 == kind).map(|turn| turn.0).sum::<usize>();
        assert_eq!(places(true), places(false));
    }
}
