//! The truth: windows with and without the synthetic tracker, one beside the other, in one process.

use crate::measure::median_interval;
use crate::probe::{NotSwitched, Request, check_switch};
use crate::results::Estimate;
use crate::tracking::{Mode, Names, Session, burn_for_each_allocation};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// Fewer pairs of windows than this are not the truth, however long they take.
const LEAST: usize = 10;

/// The times of windows in one process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Windows {
    /// Without the tracker, in nanoseconds.
    pub untracked_ns: Vec<u64>,
    /// With it, each beside the one above, in nanoseconds.
    pub tracked_ns: Vec<u64>,
}

impl Windows {
    /// What the tracker takes of a window, in nanoseconds: the median of tracked − untracked over all pairs of windows.
    ///
    /// # Panics
    /// If there are fewer pairs than an interval needs; [`alternate`] gives more.
    pub fn extra_ns(&self) -> Estimate {
        let pairs = self.tracked_ns.iter().zip(&self.untracked_ns);
        median_interval(pairs.map(|(&tracked, &untracked)| tracked as f64 - untracked as f64)).expect("enough windows")
    }

    /// Adds the windows of another process.
    pub fn extend(&mut self, other: Self) {
        self.untracked_ns.extend(other.untracked_ns);
        self.tracked_ns.extend(other.tracked_ns);
    }
}

/// Runs windows of a workload by turns without and with this many units of synthetic work for each allocation, in this
/// process, for this long.
///
/// # Errors
/// If the program's global allocator is not [`SwitchedAllocator`](crate::tracking::SwitchedAllocator).
pub fn alternate(request: Request, units: u32, length: Duration) -> Result<Windows, NotSwitched> {
    let Request { workload, scale, threads, tracking, .. } = request;
    crate::workloads::pools::start(threads);
    // The heap is to begin as a probe's does.
    Session::prepare(tracking, false);
    check_switch()?;
    burn_for_each_allocation(units);

    let window = |mode: Mode| {
        mode.window(|| {
            let began = Instant::now();
            workload.run(&Names::NOWHERE, scale);
            began.elapsed().as_nanos() as u64
        })
    };
    window(Mode::OFF);
    let mut windows = Windows::default();
    let began = Instant::now();
    while began.elapsed() < length || windows.tracked_ns.len() < LEAST {
        let (untracked, tracked) = if windows.tracked_ns.len().is_multiple_of(2) {
            let untracked = window(Mode::OFF);
            (untracked, window(Mode::BURN))
        } else {
            let tracked = window(Mode::BURN);
            (window(Mode::OFF), tracked)
        };
        windows.untracked_ns.push(untracked);
        windows.tracked_ns.push(tracked);
    }
    Ok(windows)
}
