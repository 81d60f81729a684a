//! The verdicts on a claim: its bound compared with all of its figures together.

use super::{ANOTHER_MACHINE, Bound, Figure};
use crate::stats::estimate::Estimate;
use crate::stats::sign_test::{holm, normal_distance, normal_tails};
use crate::stats::student::{t, tails};
use serde::{Deserialize, Serialize};

/// The verdict on a claim in a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every figure is within the bound.
    Holds,
    /// This many figures are beyond the bound, or failed.
    DoesNotHold(usize),
    /// There are no figures, or they are too uncertain for a verdict.
    CannotBeTested,
}

/// The probability that any figure is found beyond a bound that all of them exactly meet. It is one tail of a 95 %
/// interval, so a claim with a single figure is judged by its interval.
const CHANCE: f64 = 0.025;

impl Bound {
    /// Returns the verdicts on a claim in each of its settings, given the figures of all.
    ///
    /// A claim has up to two dozen figures. If each interval were judged separately, one of eight figures that exactly
    /// meet the bound would be found beyond it in 18 % of runs; Holm's correction over the whole claim keeps that below
    /// 2.5 %. The verdict that *all* figures are within needs no correction.
    pub fn judge(self, settings: &[Vec<Figure>]) -> Vec<Verdict> {
        let all: Vec<Option<f64>> = settings.iter().flatten().map(|figure| self.chance_beyond(figure)).collect();
        let mut corrected = holm(&all).into_iter();
        let verdict = |figures: &Vec<Figure>| {
            let beyond = figures
                .iter()
                .zip(corrected.by_ref())
                .filter(|(figure, chance)| figure.seen.is_err() || chance.is_some_and(|chance| chance <= CHANCE))
                .count();
            let is_within = |figure: &Figure| figure.seen.as_ref().is_ok_and(|&seen| self.contains(seen));
            if beyond > 0 {
                Verdict::DoesNotHold(beyond)
            } else if !figures.is_empty() && figures.iter().all(is_within) {
                Verdict::Holds
            } else {
                Verdict::CannotBeTested
            }
        };
        settings.iter().map(verdict).collect()
    }

    /// Returns the bound and a figure, converted so that a claim states "at most".
    fn at_most(self, figure: Estimate) -> (f64, Estimate) {
        match self {
            Self::Overhead(most) | Self::Memory(most) | Self::Bytes(most) | Self::Time(most) => (most, figure),
            Self::TimeElsewhere(most) => (most * ANOTHER_MACHINE, figure),
            // Negation turns "at least" into "at most".
            Self::Fidelity(least) | Self::Truth(least) => {
                (-least, Estimate { value: -figure.value, low: -figure.high, high: -figure.low })
            }
        }
    }

    /// Returns whether a figure is within the bound, including its interval or range.
    fn contains(self, figure: Estimate) -> bool {
        let (most, figure) = self.at_most(figure);
        figure.high <= most
    }

    /// Returns the probability of a figure this far beyond the bound if it exactly meets the bound: the probability of
    /// a deviate whose 95 % interval ends where the figure's does. It is normal, or of Student's t if the interval is.
    /// `None` if there is no figure.
    ///
    /// The ends of bytes and fidelities are a range that is not random: they are beyond the bound or not.
    fn chance_beyond(self, figure: &Figure) -> Option<f64> {
        let (most, Estimate { value, low, .. }) = self.at_most(*figure.seen.as_ref().ok()?);
        let is_by_chance =
            matches!(self, Self::Overhead(_) | Self::Memory(_) | Self::Time(_) | Self::TimeElsewhere(_)) && low < value;
        let halves = (value - most) / (value - low);
        Some(match (value > most, is_by_chance, figure.freedom) {
            (false, ..) => 1.0,
            (true, true, Some(freedom)) => tails(halves * t(1.0 - 2.0 * CHANCE, freedom), freedom) / 2.0,
            (true, true, None) => normal_tails(halves * normal_distance(2.0 * CHANCE)) / 2.0,
            (true, false, _) => f64::from(u8::from(low <= most)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(low: f64, high: f64) -> Figure {
        Figure { of: String::new(), seen: Ok(Estimate { value: (low + high) / 2.0, low, high }), freedom: None }
    }

    fn judged(bound: Bound, figures: &[Figure]) -> Verdict {
        bound.judge(&[figures.to_vec()])[0]
    }

    #[test]
    fn a_claim_holds_only_if_every_figure_is_within_its_bound() {
        let bound = Bound::Overhead(1.05);
        assert_eq!(judged(bound, &[figure(1.0, 1.04), figure(1.01, 1.05)]), Verdict::Holds);
        assert_eq!(judged(bound, &[figure(1.0, 1.04), figure(1.07, 1.1)]), Verdict::DoesNotHold(1));
        assert_eq!(judged(bound, &[figure(1.0, 1.04), figure(1.04, 1.06)]), Verdict::CannotBeTested);
        assert_eq!(judged(bound, &[]), Verdict::CannotBeTested);
        let failed = Figure { of: String::new(), seen: Err("timed-out".to_owned()), freedom: None };
        assert_eq!(judged(bound, &[figure(1.0, 1.01), failed]), Verdict::DoesNotHold(1));
    }

    #[test]
    fn one_of_many_figures_must_exceed_the_bound_by_more_than_a_single_one() {
        let bound = Bound::Overhead(1.05);
        let barely = figure(1.052, 1.092);
        assert_eq!(judged(bound, std::slice::from_ref(&barely)), Verdict::DoesNotHold(1));
        let mut eight = vec![figure(1.0, 1.04); 7];
        eight.push(barely.clone());
        assert_eq!(judged(bound, &eight), Verdict::CannotBeTested, "one of eight is beyond by chance in 18 % of runs");
        eight[7] = figure(1.06, 1.10);
        assert_eq!(judged(bound, &eight), Verdict::DoesNotHold(1));
        // If the others are far beyond, the last is judged as if it were alone.
        let mut far = vec![figure(2.0, 2.1); 7];
        far.push(barely.clone());
        assert_eq!(judged(bound, &far), Verdict::DoesNotHold(8));
        // The figures of the claim's other settings count too.
        let others = vec![figure(1.0, 1.04); 7];
        assert_eq!(bound.judge(&[vec![barely], others]), [Verdict::CannotBeTested, Verdict::Holds]);
    }

    #[test]
    fn an_interval_by_students_t_must_be_farther_beyond() {
        let bound = Bound::Overhead(1.05);
        // A half-width is 0.02. One of eight needs a one-sided 2.5 % ÷ 8: 2.734 of 1.960 standard errors by the normal
        // distribution, and 4.526 of 2.571 by t(5).
        let of_eight = |halves: f64, freedom| {
            let value = 1.05 + 0.02 * halves;
            let mut eight = vec![figure(1.0, 1.04); 7];
            eight.push(Figure { freedom, ..figure(value - 0.02, value + 0.02) });
            judged(bound, &eight)
        };
        assert_eq!(
            [1.38, 1.41].map(|halves| of_eight(halves, None)),
            [Verdict::CannotBeTested, Verdict::DoesNotHold(1)]
        );
        assert_eq!(
            [1.41, 1.75, 1.77].map(|halves| of_eight(halves, Some(5))),
            [Verdict::CannotBeTested, Verdict::CannotBeTested, Verdict::DoesNotHold(1)]
        );
        let alone = |halves: f64| {
            let value = 1.05 + 0.02 * halves;
            judged(bound, &[Figure { freedom: Some(5), ..figure(value - 0.02, value + 0.02) }])
        };
        assert_eq!([alone(0.99), alone(1.01)], [Verdict::CannotBeTested, Verdict::DoesNotHold(1)], "by its interval");
    }

    #[test]
    fn ranges_of_bytes_are_not_corrected_for_chance() {
        let bound = Bound::Bytes(100.0);
        let mut eight = vec![figure(50.0, 90.0); 7];
        eight.push(figure(101.0, 300.0));
        assert_eq!(judged(bound, &eight), Verdict::DoesNotHold(1));
        assert_eq!(judged(bound, &[figure(99.0, 300.0)]), Verdict::CannotBeTested);
    }

    #[test]
    fn another_machine_may_take_twice_as_long() {
        let bound = Bound::TimeElsewhere(40.0);
        assert_eq!(judged(bound, &[figure(70.0, 80.0)]), Verdict::Holds);
        assert_eq!(judged(bound, &[figure(81.0, 90.0)]), Verdict::DoesNotHold(1));
        assert_eq!(judged(Bound::Time(40.0), &[figure(41.0, 42.0)]), Verdict::DoesNotHold(1));
        assert_eq!(judged(Bound::Time(40.0), &[figure(42.0, 42.0)]), Verdict::DoesNotHold(1), "without an interval");
    }

    #[test]
    fn a_claim_of_fidelity_is_a_lower_bound() {
        let bound = Bound::Fidelity(0.99);
        assert_eq!(judged(bound, &[figure(1.0, 1.0)]), Verdict::Holds);
        assert_eq!(judged(bound, &[figure(0.5, 0.5)]), Verdict::DoesNotHold(1));
        // One wrong fact of a thousand is one too many.
        assert_eq!(judged(Bound::Truth(1.0), &[figure(0.999, 0.999)]), Verdict::DoesNotHold(1));
        assert_eq!(judged(Bound::Truth(1.0), &[figure(1.0, 1.0)]), Verdict::Holds);
    }
}
