//! The truth: what the synthetic tracker costs, found within processes and not between them.
//!
//! A process runs two windows, one with the tracker and one without; the next one runs them the other way round. Nothing
//! differs between the two windows of a process but the switch and their place, and what the place does is in the two
//! processes with opposite signs. It does much. glibc gives memory back after one window and fetches it anew in the next, so
//! that windows of one long run took 5.5 and 7 ms by turns; and a second window on memory that is there already took
//! half the time of a first one, with another cost of the same work, since the kernel does not come between. So what was
//! freed is given back before each window, the warm-up runs again, and there are two windows and no more.

use crate::measure::median_interval;
use crate::probe::{self, NotSwitched, Request};
use crate::results::Estimate;
use crate::tracking::{Mode, Names, Session, burn_for_each_allocation, give_back_freed_memory};
use serde::{Deserialize, Serialize};

/// The time that a window took.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Time {
    /// On the clock, in nanoseconds.
    pub wall_ns: u64,
    /// Of the processor, over all threads, in nanoseconds.
    pub cpu_ns: u64,
}

/// The two windows of a process.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Windows {
    /// Without the tracker.
    pub untracked: Time,
    /// With it.
    pub tracked: Time,
}

/// The windows of many processes, by twos: in the first of the two the untracked window came first, in the second the
/// tracked one.
#[derive(Clone, Debug, Default)]
pub struct Rounds(Vec<[Windows; 2]>);

impl Rounds {
    /// Adds two processes: one whose untracked window came first, and one whose tracked window did.
    pub fn add(&mut self, untracked_first: Windows, tracked_first: Windows) {
        self.0.push([untracked_first, tracked_first]);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The ratio that tracking comes to, by the clock or by the processor: the median over all rounds of what the
    /// tracker takes, in parts of what an untracked window takes where it comes first, as it does in a probe.
    ///
    /// `None` if there are fewer rounds than an interval needs.
    pub fn ratio(&self, of: fn(&Time) -> u64) -> Option<Estimate> {
        let extra = |windows: &Windows| of(&windows.tracked) as f64 - of(&windows.untracked) as f64;
        median_interval(self.0.iter().map(|[untracked_first, tracked_first]| {
            let extra = (extra(untracked_first) + extra(tracked_first)) / 2.0;
            1.0 + extra / of(&untracked_first.untracked) as f64
        }))
    }
}

/// Runs two windows of a workload in this process, made ready as a probe is: one without a tracker and one with this
/// many units of synthetic work for each allocation. Call it once.
///
/// # Errors
/// If the program's global allocator is not [`SwitchedAllocator`](crate::tracking::SwitchedAllocator).
pub fn two_windows(request: Request, units: u32, tracked_first: bool) -> Result<Windows, NotSwitched> {
    let _session = Session::prepare(request.tracking, false);
    probe::check_switch()?;
    burn_for_each_allocation(units);

    let window = |mode: Mode| {
        give_back_freed_memory();
        probe::warm_up(request);
        let (_, wall, cpu) = mode.window(|| probe::timed(request, &Names::NOWHERE));
        Time { wall_ns: wall.as_nanos() as u64, cpu_ns: cpu.as_nanos() as u64 }
    };
    Ok(if tracked_first {
        let tracked = window(Mode::BURN);
        Windows { untracked: window(Mode::OFF), tracked }
    } else {
        let untracked = window(Mode::OFF);
        Windows { untracked, tracked: window(Mode::BURN) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_place_of_a_window_does_is_not_charged_to_the_tracker() {
        // The tracker takes 10 of 100; whatever comes second takes 30 more.
        let windows = |untracked, tracked| {
            let time = |ns| Time { wall_ns: ns, cpu_ns: 2 * ns };
            Windows { untracked: time(untracked), tracked: time(tracked) }
        };
        let mut rounds = Rounds::default();
        assert_eq!(rounds.ratio(|time| time.wall_ns), None);
        for _ in 0..crate::measure::MIN_PAIRS {
            rounds.add(windows(100, 140), windows(130, 110));
        }
        let exactly = |value| Some(Estimate { value, low: value, high: value });
        assert_eq!(rounds.ratio(|time| time.wall_ns), exactly(1.1));
        assert_eq!(rounds.ratio(|time| time.cpu_ns), exactly(1.1));
    }
}
