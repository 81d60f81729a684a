//! The comparison: several builds of memscope, measured in interleaved rounds.
//!
//! A *group* is a workload at a level. In each round of a group every build has its turn, in an order that a seed
//! shuffles: a pair of its own untracked probe and its own tracked one. Each group is measured in two batches, of
//! which the second begins when all groups had their first: a verdict rests on two times. What is measured goes into
//! a [`Journal`] as it comes; [`differences`] and [`typical()`] draw the conclusions.

mod bisection;
pub mod chart;
mod difference;
mod journal;
pub mod summary;
mod typical;
pub mod verdicts;

pub use bisection::{Contest, Leaning};
pub use difference::{Against, Batched, Difference, Verdict, differences};
pub use journal::{Entry, Journal, JournalError};
pub use typical::{Typical, typical};

use crate::builds::outcome::NotBuilt;
use crate::platform::files::Versioned;
use crate::report::origin::Origin;
use crate::schedule::measurement::{Cell, Clock, Series};
use crate::schedule::pairing::CellRun;
use crate::stats::estimate::Estimate;
use crate::stats::sign_test::fewest_rounds;
use crate::tracking::Tracking;
use crate::tracking::memscope::Subject;
use crate::worker::launcher::Launcher;
use crate::worker::probe::Request;
use crate::workloads::{Scale, Workload};
use rand::seq::SliceRandom;
use rand::{SeedableRng, rngs::SmallRng};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use typical::geometric_mean;

/// The version of the file's format. A change that an older reader would misread raises it. Since 2, a difference has a
/// verdict from all rounds; in 1 it had a claim from each batch.
pub const SCHEMA: u32 = 2;

/// The batches of each group.
pub const BATCHES: usize = 2;

/// The measurements of several builds, and the verdicts. Verdicts follow from the pairs: they are computed anew when a
/// file is read, whatever the file says of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Record")]
pub struct Comparison {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The command, the machine and the time. Its subject is that of the program that measured the builds.
    #[serde(flatten)]
    pub origin: Origin,
    /// The plan of what was to be measured.
    pub plan: Plan,
    /// The clock whose ratios are compared.
    pub clock: Clock,
    /// A regression or an improvement exceeds this, in percent.
    pub threshold_percent: f64,
    /// The build that each other one is compared with.
    pub against: Against,
    /// The builds, in the order in which they were named.
    pub subjects: Vec<Compared>,
    /// Each build against its reference, on each workload and level.
    pub differences: Vec<Difference>,
    /// Each build against its reference, at each level.
    pub typical: Vec<Typical>,
}

/// The part of a [`Comparison`] that a file must hold: what was asked for and what was measured.
#[derive(Clone, Debug, Deserialize)]
pub struct Record {
    /// The command, the machine and the time.
    #[serde(flatten)]
    pub origin: Origin,
    /// The plan of what was to be measured.
    pub plan: Plan,
    /// The clock whose ratios are compared.
    #[serde(default)]
    pub clock: Clock,
    /// A regression or an improvement exceeds this, in percent.
    pub threshold_percent: f64,
    /// The build that each other one is compared with. Files of schema 1 do not have it: it was the first.
    #[serde(default)]
    pub against: Against,
    /// The builds, in the order in which they were named.
    pub subjects: Vec<Compared>,
}

impl From<Record> for Comparison {
    /// Judges what was measured.
    fn from(Record { origin, plan, clock, threshold_percent, against, subjects }: Record) -> Self {
        let batched: Vec<Vec<Batched>> = subjects.iter().map(Compared::batched).collect();
        let differences = differences(&batched, &against, &plan.groups(), clock, threshold_percent);
        let typical = typical(&differences, &plan.levels, &against, threshold_percent);
        Self { schema: SCHEMA, origin, plan, clock, threshold_percent, against, subjects, differences, typical }
    }
}

impl Versioned for Comparison {
    const WHAT: &str = "a comparison";
    const SCHEMA: u32 = SCHEMA;
}

impl Comparison {
    /// Judges the same pairs anew, with another choice of references or another threshold where one is given.
    #[must_use]
    pub fn judged(self, against: Option<Against>, threshold_percent: Option<f64>) -> Self {
        let Self { origin, plan, clock, subjects, .. } = self;
        let against = against.unwrap_or(self.against);
        let threshold_percent = threshold_percent.unwrap_or(self.threshold_percent);
        Record { origin, plan, clock, threshold_percent, against, subjects }.into()
    }

    /// The number of comparisons that Holm's correction is for.
    pub fn comparisons(&self) -> usize {
        self.differences.iter().filter(|difference| difference.probability.is_some()).count()
    }

    /// The difference of a build on a workload at a level; `None` for a reference, and where there is no figure.
    pub fn difference(&self, subject: usize, workload: Workload, tracking: Tracking) -> Option<&Difference> {
        let wanted = (subject, workload, tracking);
        self.differences.iter().find(|found| (found.subject, found.workload, found.tracking) == wanted)
    }

    /// The typical change of a build at a level.
    pub fn typical_change(&self, subject: usize, tracking: Tracking) -> Option<&Typical> {
        self.typical.iter().find(|found| (found.subject, found.tracking) == (subject, tracking))
    }

    /// The geometric mean of a build's overheads at a level, and how many workloads it is over; `None` without a
    /// figure.
    pub fn typical_overhead(&self, subject: usize, tracking: Tracking) -> Option<(Estimate, usize)> {
        let cells = self.subjects.get(subject)?.cells.iter().filter(|cell| cell.tracking == tracking);
        let overheads: Vec<Estimate> = cells.filter_map(|cell| self.overhead(cell)).collect();
        Some((geometric_mean(&overheads)?.0, overheads.len()))
    }

    /// A cell's overhead by the clock that is compared by; `None` where it failed, or has too few pairs.
    pub fn overhead(&self, cell: &Cell) -> Option<Estimate> {
        cell.overhead.as_ref().filter(|_| cell.failure.is_none())?.by(self.clock)
    }

    /// The noise floor: of the overheads of untracked against itself, of the first subject that was measured, the
    /// one that is farthest from none, with its cell.
    pub fn noise_floor(&self) -> Option<(&Cell, Estimate)> {
        let cells = self.subjects.iter().flat_map(|subject| &subject.cells);
        let noise = cells.filter(|cell| cell.tracking == Tracking::Untracked);
        noise
            .filter_map(|cell| Some((cell, self.overhead(cell)?)))
            .max_by(|a, b| a.1.abs_log_ratio().total_cmp(&b.1.abs_log_ratio()))
    }
}

/// One build of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// Its name.
    pub name: String,
    /// A commit's subject line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The build, as it says itself; `None` if there is none.
    pub subject: Option<Subject>,
    /// The reason why it could not be built, if it could not.
    pub not_built: Option<NotBuilt>,
    /// The cells, in the order of the groups; nothing if it could not be built.
    pub cells: Vec<Cell>,
    /// The number of each cell's pairs that belong to the first batch.
    pub first_batch: Vec<usize>,
}

impl Compared {
    /// The cells, each with the number of its pairs that belong to the first batch.
    fn batched(&self) -> Vec<Batched<'_>> {
        let firsts = self.first_batch.iter().copied().chain(std::iter::repeat(0));
        self.cells.iter().zip(firsts).collect()
    }
}

/// The plan of a run. A journal is of one plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The builds' names, each with a fingerprint that distinguishes builds of one name.
    pub subjects: Vec<(String, String)>,
    /// The workloads.
    pub workloads: Vec<Workload>,
    /// The levels; `untracked` is of the first subject alone, for the noise floor.
    pub levels: Vec<Tracking>,
    /// The scale, where it is not each workload's short one.
    pub scale: Option<f64>,
    /// The threads of each pool.
    pub threads: usize,
    /// The rounds of each group, in both batches together.
    pub rounds: usize,
    /// A build takes no more pairs in a batch of a group once they have taken so many seconds, except for the fewest
    /// that a verdict needs.
    pub seconds: u64,
    /// The seed of the order of the builds in each round.
    pub seed: u64,
}

impl Plan {
    /// The groups, in order.
    pub fn groups(&self) -> Vec<(Workload, Tracking)> {
        let of = |&workload: &Workload| self.levels.iter().map(move |&level| (workload, level));
        self.workloads.iter().flat_map(of).collect()
    }

    /// The number of comparisons that the plan leads to if every build has a figure everywhere.
    pub fn comparisons(&self) -> usize {
        let tracked = self.groups().iter().filter(|(_, level)| *level != Tracking::Untracked).count();
        tracked * self.subjects.len().saturating_sub(1)
    }

    /// The fewest rounds that a build gets in a batch, however slow it is: half of what a verdict needs.
    fn fewest(&self) -> usize {
        fewest_rounds(self.comparisons()).div_ceil(BATCHES)
    }

    fn request(&self, (workload, tracking): (Workload, Tracking)) -> Request {
        let scale = self.scale.and_then(|factor| Scale::new(factor).ok()).unwrap_or(workload.short());
        Request { workload, tracking, scale, threads: self.threads, count: false }
    }

    /// The order of a round.
    fn order(&self, batch: usize, group: usize, round: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.subjects.len()).collect();
        let place = (batch as u64) << 48 ^ (group as u64) << 32 ^ round as u64;
        order.shuffle(&mut SmallRng::seed_from_u64(self.seed ^ place.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        order
    }
}

/// A comparison while it is measured.
pub struct Rounds<'a> {
    plan: &'a Plan,
    launchers: &'a [Option<Launcher>],
    groups: Vec<(Workload, Tracking)>,
    /// For each group and subject, in that order; `None` before it was tried, and where nothing is to be measured.
    runs: Vec<Option<Run<'a>>>,
    /// How many batches of each group are closed.
    closed: Vec<usize>,
    journal: Journal,
}

/// A subject in a group.
struct Run<'a> {
    cell: CellRun<'a>,
    /// How many of its pairs are of the batches that are closed.
    before: usize,
    /// How many of its pairs are of the first batch.
    first_batch: usize,
    /// Whether it takes no more pairs in the batch that is measured.
    rests: bool,
    /// How long its pairs took in the batch that is measured, in this process.
    took: Duration,
}

impl<'a> Run<'a> {
    fn of(cell: CellRun<'a>) -> Self {
        Self { cell, before: 0, first_batch: 0, rests: false, took: Duration::ZERO }
    }

    /// How many pairs it has in the batch that is measured.
    fn in_batch(&self) -> usize {
        self.cell.pairs() - self.before
    }

    /// Whether it takes pairs in the batch that is measured.
    fn is_active(&self) -> bool {
        !self.rests && self.cell.failure().is_none()
    }

    /// Ends the batch that is measured.
    fn close(&mut self, batch: usize) {
        self.before = self.cell.pairs();
        if batch == 0 {
            self.first_batch = self.before;
        }
        (self.rests, self.took) = (false, Duration::ZERO);
    }
}

/// What was measured.
#[derive(Debug)]
pub struct Measured {
    /// The cells of each subject, in the order of the groups.
    pub cells: Vec<Vec<Cell>>,
    /// How many pairs of each of these cells are of the first batch.
    pub first_batch: Vec<Vec<usize>>,
    /// The journal, to be ended when all is written.
    pub journal: Journal,
}

impl<'a> Rounds<'a> {
    /// Goes on from what a journal has; a new one has nothing. A subject without a launcher is not measured.
    pub fn new(plan: &'a Plan, launchers: &'a [Option<Launcher>], journal: Journal, entries: Vec<Entry>) -> Self {
        let groups = plan.groups();
        let runs = (0..groups.len() * launchers.len()).map(|_| None).collect();
        let mut rounds = Self { plan, launchers, closed: vec![0; groups.len()], groups, runs, journal };
        entries.into_iter().for_each(|entry| rounds.replay(entry));
        rounds
    }

    /// Takes what was measured before.
    fn replay(&mut self, entry: Entry) {
        match entry {
            Entry::Began { cell, known, expected } => {
                let subjects = self.launchers.len();
                let launcher = self.launchers.get(cell % subjects.max(1)).and_then(Option::as_ref);
                if let (Some(launcher), Some(run)) = (launcher, self.runs.get_mut(cell)) {
                    let request = self.plan.request(self.groups[cell / subjects]);
                    *run = Some(Run::of(CellRun::resumed(launcher, request, *known, expected)));
                }
            }
            Entry::Pair { cell, pair } => self.with(cell, |run| run.cell.take(pair)),
            Entry::Failed { cell, failure } => self.with(cell, |run| run.cell.fail(failure)),
            Entry::Rests { cell } => self.with(cell, |run| run.rests = true),
            Entry::Closed { group, batch } => self.close(group, batch),
        }
    }

    /// Ends a batch of a group.
    fn close(&mut self, group: usize, batch: usize) {
        let subjects = self.launchers.len();
        (group * subjects..(group + 1) * subjects).for_each(|cell| self.with(cell, |run| run.close(batch)));
        if let Some(closed) = self.closed.get_mut(group) {
            *closed = batch + 1;
        }
    }

    /// Does something with a cell that was tried.
    fn with(&mut self, cell: usize, act: impl FnOnce(&mut Run)) {
        if let Some(Some(run)) = self.runs.get_mut(cell) {
            act(run);
        }
    }

    /// Measures what is left. `progress` is told the group before each round, and how many rounds are done at the most.
    ///
    /// # Errors
    /// If the journal cannot be written.
    pub fn measure(mut self, mut progress: impl FnMut((Workload, Tracking), usize)) -> Result<Measured, JournalError> {
        let half = self.plan.rounds.div_ceil(BATCHES);
        for batch in 0..BATCHES {
            for group in 0..self.groups.len() {
                if self.closed[group] > batch {
                    continue;
                }
                for round in 0..half {
                    progress(self.groups[group], (batch * self.groups.len() + group) * half + round);
                    if !self.round(batch, group, round)? {
                        break;
                    }
                }
                self.journal.append(&Entry::Closed { group, batch })?;
                self.close(group, batch);
            }
        }
        let subjects = self.launchers.len();
        let mut cells: Vec<Vec<Cell>> = (0..subjects).map(|_| Vec::new()).collect();
        let mut first_batch = vec![Vec::new(); subjects];
        for (place, run) in self.runs.into_iter().enumerate() {
            if let Some(run) = run {
                first_batch[place % subjects].push(run.first_batch);
                cells[place % subjects].push(run.cell.finish());
            }
        }
        Ok(Measured { cells, first_batch, journal: self.journal })
    }

    /// One round of a group: each subject that lacks this round's pair takes it. Gives whether any subject goes on.
    fn round(&mut self, batch: usize, group: usize, round: usize) -> Result<bool, JournalError> {
        let seconds = Duration::from_secs(self.plan.seconds);
        let mut any = false;
        for subject in self.plan.order(batch, group, round) {
            let Some(launcher) = self.measured(group, subject) else { continue };
            let cell = group * self.launchers.len() + subject;
            let mut run = match self.runs[cell].take() {
                Some(run) => run,
                None => Run::of(self.begin(cell, launcher, group)?),
            };
            if run.is_active() && run.in_batch() <= round {
                let before = run.cell.took();
                let pair = run.cell.pair();
                run.took += run.cell.took() - before;
                match (pair, run.cell.failure()) {
                    (Some(pair), _) => self.journal.append(&Entry::Pair { cell, pair })?,
                    (None, Some(failure)) => self.journal.append(&Entry::Failed { cell, failure: failure.clone() })?,
                    (None, None) => {}
                }
                if run.took > seconds && run.in_batch() >= self.plan.fewest() {
                    self.journal.append(&Entry::Rests { cell })?;
                    run.rests = true;
                }
            }
            any |= run.is_active();
            self.runs[cell] = Some(run);
        }
        Ok(any)
    }

    /// What measures a subject in a group; `None` if it is not to be measured.
    fn measured(&self, group: usize, subject: usize) -> Option<&'a Launcher> {
        let first = self.launchers.iter().position(Option::is_some);
        let is_noise = self.groups[group].1 == Tracking::Untracked;
        self.launchers[subject].as_ref().filter(|_| !is_noise || first == Some(subject))
    }

    fn begin(&mut self, cell: usize, launcher: &'a Launcher, group: usize) -> Result<CellRun<'a>, JournalError> {
        let run = CellRun::begin(launcher, Series::Overhead, self.plan.request(self.groups[group]));
        let (known, expected) = run.known();
        self.journal.append(&Entry::Began { cell, known: Box::new(known.clone()), expected })?;
        Ok(run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(subjects: usize) -> Plan {
        Plan {
            subjects: (0..subjects).map(|number| (number.to_string(), String::new())).collect(),
            workloads: vec![Workload::Cycles, Workload::Leaks],
            levels: vec![Tracking::Untracked, Tracking::Full],
            scale: Some(0.001),
            threads: 1,
            rounds: 10,
            seconds: 60,
            seed: 1,
        }
    }

    #[test]
    fn the_order_of_a_round_is_shuffled_and_the_same_for_a_seed() {
        let plan = plan(6);
        let orders: Vec<Vec<usize>> = (0..20).map(|round| plan.order(0, 0, round)).collect();
        assert_eq!(orders, (0..20).map(|round| plan.order(0, 0, round)).collect::<Vec<_>>());
        for order in &orders {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4, 5]);
        }
        let firsts: std::collections::BTreeSet<usize> = orders.iter().map(|order| order[0]).collect();
        assert!(firsts.len() > 3, "{firsts:?}");
        assert_ne!(orders, (0..20).map(|round| plan.order(1, 0, round)).collect::<Vec<_>>());
    }

    #[test]
    fn more_comparisons_need_more_rounds() {
        assert_eq!([2, 16].map(|builds| plan(builds).comparisons()), [2, 30]);
        // One of 12 rounds may disagree among 2 comparisons, and one of 15 among 30.
        assert_eq!([2, 16].map(|builds| plan(builds).fewest()), [6, 8]);
    }

    #[test]
    fn groups_are_workloads_under_levels() {
        assert_eq!(
            plan(1).groups(),
            [
                (Workload::Cycles, Tracking::Untracked),
                (Workload::Cycles, Tracking::Full),
                (Workload::Leaks, Tracking::Untracked),
                (Workload::Leaks, Tracking::Full),
            ]
        );
    }
}
