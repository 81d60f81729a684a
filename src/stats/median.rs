//! The median with its 95 % confidence interval: the estimator of an overhead.
//!
//! The figure is the median of tracked ÷ untracked over the pairs. A disturbance that lasts longer than a pair affects
//! both of its samples and cancels; one that affects a single sample makes an outlier, which a median does not follow.
//! The interval is the distribution-free interval of a median, from order statistics (for example Conover, *Practical
//! Nonparametric Statistics*, section 3.2). It assumes only that pairs are independent, needs no resampling, and is the
//! same for the same data.

use crate::stats::estimate::Estimate;

/// The confidence of all intervals.
pub(crate) const CONFIDENCE: f64 = 0.95;

/// The minimum number of pairs of an interval: with fewer, even the range of all values covers less than 95 %.
pub(crate) const MIN_PAIRS: usize = 6;

/// Returns the median of values with its 95 % confidence interval; `None` if there are fewer than six. Values that are
/// not finite are ignored.
///
/// The interval covers at least 95 %: order statistics come in steps, and this is the narrowest step that does.
///
/// ```
/// use memscope_bench::median_interval;
///
/// let estimate = median_interval([7.1, 6.9, 7.4, 7.0, 31.0, 7.2]).expect("six values");
/// assert_eq!((estimate.value, estimate.low, estimate.high), (7.15, 6.9, 31.0));
/// ```
pub fn median_interval(values: impl IntoIterator<Item = f64>) -> Option<Estimate> {
    let sorted = sorted(values);
    let count = sorted.len();
    let below = excluded_on_each_side(count)?;
    Some(Estimate { value: middle(&sorted)?, low: sorted[below], high: sorted[count - 1 - below] })
}

/// Returns the median of values; `None` if there are none. Values that are not finite are ignored.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    middle(&sorted(values))
}

/// Returns the robust standard deviation of values around zero: the one of normal values whose distances from zero have
/// the same median. `None` if there are none.
pub(crate) fn deviation_from_zero(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    /// The number of median absolute deviations in one standard deviation of normal values.
    const DEVIATIONS: f64 = 1.4826;
    median(values.into_iter().map(f64::abs)).map(|middle| DEVIATIONS * middle)
}

fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// Returns the value in the middle; of an even number of values, the mean of the two.
fn middle(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    let above = *sorted.get(middle)?;
    Some(if sorted.len().is_multiple_of(2) { sorted[middle - 1].midpoint(above) } else { above })
}

/// Returns the number of values outside the interval on each side: the maximum at which the interval still has the
/// confidence.
///
/// The number of values below the true median is binomial with probability ½. The median is below the (k+1)th smallest
/// value with the probability that at most k values are below it; k grows while that stays within half of 1 −
/// confidence.
fn excluded_on_each_side(count: usize) -> Option<usize> {
    let allowed = (1.0 - CONFIDENCE) / 2.0;
    // The terms of the binomial distribution, as logarithms: 2^-n vanishes from the range of f64 at n = 1,075.
    let mut log_term = -(count as f64) * std::f64::consts::LN_2;
    let mut tail = log_term.exp();
    let mut excluded = None;
    for k in 0..count / 2 {
        if tail > allowed {
            break;
        }
        excluded = Some(k);
        log_term += ((count - k) as f64).ln() - ((k + 1) as f64).ln();
        tail += log_term.exp();
    }
    excluded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    #[test]
    fn ranks_match_the_published_tables() {
        // Ranks (from 1) of the lower end for 95 %: Conover's table; Hahn & Meeker, table A.15a, for the larger ones.
        for (count, rank) in [(6, 1), (8, 1), (9, 2), (10, 2), (15, 4), (20, 6), (25, 8), (30, 10), (50, 18), (100, 40)]
        {
            assert_eq!(excluded_on_each_side(count).map(|k| k + 1), Some(rank), "{count} values");
        }
        for too_few in 0..MIN_PAIRS {
            assert_eq!(excluded_on_each_side(too_few), None, "{too_few} values");
        }
    }

    #[test]
    fn thousands_of_values_have_ranks_too() {
        let rank = excluded_on_each_side(10_000).expect("many values") + 1;
        // The normal approximation: n/2 − 1.96·√n/2.
        assert!((4_901..=4_903).contains(&rank), "{rank}");
    }

    #[test]
    fn known_data_have_the_expected_intervals() {
        let estimate = median_interval((1..=20).map(f64::from)).expect("20 values");
        assert_eq!(estimate, Estimate { value: 10.5, low: 6.0, high: 15.0 });
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([]), None);
        let estimate = median_interval((1..=9).rev().map(f64::from)).expect("9 values");
        assert_eq!(estimate, Estimate { value: 5.0, low: 2.0, high: 8.0 });
    }

    #[test]
    fn a_robust_deviation_is_that_of_normal_values() {
        // The quartiles of the standard normal distribution, at 0.6745, and values that no quartile notices.
        let deviation = deviation_from_zero([-0.1, 0.6745, -0.6745, 0.6745, 900.0]).expect("five values");
        assert!((deviation - 1.0).abs() < 1e-4, "{deviation}");
        assert_eq!(deviation_from_zero([]), None);
    }

    #[test]
    fn values_that_are_not_finite_are_ignored() {
        let numbers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let with = [&numbers[..], &[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]].concat();
        assert_eq!(median_interval(with.clone()), median_interval(numbers));
        assert_eq!(median_interval(with.into_iter().skip(1)), None);
        assert_eq!(median([f64::MAX, f64::MAX]), Some(f64::MAX));
        assert_eq!(median([f64::NAN]), None);
    }

    /// Returns a deviate of a skewed, heavy-tailed distribution with median 0, like the log ratios of a disturbed
    /// machine.
    fn disturbed(rng: &mut Pcg64Mcg) -> f64 {
        let uniform: f64 = rng.random_range(f64::EPSILON..1.0);
        let cauchy = (std::f64::consts::PI * (uniform - 0.5)).tan();
        if cauchy > 0.0 { cauchy * 3.0 } else { cauchy }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        /// At least 95 % of 2,000 intervals, minus four standard errors, contain the true median for any noise.
        #[test]
        fn intervals_contain_the_true_median(count in 6_usize..120, seed: u64) {
            let mut rng = Pcg64Mcg::seed_from_u64(seed);
            let repeats = 2_000;
            let covered = (0..repeats).filter(|_| {
                let interval = median_interval((0..count).map(|_| disturbed(&mut rng))).expect("enough values");
                interval.low <= 0.0 && 0.0 <= interval.high
            });
            let standard_error = (CONFIDENCE * (1.0 - CONFIDENCE) / f64::from(repeats)).sqrt();
            prop_assert!(covered.count() as f64 / f64::from(repeats) > CONFIDENCE - 4.0 * standard_error);
        }

        /// The order of the pairs does not matter, and the figure lies within its interval.
        #[test]
        fn the_order_of_values_does_not_matter(mut values in proptest::collection::vec(-1e6..1e6_f64, 6..80)) {
            let estimate = median_interval(values.iter().copied()).expect("enough values");
            prop_assert!(estimate.low <= estimate.value && estimate.value <= estimate.high);
            values.reverse();
            prop_assert_eq!(median_interval(values), Some(estimate));
        }
    }
}
