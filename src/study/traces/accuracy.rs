//! The accuracy of estimates: the errors of replays and predictions, relative to the direct overheads of known
//! programs.
//!
//! The unit is the excess, overhead − 1: an estimate that is off by a factor is off by the same factor for a program
//! that allocates little and for one that allocates much. The logarithms of direct ÷ estimated excess are treated as a
//! sample of a normal distribution, and the next program is expected within its prediction interval (Hahn and Meeker,
//! "Statistical Intervals", 1991): mean ± t · sd · √(1 + 1 ⁄ n).

use crate::stats::estimate::Estimate;
use crate::stats::student::{mean_and_deviation, t};
use serde::{Deserialize, Serialize};

/// The minimum number of programs for an accuracy.
const FEWEST: usize = 4;

/// The accuracy of estimates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// The number of programs.
    pub programs: usize,
    /// The mean of the logarithms of direct ÷ estimated excess.
    pub log_mean: f64,
    /// Their standard deviation.
    pub log_sd: f64,
}

/// Returns the logarithm of direct ÷ estimated excess; `None` if either is not positive.
pub(super) fn log_factor(direct: Estimate, estimated: Estimate) -> Option<f64> {
    let [direct, estimated] = [direct, estimated].map(|overhead| overhead.value - 1.0);
    (direct > 0.0 && estimated > 0.0).then(|| (direct / estimated).ln())
}

impl Accuracy {
    /// Returns the accuracy from logarithms of factors; `None` if they are too few.
    pub(crate) fn of(logs: &[f64]) -> Option<Self> {
        let (log_mean, log_sd) = (logs.len() >= FEWEST).then(|| mean_and_deviation(logs))?;
        Some(Self { programs: logs.len(), log_mean, log_sd })
    }

    /// Returns the typical factor of direct ÷ estimated excess.
    pub(crate) fn factor(&self) -> f64 {
        self.log_mean.exp()
    }

    /// Returns the half-width of the prediction interval of another program's factor, as a logarithm.
    fn half_width(&self) -> f64 {
        t(0.95, self.programs - 1) * self.log_sd * (1.0 + 1.0 / self.programs as f64).sqrt()
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

    fn exactly(value: f64) -> Estimate {
        Estimate { value, low: value, high: value }
    }

    #[test]
    fn the_interval_is_that_of_the_next_of_a_sample() {
        let logs = [0.1, 0.2, 0.3, 0.4];
        let accuracy = Accuracy::of(&logs).expect("four");
        assert_eq!(accuracy.programs, 4);
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
        let accuracy = Accuracy::of(&[-0.2, 0.2, -0.2, 0.2]).expect("four");
        let seen = Estimate { value: 1.1, low: 0.9, high: 1.3 };
        let direct = accuracy.direct(seen);
        assert!(direct.low < seen.low && seen.high < direct.high, "{direct:?}");
    }

    #[test]
    fn few_programs_show_nothing() {
        assert_eq!(Accuracy::of(&[0.1, 0.2, 0.3]), None);
    }

    #[test]
    fn an_overhead_that_is_none_has_no_factor() {
        assert_eq!(log_factor(exactly(1.0), exactly(2.0)), None);
        assert_eq!(log_factor(exactly(2.0), exactly(0.9)), None);
        assert!((log_factor(exactly(3.0), exactly(2.0)).expect("a factor") - 2.0_f64.ln()).abs() < 1e-12);
    }
}
