//! Takes the rounds of a check's stages on this machine.

use super::Plan;
use super::timing::Source;
use crate::schedule::journal::JournalError;
use crate::schedule::launch::Launch;
use crate::schedule::links::Links;
use crate::schedule::measurement::{Measurement, Series};
use crate::schedule::scheduler::{Done, PASSES, Planned, Progress, Scheduler, Settings};
use crate::tracking::Level;
use crate::worker::probe::Request;
use crate::workloads::Workload;
use std::time::{Duration, Instant};

/// The time limit of a build in a group and stage: a build that is much slower than others must not use up their
/// rounds.
const MAX_OF_GROUP: Duration = Duration::from_secs(20);

/// The machine, with the programs of both builds and their time.
pub(crate) struct Machine<'a, P> {
    /// The links of the base and of the head.
    pub builds: [&'a Links; 2],
    /// The plan.
    pub plan: &'a Plan,
    /// The end of the last stage.
    pub end: Instant,
    /// The number of finished stages.
    pub stages: u64,
    /// Called before each round.
    pub progress: P,
}

impl<'a, P: FnMut(Progress)> Source for Machine<'a, P> {
    type Error = JournalError;

    fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    fn take(&mut self, groups: &[(Workload, Level)], rounds: usize) -> Result<[Vec<Measurement>; 2], Self::Error> {
        let (builds, scale, threads) = (self.builds, self.plan.scale, self.plan.threads);
        let group = |&(workload, level): &(Workload, Level)| {
            let request = Request::at(scale, workload, level, threads);
            let member = |launcher: &'a Links| {
                let launcher: &dyn Launch = launcher;
                let time = Some(MAX_OF_GROUP / PASSES as u32);
                Some(Planned { baseline: launcher, launcher, series: Series::Overhead, request, layout: None, time })
            };
            builds.map(member).to_vec()
        };
        // Each stage has a different order.
        let settings = Settings { rounds, passes: PASSES, fewest: 2, precision: None, seed: self.stages };
        let scheduler = Scheduler::new(settings, groups.iter().map(group).collect());
        self.stages += 1;
        let Done { groups, .. } = scheduler.measure(&mut self.progress)?;
        let mut measured = [Vec::new(), Vec::new()];
        for (build, measurement) in groups.into_iter().flat_map(|group| group.into_iter().enumerate()) {
            measured[build].extend(measurement);
        }
        Ok(measured)
    }
}
