//! The spread of a figure between sessions: complete runs of the same command at different times.

use crate::stats::median::CONFIDENCE;
use crate::stats::student::{mean_and_deviation, t};
use serde::{Deserialize, Serialize};

/// The spread of a ratio between sessions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The number of sessions: at least two.
    pub sessions: usize,
    /// The standard deviation of the figure's logarithm.
    pub log_sd: f64,
}

impl Spread {
    /// Returns the spread of positive figures, one from each session; `None` if there are fewer than two.
    pub fn of(figures: &[f64]) -> Option<Self> {
        let logs: Vec<f64> = figures.iter().map(|figure| figure.ln()).filter(|log| log.is_finite()).collect();
        if logs.len() < 2 || logs.len() < figures.len() {
            return None;
        }
        let (_, log_sd) = mean_and_deviation(&logs);
        Some(Self { sessions: logs.len(), log_sd })
    }

    /// Returns the common spread of several: the root of their mean variance, weighted by their degrees of freedom.
    /// `None` if there are none.
    pub fn pooled(spreads: &[Self]) -> Option<Self> {
        let freedom: usize = spreads.iter().map(Self::freedom).sum();
        let squares: f64 = spreads.iter().map(|spread| spread.freedom() as f64 * spread.log_sd.powi(2)).sum();
        (freedom > 0).then(|| Self { sessions: freedom + 1, log_sd: (squares / freedom as f64).sqrt() })
    }

    /// Returns the spread of the means of as many figures as there are sessions.
    #[must_use]
    pub fn of_means(&self) -> Self {
        Self { log_sd: self.log_sd / (self.sessions as f64).sqrt(), ..*self }
    }

    /// Returns the relative change that two sessions exceed in one of a thousand cases. A few sessions estimate a
    /// spread poorly, so it uses the common spread of `alike`, or its own if that is larger. `None` if none are alike.
    pub fn rarely_exceeded(&self, alike: &[Self]) -> Option<f64> {
        /// The probability of a smaller change.
        const RARELY_EXCEEDED: f64 = 0.999;
        let pooled = Self::pooled(alike)?;
        let spread = Self { log_sd: pooled.log_sd.max(self.log_sd), ..pooled };
        Some(spread.of_two_in(RARELY_EXCEEDED) - 1.0)
    }

    /// Returns the maximum factor between two further sessions in 95 % of cases, by Student's t.
    ///
    /// Who compares two runs needs this one. The factor between a session and the mean of these is smaller.
    pub fn of_two(&self) -> f64 {
        self.of_two_in(CONFIDENCE)
    }

    /// Returns the maximum factor between two further sessions in this part of cases.
    fn of_two_in(&self, part: f64) -> f64 {
        (self.t(part) * self.log_sd * std::f64::consts::SQRT_2).exp()
    }

    fn freedom(&self) -> usize {
        self.sessions.saturating_sub(1)
    }

    fn t(&self, part: f64) -> f64 {
        t(part, self.freedom().max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_the_standard_deviation_of_logarithms() {
        let e = std::f64::consts::E;
        let spread = Spread::of(&[1.0, e, e * e]).expect("three sessions");
        assert!((spread.log_sd - 1.0).abs() < 1e-12 && spread.sessions == 3, "{spread:?}");
        assert_eq!(Spread::of(&[4.0; 6]).map(|spread| spread.log_sd), Some(0.0));
        assert_eq!(
            (Spread::of(&[1.0]), Spread::of(&[1.0, 0.0, 2.0]), Spread::of(&[f64::NAN, 1.0, 2.0])),
            (None, None, None)
        );
    }

    #[test]
    fn the_rarely_exceeded_change_uses_the_pooled_or_the_larger_own_spread() {
        let [own, other] = [0.01, 0.03].map(|log_sd| Spread { sessions: 6, log_sd });
        // The pooled variance of two times five degrees of freedom: (0.01² + 0.03²) ÷ 2; t(10) at 0.999 is 4.5869.
        let wanted = (4.5869 * 0.0005_f64.sqrt() * 2.0_f64.sqrt()).exp() - 1.0;
        let close = |change: Option<f64>, wanted: f64| (change.expect("known") - wanted).abs() < 1e-4;
        assert!(close(own.rarely_exceeded(&[own, other]), wanted));
        assert!(close(other.rarely_exceeded(&[own, other]), (4.5869 * 0.03 * 2.0_f64.sqrt()).exp() - 1.0));
        assert_eq!(own.rarely_exceeded(&[]), None);
    }

    #[test]
    fn the_spread_of_means_shrinks_with_the_root_of_their_number() {
        assert_eq!(Spread { sessions: 4, log_sd: 0.1 }.of_means(), Spread { sessions: 4, log_sd: 0.05 });
    }

    #[test]
    fn the_difference_of_two_is_by_students_t() {
        // t(5) = 2.570582.
        let spread = Spread { sessions: 6, log_sd: 0.02 };
        assert!((spread.of_two().ln() - 2.570_582 * 0.02 * 2.0_f64.sqrt()).abs() < 1e-7);
    }
}
