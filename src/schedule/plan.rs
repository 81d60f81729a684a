//! A plan of measurements of one program: workloads under levels.

use super::launch::Launch;
use super::measurement::{Measurement, Precision, Series};
use super::scheduler::{Planned, Progress, Scheduler, Settings};
use crate::tracking::Level;
use crate::worker::probe::Request;
use crate::workloads::{Scale, Workload};

/// The number of passes over all measurements.
const PASSES: usize = 1;

/// The workloads and levels to measure.
pub struct Plan<'a> {
    /// The workloads.
    pub workloads: &'a [Workload],
    /// The levels.
    pub levels: &'a [Level],
    /// The scale of each workload.
    pub scale: &'a dyn Fn(Workload) -> Scale,
    /// The threads of each pool.
    pub threads: usize,
    /// The fewest pairs of each measurement.
    pub pairs: usize,
    /// The precision up to which a measurement gets more pairs, if any.
    pub precision: Option<Precision>,
}

impl Plan<'_> {
    /// Measures each workload under each level. `progress` is called before each round.
    pub fn measure(&self, launcher: &dyn Launch, progress: impl FnMut(Progress)) -> Vec<Measurement> {
        let planned = self.workloads.iter().flat_map(|&workload| {
            let request = move |&level: &Level| self.request(workload, level);
            self.levels.iter().map(request)
        });
        self.run(launcher, launcher, Series::Overhead, planned.collect(), progress)
    }

    /// Measures untracked against the control program, for each workload.
    pub fn measure_control(
        &self,
        control: &dyn Launch,
        launcher: &dyn Launch,
        progress: impl FnMut(Progress),
    ) -> Vec<Measurement> {
        let planned = self.workloads.iter().map(|&workload| self.request(workload, Level::Untracked));
        self.run(control, launcher, Series::Control, planned.collect(), progress)
    }

    fn request(&self, workload: Workload, level: Level) -> Request {
        Request { workload, level, scale: (self.scale)(workload), threads: self.threads, count: false }
    }

    fn run(
        &self,
        baseline: &dyn Launch,
        launcher: &dyn Launch,
        series: Series,
        requests: Vec<Request>,
        progress: impl FnMut(Progress),
    ) -> Vec<Measurement> {
        let settings =
            Settings { rounds: self.pairs, passes: PASSES, time: None, fewest: 0, precision: self.precision, seed: 0 };
        let group = |request| vec![Some(Planned { baseline, launcher, series, request })];
        let scheduler = Scheduler::new(settings, requests.into_iter().map(group).collect());
        let done = scheduler.measure(progress).expect("without a journal there is nothing to write");
        done.groups.into_iter().flatten().flatten().map(|finished| finished.measurement).collect()
    }
}
