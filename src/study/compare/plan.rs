//! The plan of a comparison, and its measurement in rounds.

use crate::schedule::journal::{Entry, Journal, JournalError};
use crate::schedule::launch::Launch;
use crate::schedule::links::Links;
use crate::schedule::measurement::{Measurement, Series};
use crate::schedule::scheduler::{Done, PASSES, Planned, Progress, Scheduler, Settings};
use crate::stats::sign_test::fewest_rounds;
use crate::tracking::Level;
use crate::worker::probe::Request;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};
use std::ops::Not;
use std::time::Duration;

/// The plan of a run. A journal belongs to one plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The builds' names, each with a fingerprint that distinguishes builds of one name.
    #[serde(alias = "subjects")]
    pub builds: Vec<(String, String)>,
    /// The workloads.
    pub workloads: Vec<Workload>,
    /// The levels; only the first build runs `untracked`, for the noise floor.
    pub levels: Vec<Level>,
    /// The scale; `None` for each workload's short scale.
    pub scale: Option<f64>,
    /// The threads of each pool.
    pub threads: usize,
    /// The rounds of each group, over all passes; none if the builds were only counted.
    pub rounds: usize,
    /// The time limit of a build in a group, in seconds of its pairs, in equal parts for the passes. A build takes no
    /// more pairs after it, except for the minimum that a verdict needs. In files before schema 3 it is the limit of
    /// one of two batches.
    pub seconds: u64,
    /// The seed of the order of the builds in each round.
    pub seed: u64,
    /// True if instructions, cache misses and page faults are counted too.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub counts: bool,
}

impl Plan {
    /// Returns the groups, in order.
    pub fn groups(&self) -> Vec<(Workload, Level)> {
        let of = |&workload: &Workload| self.levels.iter().map(move |&level| (workload, level));
        self.workloads.iter().flat_map(of).collect()
    }

    /// Returns whether time is measured, and not only counts.
    pub const fn is_timed(&self) -> bool {
        self.rounds > 0
    }

    /// Returns the number of comparisons of the plan if every build has a figure everywhere.
    pub fn comparisons(&self) -> usize {
        let tracked = self.groups().iter().filter(|(_, level)| *level != Level::Untracked).count();
        tracked * self.builds.len().saturating_sub(1)
    }

    /// Returns the difference of the builds from those of an unfinished run, by their names: nothing is built yet.
    pub(crate) fn other_builds(&self, there: &Self) -> Option<String> {
        let names = |plan: &Self| plan.builds.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let (there, here) = (names(there), names(self));
        (there != here).then(|| format!("builds: [{}] there, [{}] here", there.join(", "), here.join(", ")))
    }

    /// Returns the first build whose program is not that of an unfinished run with the same builds.
    pub(crate) fn other_program(&self, there: &Self) -> Option<String> {
        let mut both = there.builds.iter().zip(&self.builds);
        let ((_, there), (name, here)) = both.find(|((_, there), (_, here))| there != here)?;
        Some(match (there.is_empty(), here.is_empty()) {
            (false, true) => format!("{name} was built then, and is not now"),
            (true, false) => format!("{name} was not built then, and is now"),
            _ => format!("{name} is another program now, or has other links"),
        })
    }

    fn request(&self, (workload, level): (Workload, Level)) -> Request {
        Request::at(self.scale, workload, level, self.threads)
    }
}

/// Returns the amount and the order of the work of a run with this many rounds and comparisons. Even a slow build gets
/// a pass's part of the rounds that a verdict needs.
pub(in crate::study) fn settings(rounds: usize, comparisons: usize, seed: u64) -> Settings {
    let fewest = fewest_rounds(comparisons).div_ceil(PASSES);
    Settings { rounds, passes: PASSES, fewest, precision: None, seed }
}

/// Returns the time limit of a build in a pass of a group, from its time limit over all passes.
pub(in crate::study) fn time_in_pass(seconds: u64) -> Duration {
    Duration::from_secs(seconds) / PASSES as u32
}

/// The measurements of each build.
#[derive(Debug)]
pub struct Measured {
    /// The measurements of each build, in the order of the groups.
    pub measurements: Vec<Vec<Measurement>>,
    /// The journal; the caller ends it after everything is written.
    pub journal: Journal,
}

impl Plan {
    /// Measures the builds in rounds, and resumes from a journal. A build without a program is not measured.
    ///
    /// # Errors
    /// If the journal cannot be written.
    pub fn measure(
        &self,
        builds: &[Option<Links>],
        journal: Journal,
        entries: Vec<Entry>,
        progress: impl FnMut(Progress),
    ) -> Result<Measured, JournalError> {
        let settings = settings(self.rounds, self.comparisons(), self.seed);
        let time = Some(time_in_pass(self.seconds));
        let first = builds.iter().position(Option::is_some);
        let groups = self.groups().into_iter().map(|group| {
            let request = self.request(group);
            let is_noise = group.1 == Level::Untracked;
            let members = builds.iter().enumerate().map(|(build, launcher)| {
                let launcher: &dyn Launch = launcher.as_ref().filter(|_| !is_noise || first == Some(build))?;
                Some(Planned { baseline: launcher, launcher, series: Series::Overhead, request, layout: None, time })
            });
            members.collect()
        });
        let scheduler = Scheduler::new(settings, groups.collect()).with_journal(journal, entries);
        let Done { groups, journal } = scheduler.measure(progress)?;
        let mut measurements: Vec<Vec<Measurement>> = builds.iter().map(|_| Vec::new()).collect();
        for (build, measurement) in groups.into_iter().flat_map(|group| group.into_iter().enumerate()) {
            measurements[build].extend(measurement);
        }
        Ok(Measured { measurements, journal: journal.expect("it was given one") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(builds: usize) -> Plan {
        Plan {
            builds: (0..builds).map(|number| (number.to_string(), String::new())).collect(),
            workloads: vec![Workload::CYCLES, Workload::LEAKS],
            levels: vec![Level::Untracked, Level::Full],
            scale: Some(0.001),
            threads: 1,
            rounds: 10,
            seconds: 60,
            seed: 1,
            counts: false,
        }
    }

    #[test]
    fn more_comparisons_need_more_rounds() {
        assert_eq!([2, 16].map(|builds| plan(builds).comparisons()), [2, 30]);
        // One of 12 rounds may disagree among 2 comparisons, and one of 15 among 30: 2 and 3 in each of six passes.
        assert_eq!([2, 16].map(|builds| settings(10, plan(builds).comparisons(), 1).fewest), [2, 3]);
    }

    #[test]
    fn other_builds_and_programs_are_named() {
        let of = |builds: &[(&str, &str)]| {
            let builds = builds.iter().map(|(name, program)| ((*name).to_owned(), (*program).to_owned())).collect();
            Plan { builds, ..plan(0) }
        };
        let there = of(&[("a", "1"), ("b", "2"), ("c", "")]);
        let unbuilt = of(&[("a", ""), ("b", ""), ("c", "")]);
        assert_eq!(unbuilt.other_builds(&there), None);
        assert_eq!(of(&[("a", "")]).other_builds(&there).as_deref(), Some("builds: [a, b, c] there, [a] here"));
        let program = |builds: &[(&str, &str)]| of(builds).other_program(&there);
        assert_eq!(program(&[("a", "1"), ("b", "2"), ("c", "")]), None);
        let lost = program(&[("a", "1"), ("b", ""), ("c", "")]);
        assert_eq!(lost.as_deref(), Some("b was built then, and is not now"));
        let found = program(&[("a", "1"), ("b", "2"), ("c", "3")]);
        assert_eq!(found.as_deref(), Some("c was not built then, and is now"));
        let changed = program(&[("a", "1"), ("b", "3"), ("c", "")]);
        assert_eq!(changed.as_deref(), Some("b is another program now, or has other links"));
    }

    #[test]
    fn groups_are_workloads_under_levels() {
        assert_eq!(
            plan(1).groups(),
            [
                (Workload::CYCLES, Level::Untracked),
                (Workload::CYCLES, Level::Full),
                (Workload::LEAKS, Level::Untracked),
                (Workload::LEAKS, Level::Full),
            ]
        );
    }
}
