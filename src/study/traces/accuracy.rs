//! The accuracy of estimates: the errors of replays and predictions, relative to the direct overheads of known
//! programs.
//!
//! The unit is the excess, overhead − 1: an estimate that is off by a factor is off by the same factor for a program
//! that allocates little and for one that allocates much. The logarithms of direct ÷ estimated excess are treated as a
//! sample of a normal distribution, and the next program is expected within its prediction interval (Hahn and Meeker,
//! "Statistical Intervals", 1991): mean ± t · sd · √(1 + 1 ⁄ n).
//!
//! An excess that is not significant is only known to lie below the upper end of its interval, so the factor has a
//! limit. Such programs contribute to the mean and the deviation as in [`censored_line`], but add no degrees of
//! freedom.
//!
//! [`censored_line`]: crate::stats::censored_line

use crate::stats::censored_line::{Height, Line, Slope};
use crate::stats::estimate::Estimate;
use crate::stats::excess::{excess, is_significant};
use crate::stats::student::t;
use serde::{Deserialize, Serialize};

/// The accuracy of estimates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// The number of programs.
    pub programs: usize,
    /// The number of those whose factor is known to lie below or above a limit and no more.
    #[serde(default, skip_serializing_if = "is_none_limited")]
    pub limits: usize,
    /// The mean of the logarithms of direct ÷ estimated excess.
    pub log_mean: f64,
    /// Their standard deviation.
    pub log_sd: f64,
}

/// Returns whether each factor is known.
fn is_none_limited(limits: &usize) -> bool {
    *limits == 0
}

/// Returns the logarithm of direct ÷ estimated excess, or its limit if either is not significant; `None` if neither is.
pub(super) fn log_factor(direct: Estimate, estimated: Estimate) -> Option<Height> {
    let log = (excess(direct) / excess(estimated)).ln();
    match (is_significant(direct), is_significant(estimated)) {
        (true, true) => Some(Height::Known(log)),
        (false, true) => Some(Height::Below(log)),
        (true, false) => Some(Height::Above(log)),
        (false, false) => None,
    }
}

impl Accuracy {
    /// Returns the accuracy that logarithms of factors show; `None` if fewer than four of them are known.
    pub(super) fn of(logs: &[Height]) -> Option<Self> {
        // A line without a slope: its height is the mean.
        let points: Vec<(f64, Height)> = logs.iter().map(|&log| (0.0, log)).collect();
        let line = Line::of(&points, Slope::Fixed(0.0))?;
        let limits = logs.iter().filter(|log| !matches!(log, Height::Known(_))).count();
        Some(Self { programs: logs.len(), limits, log_mean: line.at(0.0).value, log_sd: line.deviation })
    }

    /// Returns the typical factor of direct ÷ estimated excess.
    pub(crate) fn factor(&self) -> f64 {
        self.log_mean.exp()
    }

    /// Returns the half-width of the prediction interval of another program's factor, as a logarithm.
    fn half_width(&self) -> f64 {
        let freedom = self.programs - self.limits - 1;
        t(0.95, freedom) * self.log_sd * (1.0 + 1.0 / self.programs as f64).sqrt()
    }

    /// Returns the interval that contains the direct overhead of 95 % of programs, for one estimate with its own
    /// interval.
    pub(crate) fn direct(&self, estimated: Estimate) -> Estimate {
        let half = self.half_width();
        let at = |overhead: f64, log: f64| {
            // An end of the interval below 1 is scaled by the same factor.
            1.0 + (overhead - 1.0) * if overhead > 1.0 { log } else { -log + 2.0 * self.log_mean }.exp()
        };
        Estimate {
            value: 1.0 + (estimated.value - 1.0) * self.factor(),
            low: at(estimated.low, self.log_mean - half),
            high: at(estimated.high, self.log_mean + half),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::excess::MIN_LIMIT;

    fn exactly(value: f64) -> Estimate {
        Estimate { value, low: value, high: value }
    }

    #[test]
    fn the_interval_is_a_prediction_for_another_program() {
        let accuracy = Accuracy::of(&[0.1, 0.2, 0.3, 0.4].map(Height::Known)).expect("four");
        assert_eq!((accuracy.programs, accuracy.limits), (4, 0));
        assert!((accuracy.factor() - 0.25_f64.exp()).abs() < 1e-12);
        // t of 3 degrees of freedom is 3.182; the deviation is 0.1291.
        let half = 3.182_446 * 0.129_099_4 * 1.25_f64.sqrt();
        let direct = accuracy.direct(exactly(3.0));
        assert!((direct.value - (1.0 + 2.0 * 0.25_f64.exp())).abs() < 1e-9);
        assert!((direct.low - (1.0 + 2.0 * (0.25 - half).exp())).abs() < 1e-5, "{direct:?}");
        assert!((direct.high - (1.0 + 2.0 * (0.25 + half).exp())).abs() < 1e-5, "{direct:?}");
    }

    #[test]
    fn an_interval_below_one_becomes_wider_too() {
        let accuracy = Accuracy::of(&[-0.2, 0.2, -0.2, 0.2].map(Height::Known)).expect("four");
        let seen = Estimate { value: 1.1, low: 0.9, high: 1.3 };
        let direct = accuracy.direct(seen);
        assert!(direct.low < seen.low && seen.high < direct.high, "{direct:?}");
    }

    #[test]
    fn too_few_programs_give_no_accuracy() {
        assert_eq!(Accuracy::of(&[0.1, 0.2, 0.3].map(Height::Known)), None);
    }

    #[test]
    fn a_limit_moves_the_mean_only_as_far_as_necessary() {
        let logs = [0.1, 0.2, 0.3, 0.4].map(Height::Known);
        let with = |limit: Height| Accuracy::of(&[&logs[..], &[limit]].concat()).expect("four are known");
        let (low, high) = (with(Height::Below(0.1)), with(Height::Above(0.4)));
        assert_eq!((low.programs, low.limits), (5, 1));
        assert!(low.log_mean < 0.24 && low.log_mean > 0.1, "{low:?}");
        assert!((low.log_mean + high.log_mean - 0.5).abs() < 1e-6, "{low:?} {high:?}");
        // A distant limit has no effect: only the known ones count.
        let far = with(Height::Below(5.0));
        assert!((far.log_mean - 0.25).abs() < 1e-6, "{far:?}");
    }

    #[test]
    fn an_overhead_that_is_not_significant_limits_the_factor() {
        let unsure = Estimate { value: 1.02, low: 0.98, high: 1.1 };
        let logs = |direct, estimated| match log_factor(direct, estimated) {
            Some(Height::Known(log)) => ("known", log),
            Some(Height::Below(log)) => ("below", log),
            Some(Height::Above(log)) => ("above", log),
            None => ("none", 0.0),
        };
        for (found, kind, factor) in [
            (logs(exactly(3.0), exactly(2.0)), "known", 2.0_f64),
            (logs(unsure, exactly(1.5)), "below", 0.2),
            (logs(exactly(1.5), unsure), "above", 5.0),
            (logs(exactly(0.9), exactly(2.0)), "below", MIN_LIMIT),
            (logs(unsure, unsure), "none", 1.0),
        ] {
            assert!(found.0 == kind && (found.1 - factor.ln()).abs() < 1e-9, "{found:?} instead of {kind} {factor}");
        }
    }
}
