//! The intervals and detections that the instrument would have reported, drawn from one long series of pairs.
//!
//! Hundreds of full repeats would take hours. Coverage takes the series in consecutive blocks, each as long as a
//! usual measurement. Detecting a change takes minutes of measuring. Its repeats are put together from contiguous
//! stretches of the series, drawn with replacement (the moving-block bootstrap; Künsch 1989). Neighbouring pairs,
//! which share the machine's disturbances, so stay neighbours in a repeat.

use crate::stats::estimate::Estimate;
use crate::stats::median::{median, median_interval};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};

/// The pairs of a block whose interval is compared with the truth: those of a usual measurement.
pub const BLOCK: usize = 60;
/// The length in pairs of the stretches that make up a repeat.
const STRETCH: usize = 50;
/// The smallest effect that is detected, whatever its interval.
pub const CLAIM_THRESHOLD: f64 = 0.01;

/// The intervals that were compared with the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// The number of blocks of [`BLOCK`] pairs.
    pub blocks: usize,
    /// The number of blocks whose 95 % interval includes the truth.
    pub covered: usize,
}

/// The repeats, and those that detect a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The number of repeats that were drawn.
    pub repeats: usize,
    /// The number of repeats that detect a change.
    pub claimed: usize,
    /// The pairs in each of a repeat's two batches.
    pub pairs_per_batch: usize,
}

/// Returns the number of blocks whose interval includes the truth.
pub fn coverage(ratios: &[f64], truth: f64) -> Coverage {
    let intervals = || ratios.chunks_exact(BLOCK).filter_map(|block| median_interval(block.iter().copied()));
    Coverage {
        blocks: intervals().count(),
        covered: intervals().filter(|interval| interval.low <= truth && truth <= interval.high).count(),
    }
}

/// Returns the number of repeats of two consecutive batches that detect a change.
pub fn claims(ratios: &[f64], pairs_per_batch: usize, repeats: usize) -> Claims {
    let mut rng = Pcg64Mcg::seed_from_u64(repeats as u64);
    let claimed = (0..repeats)
        .filter(|_| {
            let [first, second] = [(); 2].map(|()| median_interval(batch(ratios, pairs_per_batch, &mut rng)));
            first.zip(second).is_some_and(|(first, second)| is_change(&first, &second))
        })
        .count();
    Claims { repeats, claimed, pairs_per_batch }
}

/// Returns whether two batches show a change: both intervals exclude "no change" on the same side, and both effects
/// exceed the threshold.
fn is_change(first: &Estimate, second: &Estimate) -> bool {
    let side = |estimate: &Estimate| match estimate {
        Estimate { value, low, .. } if *low > 1.0 && *value >= 1.0 + CLAIM_THRESHOLD => 1,
        Estimate { value, high, .. } if *high < 1.0 && *value <= 1.0 - CLAIM_THRESHOLD => -1,
        _ => 0,
    };
    side(first) != 0 && side(first) == side(second)
}

/// Draws a batch of pairs from contiguous stretches of the series.
fn batch(ratios: &[f64], pairs: usize, rng: &mut Pcg64Mcg) -> Vec<f64> {
    let stretch = STRETCH.min(ratios.len());
    let mut batch = Vec::with_capacity(pairs + stretch);
    while batch.len() < pairs && stretch > 0 {
        let start = rng.random_range(0..=ratios.len() - stretch);
        batch.extend_from_slice(&ratios[start..start + stretch]);
    }
    batch.truncate(pairs);
    batch
}

/// A way to make one figure of a block's pairs. The harness takes the median; the others were tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Estimator {
    /// The median of the ratios, which the harness uses.
    Median,
    /// The mean of the ratios.
    Mean,
    /// The median over rounds of two pairs, whose four samples stand as A B B A: the root of the product of two
    /// ratios.
    Abba,
}

impl Estimator {
    /// All estimators; the one in use comes first.
    pub const ALL: [Self; 3] = [Self::Median, Self::Mean, Self::Abba];

    /// Returns a description.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Median => "median of ratios (used)",
            Self::Mean => "mean of ratios",
            Self::Abba => "median over A B B A rounds",
        }
    }

    fn of(self, block: &[f64]) -> Option<f64> {
        match self {
            Self::Median => median(block.iter().copied()),
            Self::Mean => Some(block.iter().sum::<f64>() / block.len() as f64),
            Self::Abba => median(block.chunks_exact(2).map(|round| (round[0] * round[1]).sqrt())),
        }
    }

    /// Returns the squared errors of a series' blocks, in parts of the untracked time.
    pub fn squared_errors(self, ratios: &[f64], truth: f64) -> Vec<f64> {
        ratios.chunks_exact(BLOCK).filter_map(|block| Some((self.of(block)? - truth).powi(2))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns ratios around a centre, a tenth wide, in no order.
    fn around(centre: f64, count: usize) -> Vec<f64> {
        let mut rng = Pcg64Mcg::seed_from_u64(7);
        (0..count).map(|_| centre + rng.random_range(-0.05..0.05)).collect()
    }

    #[test]
    fn a_change_is_claimed_and_no_change_is_not() {
        assert_eq!(claims(&around(1.03, 2_000), 500, 100).claimed, 100);
        assert_eq!(claims(&around(0.97, 2_000), 500, 100).claimed, 100);
        assert_eq!(claims(&around(1.0, 2_000), 500, 100).claimed, 0);
    }

    #[test]
    fn what_is_below_the_threshold_is_not_claimed() {
        assert_eq!(claims(&around(1.005, 20_000), 10_000, 20).claimed, 0);
    }

    #[test]
    fn two_batches_must_agree() {
        let estimate = |value: f64| Estimate { value, low: value - 0.01, high: value + 0.01 };
        assert!(is_change(&estimate(1.05), &estimate(1.03)));
        assert!(!is_change(&estimate(1.05), &estimate(0.95)));
        assert!(!is_change(&estimate(1.05), &estimate(1.0)));
    }

    #[test]
    fn intervals_of_honest_noise_cover_the_centre() {
        let seen = coverage(&around(1.1, 200 * BLOCK), 1.1);
        assert_eq!(seen.blocks, 200);
        assert!(seen.covered >= 184, "{seen:?}");
        assert_eq!(coverage(&around(1.1, 200 * BLOCK), 1.2).covered, 0);
    }

    #[test]
    fn a_burst_moves_a_mean_and_not_a_median() {
        let mut block = vec![1.1; BLOCK];
        block[7] = 10.0;
        let error = |estimator: Estimator| estimator.squared_errors(&block, 1.1)[0];
        assert!(error(Estimator::Median) < 1e-12 && error(Estimator::Abba) < 1e-12);
        assert!((error(Estimator::Mean).sqrt() - 8.9 / BLOCK as f64).abs() < 1e-9);
        assert!(Estimator::Mean.squared_errors(&block[1..], 1.1).is_empty(), "a block that is not whole is none");
    }
}
