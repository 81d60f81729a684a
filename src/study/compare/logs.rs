//! Log overheads of rounds, and their differences between two builds.

use crate::schedule::measurement::{Clock, Measurement, Pair};
use crate::stats::estimate::Estimate;
use crate::stats::median::{median, median_interval};
use crate::stats::passes;

/// The differences of two measurements' log overheads, in each round of each pass that both have, without rounds in
/// which a clock saw no time pass.
pub(super) struct Logs {
    /// All of them, in order.
    pub all: Vec<f64>,
    /// The number of differences up to the end of each pass.
    pub ends: Vec<usize>,
}

impl Logs {
    /// Computes them from the pairs of both measurements.
    pub(super) fn of(of: &Measurement, to: &Measurement, clock: Clock) -> Self {
        let difference = |(of, to): (&Pair, &Pair)| Some(log_ratio(of, clock)? - log_ratio(to, clock)?);
        let mut logs = Self { all: Vec::new(), ends: Vec::new() };
        for (of, to) in of.by_pass().into_iter().zip(to.by_pass()) {
            logs.all.extend(of.iter().zip(to).filter_map(difference));
            logs.ends.push(logs.all.len());
        }
        logs
    }

    /// Returns the median ratio and its interval; `None` if there are too few rounds.
    pub(super) fn ratio(&self) -> Option<Estimate> {
        passes::interval(&self.all, &self.ends).map(exponential)
    }

    /// Returns the median ratio in each half of the passes.
    pub(super) fn halves(&self) -> [Option<f64>; 2] {
        let first = (self.ends.len() / 2).checked_sub(1).map_or(0, |last| self.ends[last]);
        let (early, late) = self.all.split_at(first);
        [early, late].map(|logs| Some(median(logs.to_vec())?.exp()))
    }
}

/// Returns the logarithm of a pair's overhead by wall time or CPU time; `None` if a time is zero, because the clock
/// is too coarse.
pub(super) fn log_ratio(pair: &Pair, clock: Clock) -> Option<f64> {
    let [tracked, untracked] = [pair.tracked.ns(clock), pair.untracked.ns(clock)];
    (tracked > 0.0 && untracked > 0.0).then(|| (tracked / untracked).ln())
}

/// Returns the median ratio and its interval from logarithms; `None` if there are too few.
pub(super) fn ratio(logs: &[f64]) -> Option<Estimate> {
    median_interval(logs.iter().copied()).map(exponential)
}

fn exponential(Estimate { value, low, high }: Estimate) -> Estimate {
    Estimate { value: value.exp(), low: low.exp(), high: high.exp() }
}
