//! Criterion's noise thresholds: the changes of a mean that two runs of one binary rarely exceed.
//!
//! Criterion treats samples as independent, but the state of a shared machine lasts longer than a sample. The samples
//! of a pass are alike, and those of another session differ by more than a run can show. The threshold covers both.

use crate::schedule::measurement::{Clock, Measurement, Pair};
use crate::stats::mean::finite_mean;
use crate::stats::spread::Spread;
use crate::study::overhead::record::Results;

/// The threshold if the spread between sessions is unknown.
pub(super) const UNKNOWN_SPREAD: f64 = 0.1;

/// Returns the threshold for the mean tracked time of a measurement.
pub(super) fn of_time(measurement: &Measurement, results: &Results) -> f64 {
    let between = results.between_sessions.as_ref().and_then(|between| between.change_of_mean_time(measurement));
    threshold(between, within_run(measurement, results, |pair| pair.tracked.ns(Clock::Wall)))
}

/// Returns the threshold for the mean ratio of a measurement.
pub(super) fn of_ratio(measurement: &Measurement, results: &Results) -> f64 {
    let between = results.between_sessions.as_ref().and_then(|between| between.change_of_mean_ratio(measurement));
    threshold(between, within_run(measurement, results, |pair| pair.ratio(Clock::Wall)))
}

fn threshold(between_sessions: Option<f64>, within_run: Option<f64>) -> f64 {
    within_run.unwrap_or(0.0).max(between_sessions.unwrap_or(UNKNOWN_SPREAD))
}

/// Returns the change that the means of two runs rarely exceed, by the differences between the passes of this run.
fn within_run(measurement: &Measurement, results: &Results, value: fn(&Pair) -> f64) -> Option<f64> {
    let group = |of: &Measurement| (of.series, of.level);
    let alike = results.measurements.iter().filter(|other| group(other) == group(measurement));
    let alike: Vec<Spread> = alike.filter_map(|other| spread_of_means(other, value)).collect();
    spread_of_means(measurement, value)?.rarely_exceeded(&alike)
}

/// Returns the spread of the mean of a run's pairs, by the means of its passes.
fn spread_of_means(measurement: &Measurement, value: fn(&Pair) -> f64) -> Option<Spread> {
    let passes = measurement.by_pass().into_iter();
    let means: Vec<f64> = passes.filter_map(|pass| finite_mean(pass.iter().map(value))).collect();
    Some(Spread::of(&means)?.of_means())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::origin::Origin;
    use crate::schedule::measurement::{Sample, Series};
    use crate::tracking::Level;
    use crate::worker::probe::Request;
    use crate::workloads::Workload;

    /// Returns a run of one measurement in six passes of two pairs, whose tracked samples take these times.
    fn run(tracked: [u64; 6]) -> Results {
        let request = Request::at(None, Workload::CYCLES, Level::Full, 1);
        let sample = |wall_ns| Sample { wall_ns, cpu_ns: wall_ns, ..Sample::default() };
        let pair = |ns| Pair { untracked_first: true, untracked: sample(1_000), tracked: sample(ns) };
        let pairs = tracked.into_iter().flat_map(|ns| [pair(ns - 500), pair(ns + 500)]).collect();
        let passes = (1..=6).map(|pass| 2 * pass).collect();
        let measurement = Measurement { passes, pairs, ..Measurement::new(Series::Overhead, &request) };
        Results { measurements: vec![measurement], ..Results::begin(Origin::here("cargo bench".to_owned())) }
    }

    fn thresholds(results: &Results) -> [f64; 2] {
        let [measurement] = &results.measurements[..] else { panic!("one measurement") };
        [of_time(measurement, results), of_ratio(measurement, results)]
    }

    #[test]
    fn a_run_whose_passes_agree_has_the_threshold_of_an_unknown_machine() {
        assert_eq!(thresholds(&run([5_000; 6])), [UNKNOWN_SPREAD; 2], "pairs within a pass may differ");
    }

    #[test]
    fn a_run_whose_passes_differ_has_a_larger_threshold() {
        let [time, ratio] = thresholds(&run([4_000, 6_000, 4_000, 6_000, 4_000, 6_000]));
        // The standard deviation of the logarithms is ln 1.5 · √(6 ÷ 5) ÷ 2; t(5) at 0.999 is 6.8688.
        let log_sd = 1.5_f64.ln() * 1.2_f64.sqrt() / 2.0;
        let wanted = (6.8688 * log_sd / 6.0_f64.sqrt() * 2.0_f64.sqrt()).exp() - 1.0;
        assert!((time - wanted).abs() < 1e-4 && (ratio - wanted).abs() < 1e-4, "{time} {ratio} {wanted}");
    }

    #[test]
    fn the_larger_spread_decides() {
        assert_eq!(threshold(Some(0.03), Some(0.02)), 0.03, "known sessions may lower the threshold");
        assert_eq!(threshold(Some(0.03), Some(0.2)), 0.2);
        assert_eq!(threshold(None, Some(0.02)), UNKNOWN_SPREAD);
        assert_eq!(threshold(None, None), UNKNOWN_SPREAD);
    }
}
