//! The control of a run: untracked against itself shows no difference, and the machine is the same at the end as at the
//! beginning. A run whose control fails measures the machine instead of the tracker, so its results are not kept.

use crate::report::number;
use crate::schedule::measurement::{Clock, Measurement, Series};
use crate::stats::estimate::Estimate;
use crate::stats::median::median;
use crate::stats::sign_test::{holm, sign_test};
use crate::tracking::Level;
use std::fmt;

/// The minimum number of pairs of a measurement for the control: fewer are not conclusive.
const MIN_PAIRS: usize = 20;
/// The probability that a control fails although untracked does not differ from itself.
const FALSE_ALARM: f64 = 0.001;
/// The accepted difference of untracked from itself, in percent upwards, and by the same factor downwards.
const MAX_NOISE: f64 = 2.0;
/// The accepted change of the untracked times from the beginning to the end of the run, in percent upwards, and by the
/// same factor downwards. The machine's state does not cancel in large ratios.
const MAX_DRIFT: f64 = 30.0;

/// The reason why a control failed.
#[derive(Clone, Debug, PartialEq)]
pub enum ControlFailure {
    /// Untracked differs from itself.
    Noise {
        /// The measurement's name.
        name: String,
        /// Its ratio.
        ratio: Estimate,
    },
    /// The machine became slower or faster during the run.
    Drift {
        /// Untracked time at the end ÷ at the beginning, in the median measurement.
        ratio: f64,
    },
}

impl fmt::Display for ControlFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Noise { name, ratio } => {
                let (ratio, limit) = (number::percent_interval(*ratio), number::up_or_down(MAX_NOISE));
                write!(f, "{name} differs from itself by {ratio}; the limit is {limit}")
            }
            Self::Drift { ratio } => {
                let (change, limit) = (number::percent(*ratio), number::up_or_down(MAX_DRIFT));
                write!(f, "untracked time changed by {change} % during the run; the limit is {limit}")
            }
        }
    }
}

/// Returns the reason why the control of a run's measurements fails by wall time or CPU time; `None` if it passes, or
/// if there are too few measurements.
pub(crate) fn control_failure<'a>(
    measurements: impl IntoIterator<Item = &'a Measurement>,
    clock: Clock,
) -> Option<ControlFailure> {
    let counts = |measurement: &&Measurement| {
        measurement.series != Series::Control && measurement.failure().is_none() && measurement.pairs.len() >= MIN_PAIRS
    };
    let measurements: Vec<&Measurement> = measurements.into_iter().filter(counts).collect();
    noise(&measurements, clock).or_else(|| drift(&measurements, clock))
}

/// Returns the worst of the measurements in which untracked differs significantly from itself.
fn noise(measurements: &[&Measurement], clock: Clock) -> Option<ControlFailure> {
    let of_untracked: Vec<(&Measurement, Estimate)> = measurements
        .iter()
        .filter(|measurement| measurement.level == Level::Untracked)
        .filter_map(|&measurement| Some((measurement, measurement.overhead()?.by(clock)?)))
        .collect();
    let tests: Vec<Option<f64>> = of_untracked.iter().map(|(measurement, _)| probability(measurement, clock)).collect();
    let sure = of_untracked.into_iter().zip(holm(&tests)).filter(|((_, ratio), probability)| {
        !ratio.contains_one()
            && is_beyond(ratio.value, MAX_NOISE)
            && probability.is_some_and(|probability| probability < FALSE_ALARM)
    });
    let worst = sure.max_by(|((_, a), _), ((_, b), _)| a.abs_log_ratio().total_cmp(&b.abs_log_ratio()));
    worst.map(|((measurement, ratio), _)| ControlFailure::Noise { name: measurement.name(), ratio })
}

/// Returns the probability of such pairs if untracked does not differ from itself.
fn probability(measurement: &Measurement, clock: Clock) -> Option<f64> {
    let logs = measurement.pairs.iter().map(|pair| pair.ratio(clock).ln()).filter(|log| log.is_finite());
    sign_test(&logs.collect::<Vec<f64>>())
}

/// Returns the drift of the untracked times in the median measurement, if it is too large.
fn drift(measurements: &[&Measurement], clock: Clock) -> Option<ControlFailure> {
    let ratio = median(measurements.iter().filter_map(|measurement| measurement.drift(clock)))?;
    is_beyond(ratio, MAX_DRIFT).then_some(ControlFailure::Drift { ratio })
}

/// Returns whether a ratio is beyond a limit in percent, upwards or by the same factor downwards.
fn is_beyond(ratio: f64, limit: f64) -> bool {
    ratio.max(1.0 / ratio) > 1.0 + limit / 100.0
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::schedule::estimate::estimated;
    use crate::schedule::measurement::{Pair, Sample};
    use crate::worker::probe::Request;
    use crate::workloads::{Scale, Workload};

    /// Returns a measurement of this many pairs with these untracked and tracked times.
    fn measurement(level: Level, pairs: usize, times: impl Fn(usize) -> (f64, f64)) -> Measurement {
        let scale = Scale::new(1.0).expect("positive");
        let request = Request { workload: Workload::CYCLES, level, scale, threads: 2, count: false };
        let side = |ns: f64| Sample { wall_ns: ns as u64, cpu_ns: ns as u64, ..Sample::default() };
        let pair = |number| {
            let (untracked, tracked) = times(number);
            Pair { untracked_first: number % 2 == 0, untracked: side(untracked), tracked: side(tracked) }
        };
        let pairs = (0..pairs).map(pair).collect();
        estimated(Measurement { pairs, ..Measurement::new(Series::Overhead, &request) })
    }

    /// Returns untracked against itself with this ratio.
    pub(crate) fn shifted(by: f64) -> Measurement {
        measurement(Level::Untracked, 60, move |n| (1e6, 1e6 * (by + 0.01 * deviation(n))))
    }

    fn failure(measurements: &[Measurement]) -> Option<ControlFailure> {
        control_failure(measurements, Clock::Wall)
    }

    /// Returns −1 to 1, in an order unrelated to time.
    fn deviation(number: usize) -> f64 {
        (number * 7 % 13) as f64 / 6.0 - 1.0
    }

    #[test]
    fn untracked_that_differs_from_itself_fails_the_control() {
        assert_eq!(failure(&[shifted(1.0)]), None);
        assert_eq!(failure(&[shifted(1.015)]), None, "less than is accepted");
        let Some(ControlFailure::Noise { name, ratio }) = failure(&[shifted(1.0), shifted(1.05)]) else {
            panic!("it differs from itself")
        };
        assert!(name == "cycles/untracked" && (ratio.value - 1.05).abs() < 0.001, "{name} {ratio:?}");
        assert!(failure(&[shifted(1.0 / 1.05)]).is_some(), "faster than itself");
        let few = measurement(Level::Untracked, 19, |_| (1e6, 1.1e6));
        assert_eq!(failure(&[few]), None, "too few pairs to decide");
        let tracked = measurement(Level::Full, 60, |_| (1e6, 8e6));
        assert_eq!(failure(&[tracked]), None, "an overhead is not a fault");
        // Eleven of twenty pairs agree, which is chance.
        let even = measurement(Level::Untracked, 20, |n| (1e6, if n < 11 { 1.2e6 } else { 0.9e6 }));
        assert_eq!(failure(&[even]), None);
    }

    #[test]
    fn a_machine_that_changes_fails_the_control() {
        let drifting = |by: f64| {
            measurement(Level::Full, 60, move |n| {
                let state = 1.0 + (by - 1.0) * n as f64 / 60.0;
                (1e6 * state, 8e6 * state)
            })
        };
        assert_eq!(failure(&[drifting(1.2)]), None);
        assert!(matches!(failure(&[drifting(2.0)]), Some(ControlFailure::Drift { ratio }) if ratio > 1.3));
        assert!(matches!(failure(&[drifting(0.4)]), Some(ControlFailure::Drift { ratio }) if ratio < 0.7));
        assert_eq!(failure(&[drifting(2.0), drifting(1.0), drifting(1.0)]), None, "the median measurement counts");
        assert_eq!(failure(&[]), None);
    }

    #[test]
    fn the_limit_downwards_is_the_same_factor() {
        let changed = |by: f64| {
            let state = move |n: usize| if n < 30 { 1.0 } else { by };
            failure(&[measurement(Level::Full, 60, move |n| (1e6 * state(n), 8e6 * state(n)))])
        };
        assert_eq!([1.29, 0.78].map(changed), [None, None]);
        assert!(changed(1.31).is_some());
        let slower = changed(0.75).expect("it is beyond").to_string();
        assert_eq!(slower, "untracked time changed by −25.0 % during the run; the limit is +30 % or −23.08 %");
        let noise = failure(&[shifted(1.0 / 1.05)]).expect("it differs from itself").to_string();
        assert!(noise.ends_with("; the limit is +2 % or −1.96 %"), "{noise}");
    }
}
