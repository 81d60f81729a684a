//! Log overheads of rounds, and their differences between two builds.

use crate::schedule::links::turn;
use crate::schedule::measurement::{Clock, Measurement, Pair};
use crate::schedule::scheduler::{PASSES, rounds_before};
use crate::stats::estimate::Estimate;
use crate::stats::median::{median, median_interval};
use crate::stats::passes;

/// The number of rounds per link above which the interval includes the spread between links: rounds of the same links
/// add no information about other links. With fewer rounds, their noise covers it.
const ROUNDS_PER_LINK: usize = 10;

/// The figure of a build that is compared in each round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Estimator {
    /// The overhead: tracked ÷ untracked.
    #[default]
    Overhead,
    /// The tracked time alone. The workload's source is the same in all builds, so over several links it estimates the
    /// same difference, without the noise of the untracked samples.
    Tracked,
    /// The untracked time, which must not differ: a check of [`Tracked`](Self::Tracked).
    Untracked,
}

impl Estimator {
    /// Returns the logarithm of a pair's figure; `None` if the clock saw no time pass in one of its samples, so all
    /// estimators use the same rounds.
    fn log(self, pair: &Pair, clock: Clock) -> Option<f64> {
        let log_overhead = log_ratio(pair, clock)?;
        Some(match self {
            Self::Overhead => log_overhead,
            Self::Tracked => pair.tracked.ns(clock).ln(),
            Self::Untracked => pair.untracked.ns(clock).ln(),
        })
    }
}

/// The rounds of builds, and the figure that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounds {
    /// The time that is compared.
    pub clock: Clock,
    /// The figure that is compared.
    pub estimator: Estimator,
    /// The number of links of each build, which the rounds ran by turns.
    pub links: usize,
    /// The number of rounds that were planned, over all passes.
    pub planned: usize,
}

impl From<Clock> for Rounds {
    /// Returns rounds of builds with one link, whose overheads are compared.
    fn from(clock: Clock) -> Self {
        Self { clock, estimator: Estimator::default(), links: 1, planned: 0 }
    }
}

/// The differences of two measurements' log figures, in each round of each pass that both have, without rounds in which
/// a clock saw no time pass.
pub(super) struct Logs {
    /// All of them, in order.
    pub all: Vec<f64>,
    /// The number of differences up to the end of each pass.
    pub ends: Vec<usize>,
    /// The index of the link of each difference.
    pub turns: Vec<usize>,
    /// The number of links.
    pub links: usize,
}

impl Logs {
    /// Computes them from the pairs of both measurements.
    pub(super) fn of(of: &Measurement, to: &Measurement, rounds: Rounds) -> Self {
        let Rounds { clock, estimator, links, planned } = rounds;
        let mut logs = Self { all: Vec::new(), ends: Vec::new(), turns: Vec::new(), links };
        for (pass, (of, to)) in of.by_pass().into_iter().zip(to.by_pass()).enumerate() {
            for (round, (of, to)) in of.iter().zip(to).enumerate() {
                if let (Some(of), Some(to)) = (estimator.log(of, clock), estimator.log(to, clock)) {
                    logs.all.push(of - to);
                    logs.turns.push(turn(rounds_before(pass, planned, PASSES) + round, links));
                }
            }
            logs.ends.push(logs.all.len());
        }
        logs
    }

    /// Adds the rounds of a later run of the same builds.
    pub(super) fn extend(&mut self, later: Self) {
        let before = self.all.len();
        self.all.extend(later.all);
        self.ends.extend(later.ends.into_iter().map(|end| before + end));
        self.turns.extend(later.turns);
    }

    /// Returns the median difference and its interval; `None` if there are too few rounds. The interval is the hull of
    /// the intervals from all rounds, over passes and, with more than ten rounds per link, over links.
    pub(super) fn interval(&self) -> Option<Estimate> {
        let counts = self.all.len() > ROUNDS_PER_LINK * self.links;
        let over_links = if counts { passes::over_groups(by_link(&self.all, &self.turns, self.links)) } else { None };
        Some(passes::hull(passes::interval(&self.all, &self.ends)?, over_links))
    }

    /// Returns the median difference in each pass. Passes of the same number in several runs count together, since a
    /// later run may lack some of the workloads.
    pub(super) fn medians_of_passes(&self) -> Vec<Option<f64>> {
        let mut by_pass: Vec<Vec<f64>> = vec![Vec::new(); self.ends.len().min(PASSES)];
        for (number, pass) in passes::stretches(self.all.len(), &self.ends).enumerate() {
            by_pass[number % PASSES].extend_from_slice(&self.all[pass]);
        }
        by_pass.into_iter().map(median).collect()
    }

    /// Returns the median difference of each link.
    pub(super) fn medians_of_links(&self) -> Vec<Option<f64>> {
        by_link(&self.all, &self.turns, self.links).map(median).collect()
    }

    /// Returns the median ratio and its interval; `None` if there are too few rounds.
    pub(super) fn ratio(&self) -> Option<Estimate> {
        self.interval().map(exponential)
    }

    /// Returns the median ratio in each half of the passes.
    pub(super) fn halves(&self) -> [Option<f64>; 2] {
        let first = (self.ends.len() / 2).checked_sub(1).map_or(0, |last| self.ends[last]);
        let (early, late) = self.all.split_at(first);
        [early, late].map(|logs| Some(median(logs.to_vec())?.exp()))
    }
}

/// Returns the values of each link, by the link of each value.
pub(super) fn by_link(values: &[f64], turns: &[usize], links: usize) -> impl Iterator<Item = Vec<f64>> {
    (0..links).map(move |link| {
        let of_link = values.iter().zip(turns).filter(move |(_, turn)| **turn == link);
        of_link.map(|(value, _)| *value).collect()
    })
}

/// Returns the logarithm of a pair's overhead by wall time or CPU time; `None` if a time is zero, because the clock
/// is too coarse.
pub(super) fn log_ratio(pair: &Pair, clock: Clock) -> Option<f64> {
    let [tracked, untracked] = [pair.tracked.ns(clock), pair.untracked.ns(clock)];
    (tracked > 0.0 && untracked > 0.0).then(|| (tracked / untracked).ln())
}

/// Returns the median ratio and its interval from logarithms; `None` if there are too few.
pub(super) fn ratio(logs: &[f64]) -> Option<Estimate> {
    median_interval(logs.iter().copied()).map(exponential)
}

fn exponential(Estimate { value, low, high }: Estimate) -> Estimate {
    Estimate { value: value.exp(), low: low.exp(), high: high.exp() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::measurement::{Sample, Series};
    use crate::tracking::Level;
    use crate::worker::probe::Request;
    use crate::workloads::{Scale, Workload};
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    /// Returns a measurement with these log times of the untracked and tracked sample of each round.
    fn measurement(rounds: &[[f64; 2]]) -> Measurement {
        let sample = |log: f64| Sample { wall_ns: (1e9 * log.exp()) as u64, cpu_ns: 0, ..Sample::default() };
        let pair = |&[untracked, tracked]: &[f64; 2]| Pair {
            untracked_first: true,
            untracked: sample(untracked),
            tracked: sample(tracked),
        };
        let scale = Scale::new(1.0).expect("positive");
        let request = Request { workload: Workload::CYCLES, level: Level::Full, scale, threads: 1, count: false };
        let passes = (1..=PASSES).map(|pass| rounds_before(pass, rounds.len(), PASSES)).collect();
        Measurement { passes, pairs: rounds.iter().map(pair).collect(), ..Measurement::new(Series::Overhead, &request) }
    }

    fn rounds(links: usize, planned: usize) -> Rounds {
        Rounds { links, planned, ..Clock::Wall.into() }
    }

    #[test]
    fn each_round_belongs_to_the_link_that_it_ran() {
        let log = |round: usize| [0.0, 0.01 * (round % 8) as f64];
        let whole = measurement(&(0..60).map(log).collect::<Vec<_>>());
        // It rested after seven of the ten rounds of each pass.
        let mut slow = whole.clone();
        slow.pairs = whole.by_pass().iter().flat_map(|pass| &pass[..7]).copied().collect();
        slow.passes = (1..=PASSES).map(|pass| 7 * pass).collect();
        let plain = measurement(&[[0.0; 2]; 60]);
        for measured in [&whole, &slow] {
            let logs = Logs::of(measured, &plain, rounds(8, 60));
            assert_eq!(logs.all.len(), measured.pairs.len());
            let is_of_its_link = |(log, turn): (&f64, &usize)| (log - 0.01 * *turn as f64).abs() < 1e-6;
            assert!(logs.all.iter().zip(&logs.turns).all(is_of_its_link), "{:?}", logs.turns);
        }
    }

    #[test]
    fn medians_are_of_passes_and_of_links() {
        // Each link differs by its number, and each pass by ten times its number.
        let log = |round: usize| 0.01 * (round % 8) as f64 + 0.1 * (round / 8) as f64;
        let logs = || Logs {
            all: (0..48).map(log).collect(),
            ends: (1..=PASSES).map(|pass| 8 * pass).collect(),
            turns: (0..48).map(|round| round % 8).collect(),
            links: 8,
        };
        let near = |found: Vec<Option<f64>>, wanted: &[f64]| {
            let close = |(found, wanted): (&Option<f64>, &f64)| found.is_some_and(|log| (log - wanted).abs() < 1e-9);
            assert!(found.len() == wanted.len() && found.iter().zip(wanted).all(close), "{found:?} {wanted:?}");
        };
        let of_passes = [0.035, 0.135, 0.235, 0.335, 0.435, 0.535];
        near(logs().medians_of_passes(), &of_passes);
        near(logs().medians_of_links(), &[0.25, 0.26, 0.27, 0.28, 0.29, 0.3, 0.31, 0.32]);
        let mut twice = logs();
        twice.extend(logs());
        near(twice.medians_of_passes(), &of_passes);
        assert_eq!(twice.medians_of_links().len(), 8);
    }

    #[test]
    fn estimators_compare_their_own_times_in_the_same_rounds() {
        let mut a = measurement(&[[0.1, 0.5]; 12]);
        a.pairs[3].untracked.wall_ns = 0;
        let b = measurement(&[[0.0, 0.2]; 12]);
        let difference = |estimator| {
            let logs = Logs::of(&a, &b, Rounds { estimator, ..rounds(1, 12) });
            (logs.all.len(), (logs.interval().expect("eleven rounds").value * 1e6).round() / 1e6)
        };
        let all = [Estimator::Overhead, Estimator::Tracked, Estimator::Untracked].map(difference);
        assert_eq!(all, [(11, 0.2), (11, 0.3), (11, 0.1)]);
    }

    /// Two builds of one source have eight links that differ by 2 %, with noise of 6 % in each sample. With 240 rounds,
    /// the interval must account for the eight links; with 60, the noise of the rounds covers them.
    #[test]
    fn the_interval_includes_differences_between_links() {
        const RUNS: usize = 400;
        let mut rng = Pcg64Mcg::seed_from_u64(7);
        let mut normal = || (0..12).map(|_| rng.random_range(-0.5..0.5)).sum::<f64>();
        let mut covered = |links: usize, planned: usize| {
            let mut build = || {
                let places: Vec<f64> = (0..8).map(|_| 0.02 * normal()).collect();
                let round = |round: usize| [0.0, places[turn(round, 8)] + 0.06 * normal()];
                measurement(&(0..planned).map(round).collect::<Vec<_>>())
            };
            let one = |_| Logs::of(&build(), &build(), rounds(links, planned)).ratio().expect("rounds").contains_one();
            (0..RUNS).map(one).filter(|&covers| covers).count() * 100 / RUNS
        };
        let [rounds_alone, links, few] = [covered(1, 240), covered(8, 240), covered(8, 60)];
        assert!(rounds_alone < 90 && links >= 93 && few >= 93, "{rounds_alone} % {links} % {few} %");
    }
}
