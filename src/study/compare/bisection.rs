//! One step of a bisection: decides whether a commit costs as much as the good one or the bad one.
//!
//! The three commits are measured in interleaved rounds. Each round compares the commit's log overhead with the
//! midpoint of the other two. Rounds continue until the sign test is significant for one side. A disturbance of a round
//! affects all three commits alike, and no threshold has to be guessed.

use crate::schedule::measurement::{Clock, Pair};
use crate::schedule::pairing::MeasurementRun;
use crate::stats::estimate::Estimate;
use crate::stats::sign_test::sign_test;
use crate::study::compare::logs::{log_ratio, ratio};
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
            let leaning = leaning(&self.leans(factor));
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

    /// Returns the ratio of the last commit's overhead to the good one's.
    pub fn ratio(&self) -> Option<Estimate> {
        let differences = self.logs().into_iter().map(|round| round[round.len() - 1] - round[0]);
        ratio(&differences.collect::<Vec<_>>())
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

    /// Returns the log overheads of all commits in each round, without rounds in which the clock saw no time pass.
    fn logs(&self) -> Vec<Vec<f64>> {
        let pairs: Vec<&[Pair]> = self.runs.iter().map(|run| run.known().0.pairs.as_slice()).collect();
        let round = |number: usize| pairs.iter().map(|pairs| log_ratio(pairs.get(number)?, self.clock)).collect();
        (0..self.rounds()).filter_map(round).collect()
    }

    /// Returns, for each round, the excess of the last commit's log overhead over the midpoint between good and bad.
    /// With two commits, it is the excess of the bad one's over the good one's times the factor.
    fn leans(&self, factor: f64) -> Vec<f64> {
        let lean = |round: Vec<f64>| match round[..] {
            [good, bad] => bad - good - factor.ln(),
            [good, bad, between, ..] => between - f64::midpoint(good, bad),
            _ => unreachable!("a contest is of two or three commits"),
        };
        self.logs().into_iter().map(lean).collect()
    }
}

/// Returns the side on which the rounds agree.
fn leaning(leans: &[f64]) -> Leaning {
    if sign_test(leans).is_none_or(|probability| probability >= SURE) {
        return Leaning::Unsure;
    }
    let above = leans.iter().filter(|&&lean| lean > 0.0).count();
    if 2 * above > leans.len() { Leaning::Bad } else { Leaning::Good }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_sure_when_the_rounds_agree() {
        assert_eq!(leaning(&[0.1; 5]), Leaning::Unsure);
        assert_eq!(leaning(&[0.1; 15]), Leaning::Bad);
        assert_eq!(leaning(&[-0.1; 15]), Leaning::Good);
        let torn: Vec<f64> = (0..40).map(|round| if round % 2 == 0 { 0.1 } else { -0.1 }).collect();
        assert_eq!(leaning(&torn), Leaning::Unsure);
    }
}
