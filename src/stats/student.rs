//! Student's t distribution, and the mean and standard deviation for it.

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
    fn deviations_are_of_a_sample_and_not_of_a_population() {
        assert_eq!(mean_and_deviation(&[1.0, 3.0]), (2.0, 2.0_f64.sqrt()));
    }
}
