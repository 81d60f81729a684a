//! The sign test, Holm's correction for many of them, and the power of a sign test.
//!
//! The test is Arbuthnott's: if two builds cost the same, each is equally likely to be the slower one in a round, for
//! any noise. It keeps its level on skewed data, on which the signed-rank test does not.

use crate::stats::median::MIN_PAIRS;

/// The probability of any verdict at all among comparisons of equal builds that are corrected together: the family-wise
/// error rate.
pub(crate) const LEVEL: f64 = 0.05;
/// The probability with which a detectable difference is found.
pub(crate) const POWER: f64 = 0.8;
/// The quantile of the standard normal distribution at [`POWER`].
pub(crate) const POWER_QUANTILE: f64 = 0.841_621_233_572_914_2;

/// Returns the probability that a fair coin falls at least as unevenly as the signs of these differences; `None` if
/// there are none. Differences of zero have no sign and are ignored.
pub(crate) fn sign_test(differences: &[f64]) -> Option<f64> {
    let above = differences.iter().filter(|&&difference| difference > 0.0).count();
    let below = differences.iter().filter(|&&difference| difference < 0.0).count();
    (!differences.is_empty()).then(|| two_sided(above + below, above.min(below)))
}

/// Returns the probability that at most `fewer` of this many tosses of a fair coin show heads, or at most `fewer`
/// show tails.
fn two_sided(tosses: usize, fewer: usize) -> f64 {
    (2.0 * at_most(fewer, tosses, 0.5)).min(1.0)
}

/// Returns the probability of at most `count` successes in `trials` of this probability, which is neither 0 nor 1.
pub(super) fn at_most(count: usize, trials: usize, probability: f64) -> f64 {
    // As logarithms: 2^-n vanishes from the range of f64 at n = 1,075.
    let odds = (probability / (1.0 - probability)).ln();
    let mut log_term = trials as f64 * (1.0 - probability).ln();
    let mut tail = log_term.exp();
    for k in 0..count.min(trials) {
        log_term += ((trials - k) as f64).ln() - ((k + 1) as f64).ln() + odds;
        tail += log_term.exp();
    }
    tail.min(1.0)
}

/// Corrects probabilities by Holm (1979): multiplies the smallest by the number of tests, the next by one less, and so
/// on; none becomes smaller than the one before it.
pub(crate) fn holm(probabilities: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> =
        probabilities.iter().enumerate().filter_map(|(place, probability)| Some((place, (*probability)?))).collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let tests = order.len();
    let mut corrected = vec![None; probabilities.len()];
    let mut least = 0.0_f64;
    for (rank, (place, probability)) in order.into_iter().enumerate() {
        least = least.max((probability * (tests - rank) as f64).min(1.0));
        corrected[place] = Some(least);
    }
    corrected
}

/// Returns the maximum number of rounds that may disagree with the others for a verdict at Holm's strictest step;
/// `None` if the rounds are too few even if all agree.
pub(crate) fn most_that_disagree(rounds: usize, comparisons: usize) -> Option<usize> {
    let tests = comparisons.max(1) as f64;
    let is_enough = |&fewer: &usize| two_sided(rounds, fewer) * tests < LEVEL;
    (0..rounds.div_ceil(2)).take_while(is_enough).last()
}

/// Returns the probability with which each round must show a difference for the sign test to find it with [`POWER`],
/// at Holm's strictest step; `None` if the rounds are too few to find anything.
pub(crate) fn needed_agreement(rounds: usize, comparisons: usize) -> Option<f64> {
    let disagree = most_that_disagree(rounds, comparisons)?;
    let (mut low, mut high) = (0.5, 1.0);
    // Each step halves the interval: 40 leave less than 1e-12.
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if at_most(disagree, rounds, 1.0 - middle) < POWER { low = middle } else { high = middle }
    }
    Some(high)
}

/// Returns the minimum number of rounds for a verdict among this many comparisons: with fewer, even a difference in
/// every round is not significant after Holm's correction.
pub(crate) fn needed_rounds(comparisons: usize) -> usize {
    first_from(MIN_PAIRS, |rounds| most_that_disagree(rounds, comparisons).is_some())
}

/// Returns the minimum number of rounds of a slow build, which allows a verdict even if one round disagrees.
pub(crate) fn fewest_rounds(comparisons: usize) -> usize {
    first_from(2 * MIN_PAIRS, |rounds| most_that_disagree(rounds, comparisons).is_some_and(|fewer| fewer >= 1))
}

fn first_from(start: usize, is_enough: impl Fn(usize) -> bool) -> usize {
    (start..).find(|&rounds| is_enough(rounds)).expect("the sign test of n equal signs falls below any level")
}

/// Returns the probability that a standard normal deviate is at least this far from 0, on either side.
pub(crate) fn normal_tails(distance: f64) -> f64 {
    libm::erfc(distance.abs() / std::f64::consts::SQRT_2)
}

/// Returns the distance from 0 that a standard normal deviate exceeds with this probability, on either side.
pub(crate) fn normal_distance(probability: f64) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if normal_tails(middle) > probability { low = middle } else { high = middle }
    }
    high
}

/// Returns a quantile of sorted values, interpolated between neighbours (type 7 of Hyndman and Fan 1996).
///
/// # Panics
/// If there are no values.
pub(crate) fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = part.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(given: f64, wanted: f64, by: f64) {
        assert!((given - wanted).abs() < by, "{given} instead of {wanted}");
    }

    #[test]
    fn a_sign_test_has_the_probabilities_of_a_fair_coin() {
        assert_eq!(sign_test(&[]), None);
        assert_eq!(sign_test(&[0.0]), Some(1.0));
        assert_eq!(sign_test(&[1.0, -1.0]), Some(1.0));
        close(sign_test(&[1.0; 6]).expect("signs"), 2.0 / 64.0, 1e-12);
        // One of eight: 2 · (1 + 8) ÷ 2⁸.
        close(sign_test(&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0]).expect("signs"), 18.0 / 256.0, 1e-12);
        // Of 10,000 rounds the normal approximation is as good: 5,100 against 4,900 are two standard deviations.
        close(two_sided(10_000, 4_900), normal_tails(1.99), 1e-4);
    }

    #[test]
    fn binomial_tails_match_the_tables() {
        close(at_most(2, 10, 0.3), 0.3828, 5e-5);
        close(at_most(15, 20, 0.8), 0.3704, 5e-5);
        close(at_most(20, 20, 0.8), 1.0, 1e-12);
    }

    #[test]
    fn holm_corrects_for_the_number_of_tests() {
        // The example of Holm's procedure: 0.01, 0.04, 0.03, 0.005 of four tests.
        let corrected = holm(&[Some(0.01), Some(0.04), None, Some(0.03), Some(0.005)]);
        let wanted = [Some(0.03), Some(0.06), None, Some(0.06), Some(0.02)];
        for (given, wanted) in corrected.iter().zip(wanted) {
            assert_eq!(given.is_some(), wanted.is_some());
            close(given.unwrap_or(0.0), wanted.unwrap_or(0.0), 1e-12);
        }
    }

    #[test]
    fn critical_counts_match_the_tables() {
        // Two-sided critical values of the sign test at 5 % (Conover, table A3).
        for (rounds, fewer) in
            [(5, None), (6, Some(0)), (8, Some(0)), (9, Some(1)), (12, Some(2)), (20, Some(5)), (30, Some(9))]
        {
            assert_eq!(most_that_disagree(rounds, 1), fewer, "{rounds} rounds");
        }
        // 352 comparisons: 2 · 2⁻¹⁴ · 352 = 0.043, and twice that with a round fewer.
        assert_eq!((most_that_disagree(13, 352), most_that_disagree(14, 352)), (None, Some(0)));
    }

    #[test]
    fn the_needed_agreement_gives_the_desired_power() {
        // All of 6 rounds must agree: p⁶ = 0.8.
        close(needed_agreement(6, 1).expect("enough"), 0.8_f64.powf(1.0 / 6.0), 1e-9);
        assert_eq!(needed_agreement(13, 352), None);
        for (rounds, comparisons) in [(20, 1), (60, 24), (60, 352), (2_000, 8)] {
            let agreement = needed_agreement(rounds, comparisons).expect("enough");
            let disagree = most_that_disagree(rounds, comparisons).expect("enough");
            close(at_most(disagree, rounds, 1.0 - agreement), POWER, 1e-9);
        }
    }

    #[test]
    fn the_fewest_rounds_are_just_enough_to_decide() {
        for comparisons in [0, 1, 2, 8, 24, 45, 360, 1_000] {
            let corrected = |rounds: usize, fewer| two_sided(rounds, fewer) * comparisons.max(1) as f64;
            let needed = needed_rounds(comparisons);
            assert!(corrected(needed, 0) < LEVEL, "{comparisons} comparisons: {needed} rounds decide nothing");
            assert!(needed == MIN_PAIRS || corrected(needed - 1, 0) >= LEVEL, "{comparisons}: {needed}");
            let fewest = fewest_rounds(comparisons);
            assert!(
                corrected(fewest, 1) < LEVEL,
                "{comparisons} comparisons: {fewest} rounds of which one disagrees decide nothing"
            );
            assert!(fewest == 2 * MIN_PAIRS || corrected(fewest - 1, 1) >= LEVEL, "{comparisons}: {fewest}");
        }
    }

    #[test]
    fn normal_tails_match_the_tables() {
        close(normal_tails(1.959_963_985), 0.05, 1e-9);
        close(normal_tails(-3.290_526_731), 0.001, 1e-9);
        close(normal_distance(0.05), 1.959_963_985, 1e-8);
        close(normal_tails(POWER_QUANTILE), 2.0 * (1.0 - POWER), 1e-12);
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        let values = [1.0, 2.0, 4.0, 8.0, 16.0];
        assert_eq!([0.0, 0.25, 0.5, 0.625, 1.0].map(|part| quantile(&values, part)), [1.0, 2.0, 4.0, 6.0, 16.0]);
        assert_eq!(quantile(&[3.0], 0.9), 3.0);
    }
}
