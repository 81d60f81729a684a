//! The differences of each build from several earlier builds, all from the same rounds.

use super::difference::figure;
use super::logs::{Logs, Rounds};
use super::{Against, Comparison, links};
use crate::schedule::measurement::Measurement;
use crate::stats::estimate::Estimate;
use crate::tracking::Level;
use crate::workloads::Workload;

/// The numbers of steps back to earlier builds. Near builds show the place of a change; far ones add up a slow change.
const BACK: [usize; 4] = [1, 2, 4, 8];

/// A build and an earlier one, on one workload at one level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbours<'a> {
    /// The build, by its index in the run.
    pub build: usize,
    /// The earlier one, by its index in the run.
    pub earlier: usize,
    /// The steps back to it, among the builds with a figure.
    pub back: usize,
    /// The build's measurement.
    pub measurement: &'a Measurement,
    /// The number of rounds that both have.
    pub rounds: usize,
    /// The ratio of their overheads, build ÷ earlier one.
    pub ratio: Estimate,
}

impl Comparison {
    /// Returns the differences of each build from those one, two, four and eight steps back by its references, on each
    /// workload and level on which both have a figure.
    pub fn neighbours(&self) -> Vec<Neighbours<'_>> {
        let groups = self.plan.groups().into_iter().filter(|(_, level)| *level != Level::Untracked);
        groups.flat_map(|group| self.neighbours_in(group)).collect()
    }

    fn neighbours_in(&self, group: (Workload, Level)) -> Vec<Neighbours<'_>> {
        let figures: Vec<Option<&Measurement>> =
            self.builds.iter().map(|build| figure(&build.measurements, group)).collect();
        let rounds = Rounds { links: links(&self.builds), planned: self.plan.rounds, ..self.clock.into() };
        let mut found = Vec::new();
        for (build, measurement) in figures.iter().enumerate().filter_map(|(build, figure)| Some((build, (*figure)?))) {
            let earlier: Vec<(usize, &Measurement)> =
                self.before(build).into_iter().filter_map(|earlier| Some((earlier, figures[earlier]?))).collect();
            for back in BACK {
                let Some(&(earlier, to)) = earlier.get(back - 1) else { break };
                let logs = Logs::of(measurement, to, rounds);
                let ratio = logs.ratio().filter(|ratio| ratio.low > 0.0 && ratio.high.is_finite());
                found.extend(ratio.map(|ratio| {
                    let rounds = logs.all.len();
                    Neighbours { build, earlier, back, measurement, rounds, ratio }
                }));
            }
        }
        found
    }

    /// Returns the builds before one, the nearest first: its reference, the reference of that, and so on.
    fn before(&self, build: usize) -> Vec<usize> {
        match &self.against {
            Against::First | Against::Previous => (0..build).rev().collect(),
            Against::Each(references) => {
                let reference = |build: usize| references.get(build).copied().flatten();
                std::iter::successors(reference(build), |&earlier| reference(earlier)).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::origin::Origin;
    use crate::schedule::measurement::{Clock, Outcome, Pair, Sample, Series};
    use crate::study::compare::{ComparedBuild, Record};
    use crate::tracking::memscope::MemscopeBuild;
    use crate::worker::failure::Failure;
    use crate::worker::probe::Request;
    use crate::workloads::Scale;

    /// Returns a comparison of builds with these overheads; one without an overhead failed.
    fn comparison(overheads: &[Option<u64>], against: Against) -> Comparison {
        let (workload, level) = (Workload::CYCLES, Level::Full);
        let build = |(number, overhead): (usize, &Option<u64>)| {
            let sample = |wall_ns| Sample { wall_ns, cpu_ns: wall_ns, ..Sample::default() };
            let pair = |round: u64| Pair {
                untracked_first: true,
                untracked: sample(1_000_000),
                tracked: sample(1_000_000 * overhead.unwrap_or(1) + 1_000 * round),
            };
            let scale = Scale::new(1.0).expect("positive");
            let request = Request { workload, level, scale, threads: 1, count: false };
            let measured =
                Measurement { pairs: (0..12).map(pair).collect(), ..Measurement::new(Series::Overhead, &request) };
            let outcome = match overhead {
                Some(_) => Outcome::TooFew,
                None => Outcome::Failed(Failure::TimedOut { seconds: 1 }),
            };
            let measurements = vec![Measurement { outcome, ..measured }];
            ComparedBuild::new(number.to_string(), None, Ok(MemscopeBuild::of_this_build()), measurements)
        };
        let plan = serde_json::json!({
            "builds": [], "workloads": [workload], "levels": [Level::Untracked, level], "scale": null, "threads": 1,
            "rounds": 12, "seconds": 60, "seed": 1,
        });
        let plan = serde_json::from_value(plan).expect("a plan");
        let builds = overheads.iter().enumerate().map(build).collect();
        let origin = Origin::here("memscope-bench history".to_owned());
        Record { origin, plan, clock: Clock::Wall, threshold_percent: 3.0, against, builds }.into()
    }

    fn pairs(comparison: &Comparison) -> Vec<(usize, usize, usize)> {
        comparison.neighbours().iter().map(|found| (found.build, found.earlier, found.back)).collect()
    }

    #[test]
    fn each_build_is_compared_with_those_one_two_four_and_eight_back() {
        let each = Against::Each((0..10_usize).map(|build| build.checked_sub(1)).collect());
        let comparison = comparison(&[Some(2); 10], each);
        let of_nine: Vec<_> = pairs(&comparison).into_iter().filter(|(build, ..)| *build == 9).collect();
        assert_eq!(of_nine, [(9, 8, 1), (9, 7, 2), (9, 5, 4), (9, 1, 8)]);
        assert_eq!(pairs(&comparison)[..3], [(1, 0, 1), (2, 1, 1), (2, 0, 2)]);
        assert_eq!(pairs(&comparison).len(), 9 + 8 + 6 + 2);
        assert!(comparison.neighbours().iter().all(|found| found.rounds == 12));
    }

    #[test]
    fn references_skip_failed_builds() {
        // Builds 2 and 3 are two branches of build 1, and build 1 has no figure.
        let branches = Against::Each(vec![None, Some(0), Some(1), Some(1), Some(3)]);
        let comparison = comparison(&[Some(2), None, Some(6), Some(4), Some(8)], branches);
        assert_eq!(pairs(&comparison), [(2, 0, 1), (3, 0, 1), (4, 3, 1), (4, 0, 2)]);
        let ratios: Vec<f64> = comparison.neighbours().iter().map(|found| found.ratio.value.round()).collect();
        assert_eq!(ratios, [3.0, 2.0, 2.0, 4.0]);
    }
}
