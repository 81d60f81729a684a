//! The difference of two subjects, and whether it is one.
//!
//! In each round every subject's tracked probe stands beside its own untracked one, so that the difference of two subjects
//! is the difference of their log overheads in the same round: what the machine did to the round is in both. Of many
//! comparisons some look like a difference by chance. One is claimed only if the sign test (Arbuthnott's; its interval is
//! the one of the median that is used everywhere here) excludes none after Holm's correction (Holm 1979) for the number
//! of comparisons, the effect exceeds a threshold, and a second batch of rounds, measured later, shows it again.

use crate::measure::{MIN_PAIRS, median_interval};
use crate::results::{Cell, Clock, Estimate, Pair};
use crate::tracking::Tracking;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// The probability with which any of all comparisons may be claimed where there is no difference.
const LEVEL: f64 = 0.05;

/// One subject against another one, on one workload under one level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// What ran.
    pub workload: Workload,
    /// What it ran under.
    pub tracking: Tracking,
    /// The subject, by its place in the run.
    pub subject: usize,
    /// The subject that it is held against.
    pub reference: usize,
    /// The ratio of the overheads, subject ÷ reference, over all rounds that both have; `None` where there are too few.
    pub ratio: Option<Estimate>,
    /// The same in each of the two batches.
    pub batches: [Option<Estimate>; 2],
    /// The probability of such a first batch if there were no difference, after Holm's correction.
    pub probability: Option<f64>,
    /// What is claimed.
    pub claim: Claim,
}

/// What is claimed of a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// The subject costs more than the reference: a regression.
    Regression,
    /// The subject costs less: a gain.
    Gain,
    /// Neither is shown.
    #[default]
    None,
}

impl Difference {
    /// How large a difference may still be, in percent, where none is claimed; `None` if nothing is known.
    pub fn bound_percent(&self) -> Option<f64> {
        let ratio = self.ratio?;
        Some((ratio.high.max(1.0 / ratio.low) - 1.0).max(0.0) * 100.0)
    }
}

/// Which subject each other one is held against, of those that have a figure in the same group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against<'a> {
    /// The first.
    First,
    /// The last one before it.
    Previous,
    /// Another one for each, by its place; if that has no figure, the one that is its own reference. None for what is not
    /// compared.
    Each(&'a [Option<usize>]),
}

/// A cell, and how many of its pairs are of the first batch.
pub type Batched<'a> = (&'a Cell, usize);

/// The fewest rounds of a first batch from which anything can be claimed of so many comparisons: with fewer, even a
/// difference that every round shows has a probability that Holm's correction leaves above the level.
pub fn fewest_rounds(comparisons: usize) -> usize {
    let tails = 2.0 * comparisons.max(1) as f64 / LEVEL;
    (tails.log2().floor() as usize + 1).max(MIN_PAIRS)
}

/// Holds subjects against each other by a clock, in each group of a workload and a level. `threshold` is in percent.
///
/// The first pairs that two cells have in a batch are of the same rounds: a subject that is slow stops earlier. One that
/// failed in a group is not compared there, and none is held against it.
pub fn differences(
    subjects: &[Vec<Batched>],
    against: Against,
    groups: &[(Workload, Tracking)],
    clock: Clock,
    threshold: f64,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut signs = Vec::new();
    for &(workload, tracking) in groups.iter().filter(|(_, tracking)| *tracking != Tracking::Untracked) {
        let is_of_group = |cell: &Cell| cell.workload == workload && cell.tracking == tracking;
        let mut references: Vec<(usize, Batched)> = Vec::new();
        for (subject, cells) in subjects.iter().enumerate() {
            let has_figure =
                |(cell, _): &&Batched| is_of_group(cell) && cell.failure.is_none() && !cell.pairs.is_empty();
            let Some(&of) = cells.iter().find(has_figure) else { continue };
            let reference = match against {
                Against::First => references.first(),
                Against::Previous => references.last(),
                Against::Each(others) => std::iter::successors(others[subject], |&other| others[other])
                    .find_map(|other| references.iter().find(|(subject, _)| *subject == other)),
            };
            if let Some(&(reference, to)) = reference {
                let [early, late] = by_batch(of, to, clock);
                found.push(Difference {
                    workload,
                    tracking,
                    subject,
                    reference,
                    ratio: ratio(&[early.as_slice(), &late].concat()),
                    batches: [ratio(&early), ratio(&late)],
                    probability: None,
                    claim: Claim::None,
                });
                signs.push(sign_test(&early));
            }
            references.push((subject, of));
        }
    }
    for (difference, probability) in found.iter_mut().zip(holm(&signs)) {
        difference.probability = probability;
        difference.claim = claim(difference, threshold);
    }
    found
}

/// By how much one cell's log overhead exceeds another's, in each round of each batch that both have.
fn by_batch((of, of_first): Batched, (to, to_first): Batched, clock: Clock) -> [Vec<f64>; 2] {
    let (of_early, of_late) = of.pairs.split_at(of_first.min(of.pairs.len()));
    let (to_early, to_late) = to.pairs.split_at(to_first.min(to.pairs.len()));
    let difference = |(of, to): (&Pair, &Pair)| log_ratio(of, clock) - log_ratio(to, clock);
    [(of_early, to_early), (of_late, to_late)].map(|(of, to)| of.iter().zip(to).map(difference).collect())
}

/// The logarithm of a pair's overhead by a clock.
pub(super) fn log_ratio(pair: &Pair, clock: Clock) -> f64 {
    pair.ratio(clock).ln()
}

pub(super) fn ratio(logs: &[f64]) -> Option<Estimate> {
    let Estimate { value, low, high } = median_interval(logs.iter().copied())?;
    Some(Estimate { value: value.exp(), low: low.exp(), high: high.exp() })
}

fn claim(difference: &Difference, threshold: f64) -> Claim {
    let factor = 1.0 + threshold / 100.0;
    let [Some(first), Some(second)] = difference.batches else { return Claim::None };
    let is_sure = difference.ratio.is_some() && difference.probability.is_some_and(|probability| probability < LEVEL);
    if is_sure && [first, second].iter().all(|batch| batch.low > 1.0 && batch.value > factor) {
        Claim::Regression
    } else if is_sure && [first, second].iter().all(|batch| batch.high < 1.0 && batch.value < 1.0 / factor) {
        Claim::Gain
    } else {
        Claim::None
    }
}

/// The sign test: the probability that a fair coin falls at least as unevenly as the signs of these differences do.
/// `None` if there are none.
pub(super) fn sign_test(differences: &[f64]) -> Option<f64> {
    let above = differences.iter().filter(|&&difference| difference > 0.0).count();
    let below = differences.iter().filter(|&&difference| difference < 0.0).count();
    let tosses = above + below;
    if tosses == 0 {
        return (!differences.is_empty()).then_some(1.0);
    }
    let mut log_term = -(tosses as f64) * std::f64::consts::LN_2;
    let mut tail = log_term.exp();
    for k in 0..above.min(below) {
        log_term += ((tosses - k) as f64).ln() - ((k + 1) as f64).ln();
        tail += log_term.exp();
    }
    Some((2.0 * tail).min(1.0))
}

/// Holm's correction: the smallest probability is multiplied by the number of tests, the next by one less, and so on, and
/// none becomes smaller than one before it.
fn holm(probabilities: &[Option<f64>]) -> Vec<Option<f64>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Failure, Series, Side};
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    #[test]
    fn a_sign_test_is_a_fair_coin() {
        assert_eq!(sign_test(&[]), None);
        assert_eq!(sign_test(&[0.0]), Some(1.0));
        assert_eq!(sign_test(&[1.0, -1.0]), Some(1.0));
        let close = |given: Option<f64>, wanted: f64| (given.expect("some") - wanted).abs() < 1e-12;
        assert!(close(sign_test(&[1.0; 6]), 2.0 / 64.0));
        // One of eight: 2 · (1 + 8) ÷ 2⁸.
        assert!(close(sign_test(&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0]), 18.0 / 256.0));
    }

    #[test]
    fn the_fewest_rounds_are_the_fewest_that_can_claim() {
        for comparisons in [1, 2, 8, 24, 45, 360, 1_000] {
            let fewest = fewest_rounds(comparisons);
            let corrected = |rounds: usize| sign_test(&vec![1.0; rounds]).expect("tosses") * comparisons as f64;
            assert!(corrected(fewest) < LEVEL, "{comparisons} comparisons: {fewest} rounds claim nothing");
            assert!(
                fewest == MIN_PAIRS || corrected(fewest - 1) >= LEVEL,
                "{comparisons}: {fewest} are not the fewest"
            );
        }
    }

    #[test]
    fn holm_corrects_for_the_number_of_tests() {
        // The example of Holm's procedure: 0.01, 0.04, 0.03, 0.005 of four tests.
        let corrected = holm(&[Some(0.01), Some(0.04), None, Some(0.03), Some(0.005)]);
        let wanted = [Some(0.03), Some(0.06), None, Some(0.06), Some(0.02)];
        for (given, wanted) in corrected.iter().zip(wanted) {
            assert_eq!(given.is_some(), wanted.is_some());
            assert!((given.unwrap_or(0.0) - wanted.unwrap_or(0.0)).abs() < 1e-12, "{corrected:?}");
        }
    }

    const GROUP: [(Workload, Tracking); 1] = [(Workload::Cycles, Tracking::Full)];

    /// A cell whose pairs have an overhead and a noise of 5 %.
    fn cell(overhead: f64, rounds: usize, rng: &mut Pcg64Mcg) -> Cell {
        let side = |ns: f64| Side { wall_ns: ns as u64, cpu_ns: ns as u64, peak_rss_bytes: None };
        let pairs = (0..rounds).map(|_| {
            let noise = 1.0 + rng.random_range(-0.05..0.05);
            Pair { untracked_first: true, untracked: side(1e6), tracked: side(1e6 * overhead * noise) }
        });
        Cell {
            series: Series::Overhead,
            workload: Workload::Cycles,
            tracking: Tracking::Full,
            scale: 1.0,
            seed: 1,
            threads: 1,
            allocations: None,
            layout: None,
            fidelity: None,
            failure: None,
            overhead: None,
            pairs: pairs.collect(),
        }
    }

    fn against_the_first(subjects: &[Vec<Batched>], threshold: f64) -> Vec<Difference> {
        differences(subjects, Against::First, &GROUP, Clock::Wall, threshold)
    }

    fn compare(first: f64, second: f64, threshold: f64) -> Difference {
        let mut rng = Pcg64Mcg::seed_from_u64(3);
        let [a, b] = [first, second].map(|overhead| cell(overhead, 60, &mut rng));
        against_the_first(&[vec![(&a, 30)], vec![(&b, 30)]], threshold).remove(0)
    }

    #[test]
    fn a_difference_is_claimed_where_there_is_one() {
        let slower = compare(4.0, 5.0, 3.0);
        assert_eq!(slower.claim, Claim::Regression);
        let ratio = slower.ratio.expect("sixty rounds");
        assert!(ratio.low <= 1.25 && 1.25 <= ratio.high, "{ratio:?}");
        assert_eq!(compare(5.0, 4.0, 3.0).claim, Claim::Gain);
        assert_eq!(compare(4.0, 5.0, 30.0).claim, Claim::None, "below the threshold");
    }

    #[test]
    fn none_is_bounded_where_none_is_claimed() {
        let same = compare(4.0, 4.0, 3.0);
        assert_eq!(same.claim, Claim::None);
        let bound = same.bound_percent().expect("sixty rounds");
        assert!(bound > 0.0 && bound < 5.0, "{bound}");
    }

    #[test]
    fn of_many_equal_subjects_none_is_claimed() {
        let mut rng = Pcg64Mcg::seed_from_u64(5);
        let cells: Vec<Cell> = (0..200).map(|_| cell(4.0, 40, &mut rng)).collect();
        let rows: Vec<Vec<Batched>> = cells.iter().map(|cell| vec![(cell, 20)]).collect();
        let found = against_the_first(&rows, 0.0);
        assert_eq!(found.len(), 199);
        assert!(found.iter().all(|difference| difference.claim == Claim::None));
    }

    #[test]
    fn where_a_subject_failed_the_others_are_held_against_one_that_did_not() {
        let mut rng = Pcg64Mcg::seed_from_u64(3);
        let mut cells: Vec<Cell> = (0..5).map(|_| cell(4.0, 60, &mut rng)).collect();
        for failed in [0, 3] {
            cells[failed].failure = Some(Failure::TimedOut { seconds: 1 });
        }
        let rows: Vec<Vec<Batched>> = cells.iter().map(|cell| vec![(cell, 30)]).collect();
        let places = |against| {
            let found = differences(&rows, against, &GROUP, Clock::Wall, 3.0);
            found.iter().map(|difference| (difference.subject, difference.reference)).collect::<Vec<_>>()
        };
        assert_eq!(places(Against::First), [(2, 1), (4, 1)]);
        assert_eq!(places(Against::Previous), [(2, 1), (4, 2)]);
    }

    #[test]
    fn each_clock_has_its_own_differences() {
        let mut rng = Pcg64Mcg::seed_from_u64(3);
        let [a, mut b] = [4.0, 4.0].map(|overhead| cell(overhead, 60, &mut rng));
        // It waits for what takes the processor away, and works no more than before.
        b.pairs.iter_mut().for_each(|pair| pair.tracked.wall_ns *= 2);
        let claim = |clock| {
            let found = differences(&[vec![(&a, 30)], vec![(&b, 30)]], Against::First, &GROUP, clock, 3.0);
            found[0].claim
        };
        assert_eq!((claim(Clock::Wall), claim(Clock::Processor)), (Claim::Regression, Claim::None));
    }

    #[test]
    fn a_slow_subject_is_held_against_the_rounds_that_it_had() {
        let mut rng = Pcg64Mcg::seed_from_u64(3);
        let mut fast = cell(4.0, 60, &mut rng);
        // The machine is another one from the second half of the first batch on, for every subject alike.
        fast.pairs[15..30].iter_mut().for_each(|pair| pair.tracked.wall_ns *= 10);
        let slow = cell(5.0, 20, &mut rng);
        let found = against_the_first(&[vec![(&fast, 30)], vec![(&slow, 10)]], 3.0);
        let near = |estimate: Option<Estimate>| (estimate.expect("ten rounds").value - 1.25).abs() < 0.1;
        assert!(found[0].batches.iter().all(|batch| near(*batch)) && near(found[0].ratio), "{found:?}");
    }
}
