//! The truth: the ratio of two levels from windows within processes instead of between them.

use crate::schedule::measurement::Clock;
use crate::stats::estimate::Estimate;
use crate::stats::median::{median, median_interval};
use crate::worker::tasks::windows::{Time, Windows};

/// The truth if it is known without measuring: a tracker and itself cost the same.
pub(super) const NO_CHANGE: Estimate = Estimate { value: 1.0, low: 1.0, high: 1.0 };

/// Returns the ratio of the second level's windows to the first one's by a clock: the median over processes, with its
/// interval.
///
/// `None` if there are fewer processes than an interval needs. A process in whose windows no time passed has no
/// ratio.
pub(super) fn ratio(processes: &[Windows], clock: Clock) -> Option<Estimate> {
    let of = |time: &Time| match clock {
        Clock::Wall => time.wall_ns as f64,
        Clock::Cpu => time.cpu_ns as f64,
    };
    let middle = |times: &[Time]| median(times.iter().map(of)).filter(|&time| time > 0.0);
    median_interval(processes.iter().filter_map(|process| Some(middle(&process.level)? / middle(&process.base)?)))
}

/// Returns the time in nanoseconds that a deadline adds to a single allocation, over all processes; `None` if there is
/// no deadline, or there are too few processes.
pub(super) fn ns_per_allocation(processes: &[Windows]) -> Option<Estimate> {
    median_interval(processes.iter().filter_map(|process| process.call_ns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::median::MIN_PAIRS;

    #[test]
    fn the_ratio_is_the_median_of_processes() {
        let time = |ns| Time { wall_ns: ns, cpu_ns: 2 * ns };
        let process = |base: [u64; 4], level: [u64; 4]| Windows {
            base: base.map(time).to_vec(),
            level: level.map(time).to_vec(),
            call_ns: Some(512.0),
        };
        // Something else disturbed one window of each process.
        let mut processes = vec![process([100, 100, 100, 900], [110, 110, 110, 5_000]); MIN_PAIRS];
        let exactly = |value| Some(Estimate { value, low: value, high: value });
        assert_eq!(ratio(&processes, Clock::Wall), exactly(1.1));
        assert_eq!(ratio(&processes, Clock::Cpu), exactly(1.1));
        assert_eq!(ns_per_allocation(&processes), exactly(512.0));
        processes.pop();
        assert_eq!((ratio(&processes, Clock::Wall), ns_per_allocation(&processes)), (None, None));
        let coarse = vec![process([0; 4], [110; 4]); MIN_PAIRS];
        assert_eq!(ratio(&coarse, Clock::Wall), None, "no time in the windows");
    }
}
