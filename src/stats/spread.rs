//! The spread of a figure between sessions: complete runs of the same command at different times.

use crate::stats::median::CONFIDENCE;
use crate::stats::student::{mean_and_deviation, t};
use serde::{Deserialize, Serialize};

/// The degrees of freedom for which the common variance of workloads counts. Five are right if the deviations of
/// workloads differ from each other by a factor of 2.4 in four of five cases (the 10 % and 90 % quantiles of an inverse
/// χ distribution).
const PRIOR_FREEDOM: usize = 5;

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

    /// Returns the relative change that two sessions exceed in at most one of a thousand cases, over the workloads
    /// together. `alike` are the spreads of all workloads, this one included. `None` if none are alike.
    pub fn rarely_exceeded(&self, alike: &[Self]) -> Option<f64> {
        /// The probability of a smaller change.
        const RARELY_EXCEEDED: f64 = 0.999;
        Some(self.moderated(alike)?.of_two_in(RARELY_EXCEEDED) - 1.0)
    }

    /// Returns the spread by a moderated variance (Smyth 2004, *Linear models and empirical Bayes methods for assessing
    /// differential expression in microarray experiments*): the mean of its own variance and the common one of `alike`,
    /// weighted by degrees of freedom, whose number is then the sum of both. `None` if none are alike.
    ///
    /// A few sessions estimate a spread poorly, and workloads differ in theirs. The common variance counts as
    /// [`PRIOR_FREEDOM`]: estimated from eight workloads, that number would itself be hardly known.
    fn moderated(&self, alike: &[Self]) -> Option<Self> {
        let pooled = Self::pooled(alike)?;
        let (own, prior) = (self.freedom(), PRIOR_FREEDOM);
        let squares = own as f64 * self.log_sd.powi(2) + prior as f64 * pooled.log_sd.powi(2);
        // It cannot be known better than the common one, which it is part of.
        let freedom = (own + prior).min(pooled.freedom());
        Some(Self { sessions: freedom + 1, log_sd: (squares / (own + prior) as f64).sqrt() })
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
    use crate::stats::sign_test::normal_tails;
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;

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

    /// Simulates six sessions of eight workloads whose figures have these deviations, and returns how often two further
    /// sessions of each workload exceed the change that is rarely exceeded.
    fn exceeded(deviations: [f64; 8], rng: &mut Pcg64Mcg) -> [f64; 8] {
        const RUNS: usize = 400;
        let mut sums = [0.0; 8];
        for _ in 0..RUNS {
            let mut figure =
                |deviation: f64| (deviation * (0..12).map(|_| rng.random_range(-0.5..0.5)).sum::<f64>()).exp();
            let spreads =
                deviations.map(|deviation| Spread::of(&[0; 6].map(|_| figure(deviation))).expect("six sessions"));
            for ((sum, deviation), spread) in sums.iter_mut().zip(deviations).zip(spreads) {
                let change = (1.0 + spread.rarely_exceeded(&spreads).expect("eight workloads")).ln();
                // The difference of two sessions is normal.
                *sum += normal_tails(change / (2.0_f64.sqrt() * deviation));
            }
        }
        sums.map(|sum| sum / RUNS as f64)
    }

    /// A change is exceeded in at most one of a thousand cases over all workloads. On a workload that varies twice as
    /// much as the others it is one of two hundred, and if all are alike the change is not much larger than it must be.
    #[test]
    fn a_change_is_rarely_exceeded_whether_workloads_vary_alike_or_not() {
        let mut rng = Pcg64Mcg::seed_from_u64(29);
        let mean = |rates: [f64; 8]| rates.iter().sum::<f64>() / 8.0;
        let alike = exceeded([0.02; 8], &mut rng);
        assert!((5e-5..1e-3).contains(&mean(alike)), "{alike:?}");
        let mut one = [0.02; 8];
        one[3] = 0.04;
        let twice = exceeded(one, &mut rng);
        assert!(mean(twice) < 1e-3 && twice[3] < 7e-3, "{twice:?}");
        let each = exceeded([0.01, 0.014, 0.016, 0.02, 0.02, 0.024, 0.03, 0.04], &mut rng);
        assert!(mean(each) < 1.2e-3, "{each:?}");
    }

    #[test]
    fn a_change_is_larger_for_a_workload_that_varies_more_and_for_few_workloads() {
        let spread = |log_sd| Spread { sessions: 6, log_sd };
        let change = |of: f64, others: &[f64]| {
            let alike: Vec<Spread> = [&[of], others].concat().into_iter().map(spread).collect();
            (1.0 + spread(of).rarely_exceeded(&alike).expect("known")).ln() / 2.0_f64.sqrt()
        };
        let others = [0.02; 7];
        assert!(change(0.01, &others) < change(0.02, &others) && change(0.02, &others) < change(0.04, &others));
        // With its own five degrees of freedom alone, t at 1 of 1,000 is 6.8688; with those of the others too, it has
        // ten, and 4.5869.
        assert!((change(0.02, &[]) / 0.02 - 6.8688).abs() < 1e-3);
        assert!((change(0.02, &others) / 0.02 - 4.5869).abs() < 1e-3);
        assert_eq!(spread(0.02).rarely_exceeded(&[]), None);
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
