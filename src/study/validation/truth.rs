//! The truth: the cost of the synthetic tracker by windows within processes, not between them.

use crate::stats::estimate::Estimate;
use crate::stats::median::{median, median_interval};
use crate::worker::tasks::windows::{Time, Windows};

/// Returns the ratio tracked ÷ untracked of the time that `of` selects: the median over processes, with its interval.
///
/// `None` if there are fewer processes than an interval needs. A process in whose windows no time passed has no
/// ratio.
pub fn ratio(processes: &[Windows], of: fn(&Time) -> u64) -> Option<Estimate> {
    let middle = |times: &[Time]| median(times.iter().map(|time| of(time) as f64)).filter(|&time| time > 0.0);
    median_interval(processes.iter().filter_map(|of| Some(middle(&of.tracked)? / middle(&of.untracked)?)))
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
        // Something else disturbed one window of each process.
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
}
