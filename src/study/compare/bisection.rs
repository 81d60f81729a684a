//! One step of a bisection: decides whether a commit costs as much as the good one or the bad one.
//!
//! The three are measured in interleaved rounds. Each round compares the commit's log overhead with the middle of the
//! other two's. Rounds go on until the sign test is sure of the side. A disturbance of a round affects all three alike,
//! and no threshold has to be guessed. More rounds add nothing to what the same links can show; so where there are
//! several, the t interval over their medians must exclude the other side too.

use crate::schedule::links::turn;
use crate::schedule::measurement::{Clock, Pair};
use crate::schedule::pairing::MeasurementRun;
use crate::stats::estimate::Estimate;
use crate::stats::median::median;
use crate::stats::passes::{hull, over_groups};
use crate::stats::sign_test::sign_test;
use crate::stats::student::Mean;
use crate::study::compare::logs::{by_link, log_ratio, ratio};
use crate::worker::failure::Failure;
use rand::seq::SliceRandom;
use rand::{SeedableRng, rngs::SmallRng};

/// The significance level of a side. It is low because it is tested often.
const SURE: f64 = 0.001;
/// The number of rounds between tests.
const BETWEEN_LOOKS: usize = 5;

/// The side on which a commit lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaning {
    /// It costs as much as the good commit.
    Good,
    /// It costs as much as the bad commit.
    Bad,
    /// The maximum number of rounds did not decide it.
    Unsure,
}

/// The commits of a step: the good one, the bad one, and one between them if there is one.
pub struct Contest<'a> {
    runs: Vec<MeasurementRun<'a>>,
    clock: Clock,
    rng: SmallRng,
}

impl<'a> Contest<'a> {
    /// Returns a contest, by wall time or CPU time, of measurements after their trials: good, bad, and the one between.
    ///
    /// # Errors
    /// The first commit that failed its trial, by its index.
    pub fn of(runs: Vec<MeasurementRun<'a>>, clock: Clock) -> Result<Self, (usize, Failure)> {
        match runs.iter().position(|run| run.failure().is_some()) {
            Some(place) => Err((place, runs[place].failure().expect("it failed").clone())),
            None => Ok(Self { runs, clock, rng: SmallRng::seed_from_u64(1) }),
        }
    }

    /// Runs rounds until the side of the last commit is significant, or `most` rounds have run. With two commits, the
    /// side is bad if the bad commit costs more than the good one by `factor`, and good if it does not.
    ///
    /// # Errors
    /// The commit that failed within a round, by its index.
    pub fn decide(&mut self, most: usize, factor: f64) -> Result<Leaning, (usize, Failure)> {
        while self.rounds() < most {
            for _ in 0..BETWEEN_LOOKS {
                self.round()?;
            }
            let (turns, leans) = self.leans(factor);
            let leaning = leaning(&leans, &turns, self.links());
            if leaning != Leaning::Unsure {
                return Ok(leaning);
            }
        }
        Ok(Leaning::Unsure)
    }

    /// Returns the number of rounds so far.
    pub fn rounds(&self) -> usize {
        self.runs[0].pairs()
    }

    /// Returns the number of links of each commit.
    fn links(&self) -> usize {
        self.runs.iter().map(MeasurementRun::links).min().unwrap_or(1)
    }

    /// Returns the ratio of the last commit's overhead to the good one's. Its interval includes that over at least six
    /// links.
    pub fn ratio(&self) -> Option<Estimate> {
        let rounds = self.logs().into_iter().map(|(turn, round)| (turn, round[round.len() - 1] - round[0]));
        let (turns, differences): (Vec<usize>, Vec<f64>) = rounds.unzip();
        let over_links = over_groups(by_link(&differences, &turns, self.links()));
        Some(hull(ratio(&differences)?, over_links.map(|(low, high)| (low.exp(), high.exp()))))
    }

    fn round(&mut self) -> Result<(), (usize, Failure)> {
        let mut order: Vec<usize> = (0..self.runs.len()).collect();
        order.shuffle(&mut self.rng);
        for place in order {
            let run = &mut self.runs[place];
            if run.pair().is_none() {
                return Err((place, run.failure().expect("a measurement without a pair has failed").clone()));
            }
        }
        Ok(())
    }

    /// Returns the log overheads of all commits in each round, with the index of its link, without rounds in which the
    /// clock saw no time pass.
    fn logs(&self) -> Vec<(usize, Vec<f64>)> {
        let pairs: Vec<&[Pair]> = self.runs.iter().map(|run| run.known().0.pairs.as_slice()).collect();
        let links = self.links();
        let round = |number: usize| {
            let logs: Option<Vec<f64>> = pairs.iter().map(|pairs| log_ratio(pairs.get(number)?, self.clock)).collect();
            Some((turn(number, links), logs?))
        };
        (0..self.rounds()).filter_map(round).collect()
    }

    /// Returns, for each round, the index of its link, and the excess of the last commit's log overhead over the middle
    /// between good and bad. With two commits, it is the excess of the bad one's over the good one's times the factor.
    fn leans(&self, factor: f64) -> (Vec<usize>, Vec<f64>) {
        let lean = |round: Vec<f64>| match round[..] {
            [good, bad] => bad - good - factor.ln(),
            [good, bad, between, ..] => between - f64::midpoint(good, bad),
            _ => unreachable!("a contest is of two or three commits"),
        };
        self.logs().into_iter().map(|(turn, round)| (turn, lean(round))).unzip()
    }
}

/// Returns the side on which the rounds agree, and the links as well if there are several. `turns` has the link of each
/// round.
fn leaning(leans: &[f64], turns: &[usize], links: usize) -> Leaning {
    if sign_test(leans).is_none_or(|probability| probability >= SURE) {
        return Leaning::Unsure;
    }
    let above = leans.iter().filter(|&&lean| lean > 0.0).count();
    let is_above = 2 * above > leans.len();
    if links > 1 && !links_agree(&by_link(leans, turns, links).filter_map(median).collect::<Vec<_>>(), is_above) {
        return Leaning::Unsure;
    }
    if is_above { Leaning::Bad } else { Leaning::Good }
}

/// Returns whether the t interval over the medians of links lies on one side.
fn links_agree(medians: &[f64], is_above: bool) -> bool {
    if medians.len() < 2 {
        return false;
    }
    let (low, high) = Mean::of(medians).interval();
    if is_above { low > 0.0 } else { high < 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_decided_when_the_rounds_agree() {
        let leaning = |leans: &[f64]| leaning(leans, &vec![0; leans.len()], 1);
        assert_eq!(leaning(&[0.1; 5]), Leaning::Unsure);
        assert_eq!(leaning(&[0.1; 15]), Leaning::Bad);
        assert_eq!(leaning(&[-0.1; 15]), Leaning::Good);
        let torn: Vec<f64> = (0..40).map(|round| if round % 2 == 0 { 0.1 } else { -0.1 }).collect();
        assert_eq!(leaning(&torn), Leaning::Unsure);
    }

    /// Each link always leans to the same side, so any number of rounds shows no more than the eight links do.
    #[test]
    fn many_rounds_of_disagreeing_links_decide_nothing() {
        let turns: Vec<usize> = (0..400).map(|round| turn(round, 8)).collect();
        let of = |below: usize, sign: f64| {
            let lean = |&link: &usize| if link < below { -0.1 * sign } else { 0.1 * sign };
            leaning(&turns.iter().map(lean).collect::<Vec<_>>(), &turns, 8)
        };
        assert_eq!([of(0, 1.0), of(1, 1.0), of(1, -1.0)], [Leaning::Bad, Leaning::Bad, Leaning::Good]);
        // 300 of 400 rounds; but over eight links the mean is 0.05 ± 0.077.
        assert_eq!([of(2, 1.0), of(2, -1.0)], [Leaning::Unsure; 2]);
        assert_eq!(leaning(&[0.1; 40], &[3; 40], 8), Leaning::Unsure, "one link alone");
    }
}
