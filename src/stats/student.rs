//! Student's t distribution, and the mean and standard deviation for it.

use crate::stats::estimate::Estimate;
use crate::stats::median::CONFIDENCE;
use crate::stats::sign_test::{POWER, POWER_QUANTILE, normal_distance, normal_tails};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Returns the distance from 0 that contains this part of Student's t, for positive degrees of freedom.
pub(crate) fn t(part: f64, freedom: usize) -> f64 {
    let distribution = StudentsT::new(0.0, 1.0, freedom as f64).expect("the degrees of freedom are positive");
    distribution.inverse_cdf(f64::midpoint(1.0, part))
}

/// Returns the probability that a deviate of Student's t is at least this far from 0, on either side, for positive
/// degrees of freedom.
pub(crate) fn tails(distance: f64, freedom: usize) -> f64 {
    let distribution = StudentsT::new(0.0, 1.0, freedom as f64).expect("the degrees of freedom are positive");
    2.0 * distribution.sf(distance.abs())
}

/// A mean with its standard error. The error is known, or estimated with some degrees of freedom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mean {
    /// The mean.
    pub value: f64,
    /// The standard error.
    pub error: f64,
    /// The degrees of freedom of the error; `None` if it is known.
    pub freedom: Option<usize>,
}

impl Mean {
    /// Returns the mean of at least two values, with the error that their deviation shows.
    pub(crate) fn of(values: &[f64]) -> Self {
        let (value, deviation) = mean_and_deviation(values);
        let count = values.len();
        Self { value, error: deviation / (count as f64).sqrt(), freedom: Some(count - 1) }
    }

    /// Returns the logarithm of a ratio, with the error that its interval states.
    pub(crate) fn of_log(ratio: &Estimate) -> Self {
        Self { value: ratio.value.ln(), error: ratio.log_error(), freedom: None }
    }

    /// Returns the 95 % interval.
    pub(crate) fn interval(&self) -> (f64, f64) {
        self.interval_at(CONFIDENCE)
    }

    /// Returns the interval at this confidence.
    pub(crate) fn interval_at(&self, confidence: f64) -> (f64, f64) {
        let half = self.distance(1.0 - confidence) * self.error;
        (self.value - half, self.value + half)
    }

    /// Returns the probability of a mean at least this far from zero, on either side, if it were zero.
    pub(crate) fn probability(&self) -> f64 {
        let distance = self.value / self.error;
        match self.freedom {
            // Without any noise every difference from zero is significant.
            _ if self.error <= 0.0 => f64::from(u8::from(self.value == 0.0)),
            Some(freedom) => tails(distance, freedom),
            None => normal_tails(distance),
        }
    }

    /// Returns the smallest true mean that is found with a probability of 80 %, if a verdict needs a probability below
    /// `level`, and a mean beyond `threshold` (Zar, *Biostatistical Analysis*, section 7.6).
    pub(crate) fn detectable(&self, level: f64, threshold: f64) -> f64 {
        let power = self.freedom.map_or(POWER_QUANTILE, |freedom| t(2.0 * POWER - 1.0, freedom));
        ((self.distance(level) + power) * self.error).max(threshold + power * self.error)
    }

    /// Returns the distance from zero that is exceeded with this probability, on either side, in errors.
    fn distance(&self, probability: f64) -> f64 {
        self.freedom.map_or_else(|| normal_distance(probability), |freedom| t(1.0 - probability, freedom))
    }
}

/// Returns the mean and the standard deviation of at least two values.
pub(crate) fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_matches_the_tables() {
        for (part, freedom, wanted) in [(0.95, 5, 2.570_582), (0.95, 11, 2.200_985), (0.999, 10, 4.586_894)] {
            assert!((t(part, freedom) - wanted).abs() < 1e-5, "{part} {freedom}");
        }
    }

    #[test]
    fn tails_are_the_probability_beyond_t() {
        for (part, freedom) in [(0.95, 5), (0.999, 10), (0.5, 200)] {
            let distance = t(part, freedom);
            for distance in [distance, -distance] {
                assert!((tails(distance, freedom) - (1.0 - part)).abs() < 1e-9, "{part} {freedom}");
            }
        }
    }

    #[test]
    fn a_mean_is_judged_by_the_degrees_of_freedom_of_its_error() {
        let close = |given: f64, wanted: f64| assert!((given - wanted).abs() < 1e-5 * wanted, "{given}, not {wanted}");
        // The values 1 to 6: s = √3.5, and s ÷ √6 = 0.763763.
        let mean = Mean::of(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!((mean.value, mean.freedom), (3.5, Some(5)));
        close(mean.error, 0.763_763);
        let (low, high) = mean.interval();
        close(high - 3.5, 2.570_582 * 0.763_763);
        assert!((low + high - 7.0).abs() < 1e-9, "{low} {high}");
        // The values −1 and 1, six times: t(11) = 2.200985, s = √(12/11), and s ÷ √12 = 0.301511.
        let (low, high) = Mean::of(&[-1.0, 1.0].repeat(6)).interval();
        close(high, 2.200_985 * 0.301_511);
        assert_eq!(low, -high);
        // Two-sided quantiles of the tables, at 1 of 1,000: t(5), t(7), and the normal distribution.
        for (freedom, quantile) in [(Some(5), 6.868_827), (Some(7), 5.407_883), (None, 3.290_527)] {
            for value in [0.02 * quantile, -0.02 * quantile] {
                close(Mean { value, error: 0.02, freedom }.probability(), 0.001);
            }
        }
        // t(5) at 5 % and at a sixteenth of it, and its one-sided quantile at 80 %.
        let noisy = Mean { value: 0.0, error: 0.01, freedom: Some(5) };
        close(noisy.detectable(0.05, 0.0), 0.01 * (2.570_582 + 0.919_544));
        close(noisy.detectable(0.05 / 16.0, 0.0), 0.01 * (5.325_920 + 0.919_544));
        close(noisy.detectable(0.05, 0.03), 0.03 + 0.01 * 0.919_544);
        close(Mean { freedom: None, ..noisy }.detectable(0.05, 0.0), 0.01 * (1.959_964 + 0.841_621));
        let exact = |value| Mean { value, error: 0.0, freedom: Some(5) }.probability();
        assert_eq!([exact(0.0), exact(0.1)], [1.0, 0.0]);
    }

    #[test]
    fn deviations_are_of_a_sample_and_not_of_a_population() {
        assert_eq!(mean_and_deviation(&[1.0, 3.0]), (2.0, 2.0_f64.sqrt()));
    }
}
