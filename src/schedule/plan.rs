//! A plan of pairs with one untracked baseline: workloads under levels, with one measurement per group.

use super::journal::{Entry, Journal, JournalError};
use super::launch::Launch;
use super::measurement::{Measurement, Precision, Series};
use super::scheduler::{PASSES, Planned, Progress, Scheduler, Settings};
use crate::tracking::Level;
use crate::worker::probe::Request;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The default number of pairs of a measurement.
pub const PAIRS: usize = 60;

/// The measurements of a run, in order.
#[derive(Debug)]
pub struct Plan<'a> {
    planned: Vec<Planned<'a>>,
    effort: Effort,
    seed: u64,
}

/// The number of pairs of each measurement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effort {
    /// The number of pairs, unless the time or the precision changes it.
    pub pairs: usize,
    /// The time after which a measurement takes no more pairs, if any.
    pub time: Option<Duration>,
    /// The minimum number of pairs, even if they are slow.
    pub fewest: usize,
    /// The precision up to which a measurement gets more pairs, if any.
    pub precision: Option<Precision>,
}

impl Effort {
    /// Returns an effort of this number of pairs.
    pub const fn pairs(pairs: usize) -> Self {
        Self { pairs, time: None, fewest: pairs, precision: None }
    }
}

/// The work of a plan, which identifies its journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// A hash of the program's content.
    pub program: String,
    measurements: Vec<(Series, Request, Option<u32>)>,
    effort: Effort,
}

impl<'a> Plan<'a> {
    /// Returns a plan without measurements.
    pub fn new(effort: Effort) -> Self {
        Self { planned: Vec::new(), effort, seed: 0 }
    }

    /// Sets the seed of the order of the measurements.
    #[must_use]
    pub fn seeded(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Adds a measurement.
    pub fn add(&mut self, launcher: &'a dyn Launch, series: Series, request: Request) {
        self.planned.push(Planned { baseline: launcher, launcher, series, request, layout: None, time: self.time() });
    }

    /// Adds each workload under each level.
    pub fn add_overheads(
        &mut self,
        launcher: &'a dyn Launch,
        workloads: &[Workload],
        levels: &[Level],
        request: impl Fn(Workload, Level) -> Request,
    ) {
        for &workload in workloads {
            levels.iter().for_each(|&level| self.add(launcher, Series::Overhead, request(workload, level)));
        }
    }

    /// Adds untracked in a program against untracked in the control program, for each workload.
    pub fn add_control(
        &mut self,
        control: &'a dyn Launch,
        launcher: &'a dyn Launch,
        layout: Option<u32>,
        workloads: &[Workload],
        request: impl Fn(Workload, Level) -> Request,
    ) {
        let time = self.time();
        self.planned.extend(workloads.iter().map(|&workload| Planned {
            baseline: control,
            launcher,
            series: Series::Control,
            request: request(workload, Level::Untracked),
            layout,
            time,
        }));
    }

    /// Returns the time of a measurement in a pass.
    fn time(&self) -> Option<Duration> {
        self.effort.time.map(|time| time / PASSES as u32)
    }

    /// Returns the number of pairs of all measurements, except pairs for a precision.
    pub fn pairs(&self) -> usize {
        self.planned.len() * self.effort.pairs
    }

    /// Returns the work of this plan by a program.
    pub fn work(&self, program: String) -> Work {
        let measurements = self.planned.iter().map(|planned| (planned.series, planned.request, planned.layout));
        Work { program, measurements: measurements.collect(), effort: self.effort }
    }

    /// Runs the measurements, appends them to the journal if there is one, and continues from its entries. `progress`
    /// is called before each pair. The caller ends the journal after the measurements are saved.
    ///
    /// # Errors
    /// If the journal cannot be written.
    pub fn measure(
        self,
        journal: Option<(Journal, Vec<Entry>)>,
        progress: impl FnMut(Progress),
    ) -> Result<(Vec<Measurement>, Option<Journal>), JournalError> {
        let Self { planned, effort: Effort { pairs, fewest, precision, .. }, seed } = self;
        let fewest = fewest.div_ceil(PASSES);
        let settings = Settings { rounds: pairs, passes: PASSES, fewest, precision, seed };
        let mut scheduler = Scheduler::new(settings, planned.into_iter().map(|planned| vec![Some(planned)]).collect());
        if let Some((journal, entries)) = journal {
            scheduler = scheduler.with_journal(journal, entries);
        }
        let done = scheduler.measure(progress)?;
        Ok((done.groups.into_iter().flatten().flatten().collect(), done.journal))
    }
}
