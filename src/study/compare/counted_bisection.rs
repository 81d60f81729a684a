//! One step of a bisection by counts: decides whether a commit's count is the good one's or the bad one's.
//!
//! A few runs of each decide it, on any machine.

use crate::study::compare::Leaning;
use crate::study::counts::{Change, Judgement, Metric, change};

/// Returns the side of the bad commit, with its change from the good one. It is bad if it counts more than equal builds
/// differ by, and at least `factor` times as many if a factor is given.
pub fn side_of_bad(metric: Metric, good: &[u64], bad: &[u64], factor: Option<f64>) -> (Leaning, Change) {
    let found = change(metric, good, bad);
    let is_enough = || factor.is_none_or(|factor| found.ratio.is_none_or(|ratio| ratio >= factor));
    let leaning = match found.judgement {
        Judgement::Worse if is_enough() => Leaning::Bad,
        Judgement::Unknown => Leaning::Unsure,
        Judgement::Worse | Judgement::Better | Judgement::Same => Leaning::Good,
    };
    (leaning, found)
}

/// Returns the side of a commit between a good and a bad one: the side of the midpoint on which all of its runs lie, if
/// they also lie beyond the spread of the others' runs.
pub fn side(good: &[u64], bad: &[u64], between: &[u64]) -> Leaning {
    let ends = |runs: &[u64]| Some((*runs.iter().min()? as f64, *runs.iter().max()? as f64));
    let (Some(good), Some(bad), Some(between)) = (ends(good), ends(bad), ends(between)) else { return Leaning::Unsure };
    let (lowest, highest) = (f64::midpoint(good.0, bad.0), f64::midpoint(good.1, bad.1));
    if between.0 > highest {
        Leaning::Bad
    } else if between.1 < lowest {
        Leaning::Good
    } else {
        Leaning::Unsure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_belongs_to_one_side_of_the_midpoint() {
        let of = |between: [u64; 2]| side(&[1_000, 1_000], &[1_024, 1_024], &between);
        assert_eq!([[1_000, 1_000], [1_011, 1_010]].map(of), [Leaning::Good; 2]);
        assert_eq!([[1_024, 1_024], [1_013, 1_014], [1_300, 1_300]].map(of), [Leaning::Bad; 3]);
        assert_eq!([[1_012, 1_012], [1_010, 1_014]].map(of), [Leaning::Unsure; 2], "at the midpoint, or on both sides");
        assert_eq!(side(&[1_000], &[], &[1_000]), Leaning::Unsure);
    }

    #[test]
    fn differing_runs_widen_the_undecided_range() {
        // The midpoint is anywhere from 1,000 to 1,020.
        let of = |between: u64| side(&[990, 1_010], &[1_010, 1_030], &[between; 2]);
        assert_eq!(
            [999, 1_000, 1_010, 1_020, 1_021].map(of),
            [Leaning::Good, Leaning::Unsure, Leaning::Unsure, Leaning::Unsure, Leaning::Bad]
        );
    }

    #[test]
    fn the_bad_commit_must_have_a_higher_count() {
        let of = |bad: u64, factor| side_of_bad(Metric::Instructions, &[1_000_000; 2], &[bad; 2], factor).0;
        assert_eq!(
            [1_024_000, 1_000_900, 900_000].map(|bad| of(bad, None)),
            [Leaning::Bad, Leaning::Good, Leaning::Good]
        );
        assert_eq!([1_024_000, 1_040_000].map(|bad| of(bad, Some(1.03))), [Leaning::Good, Leaning::Bad]);
        assert_eq!(side_of_bad(Metric::Instructions, &[], &[1], None).0, Leaning::Unsure);
    }
}
