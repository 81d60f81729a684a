//! A launcher whose samples are replays of a trace.

use crate::schedule::launch::{Launch, Place};
use crate::stats::median::median;
use crate::study::replay::Gaps;
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::probe::{Observation, Request};
use crate::worker::reply::Reply;
use crate::worker::task::Task;
use crate::worker::tasks::latency::Observed;
use crate::worker::tasks::replay;
use std::path::Path;

/// The number of processes that measure the pace of a program's work.
const PACES: usize = 3;

/// Runs replays of one plan in one program.
#[derive(Debug)]
pub(crate) struct TraceLauncher {
    launcher: Launcher,
    plan: String,
    /// The pace, which is the same for all samples, so both samples of a pair do the same work.
    pace: Option<f64>,
}

impl TraceLauncher {
    /// Returns a launcher. With recorded gaps, it first measures the pace of the program's work.
    ///
    /// # Errors
    /// The failure of the process that measures it.
    pub(crate) fn new(launcher: &Launcher, plan: &Path, gaps: Gaps) -> Result<Self, Failure> {
        let measured = || -> Result<Option<f64>, Failure> {
            let paces = (0..PACES).map(|_| launcher.run_task(&Task::Pace)).collect::<Result<Vec<f64>, _>>()?;
            Ok(median(paces))
        };
        let pace = if gaps == Gaps::Recorded { measured()? } else { None };
        Ok(Self { launcher: launcher.clone(), plan: plan.display().to_string(), pace })
    }

    fn work(&self, request: &Request) -> replay::Request {
        replay::Request { probe: *request, plan: self.plan.clone(), pace: self.pace }
    }

    fn task(&self, request: &Request) -> Task {
        Task::Replay(self.work(request))
    }

    /// Returns the times of the operations of one replay.
    ///
    /// # Errors
    /// The failure of the process.
    pub(crate) fn latencies(&self, request: &Request) -> Result<Observed, Failure> {
        self.launcher.run_task(&Task::ReplayLatencies(self.work(request)))
    }
}

impl Launch for TraceLauncher {
    fn trial(&self, request: &Request) -> Result<Observation, Failure> {
        self.launcher.run_task(&self.task(request))
    }

    fn sample(&self, request: &Request, place: Place) -> Result<Reply<Observation>, Failure> {
        self.launcher.on(place.core).reply(&self.task(request))
    }
}
