//! The scheduler runs measurements in passes. A pass takes a few pairs of every group of measurements, in shuffled
//! order, so the pairs of a group are spread over the whole run. The members of a group take their pairs in rounds, in
//! shuffled order, so a disturbance of a round affects all of them.
//!
//! With a journal, each pair is appended when it is measured, and a killed run can be resumed.

use super::journal::{Entry, Journal, JournalError};
use super::launch::Launch;
use super::measurement::{Measurement, Precision, Series};
use super::pairing::MeasurementRun;
use crate::stats::passes::MIN_PASSES;
use crate::tracking::Level;
use crate::worker::failure::Failure;
use crate::worker::probe::Request;
use crate::workloads::Workload;
use rand::seq::SliceRandom;
use rand::{SeedableRng, rngs::SmallRng};
use std::time::Duration;

/// The number of passes of every run.
pub(crate) const PASSES: usize = MIN_PASSES;

/// The number of rounds of an additional pass for a precision.
const IN_FURTHER_PASS: usize = 10;

/// A measurement to run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Planned<'a> {
    /// Takes the untracked samples.
    pub baseline: &'a dyn Launch,
    /// Takes the tracked samples.
    pub launcher: &'a dyn Launch,
    /// The part of the run.
    pub series: Series,
    /// The workload and level, their size and threads.
    pub request: Request,
    /// The seed of the order of the programs' functions, if it was shuffled.
    pub layout: Option<u32>,
    /// The time after which it takes no more pairs in a pass, except for the minimum.
    pub time: Option<Duration>,
}

/// The amount and the order of the work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Settings {
    /// The rounds of each group, over all passes.
    pub rounds: usize,
    /// The number of passes; a precision may need more.
    pub passes: usize,
    /// The minimum number of pairs of a measurement in a pass, even if it is slow.
    pub fewest: usize,
    /// The precision up to which a measurement gets more pairs after the last pass, if any.
    pub precision: Option<Precision>,
    /// The seed of the order of passes and rounds.
    pub seed: u64,
}

/// Returns the number of rounds of each group in all passes before one, if the rounds are spread over the passes.
pub(crate) const fn rounds_before(pass: usize, rounds: usize, passes: usize) -> usize {
    rounds * pass / passes
}

impl Settings {
    /// Returns the number of rounds of each group in a pass.
    const fn in_pass(&self, pass: usize) -> usize {
        if pass < self.passes { self.before(pass + 1) - self.before(pass) } else { IN_FURTHER_PASS }
    }

    /// Returns the number of rounds of each group in all passes before one of the planned passes.
    const fn before(&self, pass: usize) -> usize {
        rounds_before(pass, self.rounds, self.passes)
    }

    /// Returns the order in which a pass takes the groups.
    fn order_of_groups(&self, groups: usize, pass: usize) -> Vec<usize> {
        /// Greater than the index of any group.
        const NO_GROUP: usize = 0xffff;
        self.order(groups, pass, NO_GROUP, 0)
    }

    /// Returns the order in which the members of a group take their pairs in a round.
    fn order(&self, members: usize, pass: usize, group: usize, round: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..members).collect();
        let place = (pass as u64) << 48 ^ (group as u64) << 32 ^ round as u64;
        order.shuffle(&mut SmallRng::seed_from_u64(self.seed ^ place.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        order
    }
}

/// Groups of measurements in progress. Members keep their index; a member that is not measured is `None`.
#[derive(Debug)]
pub(crate) struct Scheduler<'a> {
    settings: Settings,
    groups: Vec<Vec<Option<Planned<'a>>>>,
    /// The runs of all members, group by group; `None` before the trial.
    runs: Vec<Vec<Option<Run<'a>>>>,
    /// The number of closed passes of each group.
    closed: Vec<usize>,
    journal: Option<Journal>,
}

/// A measurement that has begun.
#[derive(Debug)]
struct Run<'a> {
    measurement: MeasurementRun<'a>,
    /// True if it takes no more pairs in this pass.
    rests: bool,
    /// The time of its pairs in this pass.
    took: Duration,
    /// The time of its pairs in passes for a precision.
    refining: Duration,
}

impl<'a> Run<'a> {
    fn of(measurement: MeasurementRun<'a>) -> Self {
        Self { measurement, rests: false, took: Duration::ZERO, refining: Duration::ZERO }
    }

    fn is_active(&self) -> bool {
        !self.rests && self.measurement.failure().is_none()
    }

    /// Returns whether it needs more pairs for a precision.
    fn needs(&self, precision: Precision) -> bool {
        self.measurement.failure().is_none()
            && self.refining < Duration::from_secs(precision.seconds)
            && !self.measurement.is_within(precision)
    }

    fn close(&mut self) {
        self.measurement.end_pass();
        (self.rests, self.took) = (false, Duration::ZERO);
    }
}

/// The end of a group's rounds in a pass.
enum Stop {
    /// All of its members rest or have failed.
    Rested,
    /// The journal cannot be written.
    Journal(JournalError),
}

impl From<JournalError> for Stop {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

/// Takes the pairs of a group in a pass. Returns the group's first failure, if any, with the request of its
/// measurement.
pub(crate) type Take<'t> = &'t mut dyn FnMut() -> Option<(Request, Failure)>;

/// All finished measurements.
#[derive(Debug)]
pub(crate) struct Done {
    /// The measurements of each group, in the order of its members; `None` for one that was not measured.
    pub groups: Vec<Vec<Option<Measurement>>>,
    /// The journal; the caller ends it after everything is written.
    pub journal: Option<Journal>,
}

/// The progress of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The workload of the current group.
    pub workload: Workload,
    /// The level of the current group.
    pub level: Level,
    /// The number of finished rounds.
    pub rounds: usize,
}

impl<'a> Scheduler<'a> {
    /// Returns a scheduler of these groups, without a journal.
    pub(crate) fn new(settings: Settings, groups: Vec<Vec<Option<Planned<'a>>>>) -> Self {
        let runs = groups.iter().map(|group| group.iter().map(|_| None).collect()).collect();
        Self { settings, closed: vec![0; groups.len()], groups, runs, journal: None }
    }

    /// Adds a journal, and resumes from its entries; a new one has none.
    #[must_use]
    pub(crate) fn with_journal(mut self, journal: Journal, entries: Vec<Entry>) -> Self {
        self.journal = Some(journal);
        entries.into_iter().for_each(|entry| self.replay(entry));
        self
    }

    /// Applies an entry of the journal.
    fn replay(&mut self, entry: Entry) {
        match entry {
            Entry::Began { measurement, known, expected } => {
                if let Some((group, member)) = self.place(measurement)
                    && let Some(planned) = self.groups[group][member]
                {
                    let run =
                        MeasurementRun::resumed(planned.baseline, planned.launcher, planned.request, *known, expected);
                    self.runs[group][member] = Some(Run::of(run));
                }
            }
            Entry::Pair { measurement, pair } => self.with(measurement, |run| run.measurement.take(pair)),
            Entry::Failed { measurement, failure } => self.with(measurement, |run| run.measurement.fail(failure)),
            Entry::Rests { measurement } => self.with(measurement, |run| run.rests = true),
            Entry::Closed { group, pass } => self.close(group, pass),
        }
    }

    /// Returns the group and member of a measurement's index in the journal.
    fn place(&self, number: usize) -> Option<(usize, usize)> {
        let mut first = 0;
        for (group, members) in self.groups.iter().enumerate() {
            if number < first + members.len() {
                return Some((group, number - first));
            }
            first += members.len();
        }
        None
    }

    /// Returns a measurement's index in the journal.
    fn number(&self, group: usize, member: usize) -> usize {
        self.groups[..group].iter().map(Vec::len).sum::<usize>() + member
    }

    fn with(&mut self, number: usize, act: impl FnOnce(&mut Run)) {
        if let Some((group, member)) = self.place(number)
            && let Some(run) = &mut self.runs[group][member]
        {
            act(run);
        }
    }

    /// Ends a pass of a group.
    fn close(&mut self, group: usize, pass: usize) {
        if let Some(runs) = self.runs.get_mut(group) {
            runs.iter_mut().flatten().for_each(Run::close);
            self.closed[group] = pass + 1;
        }
    }

    fn note(&mut self, entry: &Entry) -> Result<(), JournalError> {
        self.journal.as_mut().map_or(Ok(()), |journal| journal.append(entry))
    }

    /// Runs the remaining measurements. `progress` is called before each round.
    ///
    /// # Errors
    /// If the journal cannot be written.
    pub(crate) fn measure(self, progress: impl FnMut(Progress)) -> Result<Done, JournalError> {
        self.measure_around(progress, |_, take| {
            take();
        })
    }

    /// Runs the remaining measurements, with other work around the pairs. In each pass `around` gets the place of each
    /// group and a function that takes the group's pairs of that pass. The function returns the group's first failure,
    /// so `around` can skip the work that follows.
    ///
    /// # Errors
    /// If the journal cannot be written.
    pub(crate) fn measure_around(
        mut self,
        mut progress: impl FnMut(Progress),
        mut around: impl FnMut(usize, Take),
    ) -> Result<Done, JournalError> {
        let groups = self.groups.len();
        for pass in 0..self.settings.passes {
            for (place, group) in self.settings.order_of_groups(groups, pass).into_iter().enumerate() {
                let rounds = groups * self.settings.before(pass) + place * self.settings.in_pass(pass);
                self.pass(pass, group, rounds, &mut progress, &mut around)?;
            }
        }
        while let Some(precision) = self.settings.precision {
            let needs = |group: &usize| self.runs[*group].iter().flatten().any(|run| run.needs(precision));
            let lacking: Vec<usize> = (0..groups).filter(needs).collect();
            if lacking.is_empty() {
                break;
            }
            let passes = lacking.iter().map(|&group| self.closed[group]).max().unwrap_or(0);
            for place in self.settings.order_of_groups(lacking.len(), passes) {
                let group = lacking[place];
                for run in self.runs[group].iter_mut().flatten() {
                    run.rests |= !run.needs(precision);
                }
                self.pass(self.closed[group], group, groups * self.settings.rounds, &mut progress, &mut around)?;
            }
        }
        let groups = self.runs.into_iter();
        let groups = groups.map(|runs| runs.into_iter().map(|run| Some(run?.measurement.finish())).collect());
        Ok(Done { groups: groups.collect(), journal: self.journal })
    }

    /// Runs a pass of a group, unless it ran before. `rounds` is the number of finished rounds of the run.
    fn pass(
        &mut self,
        pass: usize,
        group: usize,
        rounds: usize,
        progress: &mut dyn FnMut(Progress),
        around: &mut dyn FnMut(usize, Take),
    ) -> Result<(), JournalError> {
        let Some(Request { workload, level, .. }) = self.request(group) else { return Ok(()) };
        if self.closed[group] > pass {
            return Ok(());
        }
        let mut taken = Ok(());
        around(group, &mut || {
            taken = (0..self.settings.in_pass(pass)).try_for_each(|round| {
                progress(Progress { workload, level, rounds: rounds + round });
                self.round(pass, group, round)
            });
            self.failure(group)
        });
        match taken {
            Err(Stop::Journal(error)) => return Err(error),
            Ok(()) | Err(Stop::Rested) => {}
        }
        self.note(&Entry::Closed { group, pass })?;
        self.close(group, pass);
        Ok(())
    }

    /// Returns the first failure in a group, if any, with the request of its measurement.
    fn failure(&self, group: usize) -> Option<(Request, Failure)> {
        let members = self.groups[group].iter().zip(&self.runs[group]);
        members
            .filter_map(|(planned, run)| Some(((*planned)?.request, run.as_ref()?.measurement.failure()?.clone())))
            .next()
    }

    /// Returns the request of a group's first measured member, if any.
    fn request(&self, group: usize) -> Option<Request> {
        self.groups[group].iter().flatten().next().map(|planned| planned.request)
    }

    /// Runs one round of a group: each member that lacks this round's pair takes it.
    ///
    /// # Errors
    /// If no member continues after it, or the journal cannot be written.
    fn round(&mut self, pass: usize, group: usize, round: usize) -> Result<(), Stop> {
        let fewest = self.settings.fewest;
        let mut any = false;
        for member in self.settings.order(self.groups[group].len(), pass, group, round) {
            let Some(planned) = self.groups[group][member] else { continue };
            let measurement = self.number(group, member);
            let mut run = match self.runs[group][member].take() {
                Some(run) => run,
                None => Run::of(self.begin(measurement, planned)?),
            };
            if run.is_active() && run.measurement.in_pass() <= round {
                let before = run.measurement.took();
                let pair = run.measurement.pair_in(self.settings.before(pass) + round);
                let took = run.measurement.took() - before;
                run.took += took;
                if pass >= self.settings.passes {
                    run.refining += took;
                }
                match (pair, run.measurement.failure()) {
                    (Some(pair), _) => self.note(&Entry::Pair { measurement, pair })?,
                    (None, Some(failure)) => self.note(&Entry::Failed { measurement, failure: failure.clone() })?,
                    (None, None) => {}
                }
                if planned.time.is_some_and(|time| run.took > time) && run.measurement.in_pass() >= fewest {
                    self.note(&Entry::Rests { measurement })?;
                    run.rests = true;
                }
            }
            any |= run.is_active();
            self.runs[group][member] = Some(run);
        }
        if any { Ok(()) } else { Err(Stop::Rested) }
    }

    fn begin(&mut self, measurement: usize, planned: Planned<'a>) -> Result<MeasurementRun<'a>, JournalError> {
        let run = MeasurementRun::begin_against(planned.baseline, planned.launcher, planned.series, planned.request);
        let run = run.in_layout(planned.layout);
        let (known, expected) = run.known();
        self.note(&Entry::Began { measurement, known: Box::new(known.clone()), expected })?;
        Ok(run)
    }
}

#[cfg(test)]
mod tests;
