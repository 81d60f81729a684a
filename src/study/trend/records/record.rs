//! A committed version of a results file, without its pairs.

use crate::report::origin::Origin;
use crate::schedule::measurement::{Measurement, Outcome};
use crate::stats::estimate::Estimate;
use crate::stats::spread::Spread;
use crate::study::overhead::record::Results;
use crate::tracking::Level;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// A version of the file without its pairs, because a long history has hundreds of thousands of pairs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The origin.
    pub origin: Origin,
    /// The index of its machine in [`Log::machines`](super::Log::machines).
    pub machine: usize,
    /// Its noise floor, with the workload that shows it.
    pub floor: Option<(Workload, Estimate)>,
    /// Its measurements, in order.
    pub figures: Vec<Figure>,
}

/// The figure of a record for one workload under one level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The workload and its size.
    pub work: Work,
    /// The level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The number of pairs.
    pub pairs: usize,
    /// The outcome.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Events recorded ÷ events that happened.
    pub fidelity: Option<f64>,
    /// The spread of the overhead between sessions on its machine, if it was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between_sessions: Option<Spread>,
}

/// The work without tracking. Only figures for the same work can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// The workload.
    pub workload: Workload,
    /// The factor of the scale.
    pub scale: f64,
    /// The seed of the data.
    pub seed: u64,
    /// The time in microseconds of each sleep that replaces a real wait.
    pub wait_us: u64,
    /// The threads of each pool.
    pub threads: usize,
    /// The allocations of one untracked run, which differ if the workload itself was changed.
    pub allocations: Option<u64>,
}

impl Work {
    /// Returns whether the work is the same. Threads that wait for each other make slightly different numbers of
    /// allocations from run to run; a change to a workload makes a larger difference.
    pub(in crate::study::trend) fn is(&self, other: &Self) -> bool {
        /// The maximum relative difference in allocations of the same work.
        const SAME: f64 = 0.01;
        let same_size = match (self.allocations, other.allocations) {
            (Some(a), Some(b)) => a.abs_diff(b) as f64 <= a.max(b) as f64 * SAME,
            _ => true,
        };
        let others = Self { allocations: self.allocations, ..*other };
        same_size && *self == others
    }
}

impl Figure {
    pub(super) fn of(results: &Results, measurement: &Measurement) -> Self {
        let Measurement { workload, scale, seed, wait_us, threads, allocations, .. } = *measurement;
        Self {
            work: Work { workload, scale, seed, wait_us, threads, allocations },
            level: measurement.level,
            pairs: measurement.pairs.len(),
            outcome: measurement.outcome.clone(),
            fidelity: measurement.fidelity,
            between_sessions: results.spread(measurement).map(|spread| spread.wall),
        }
    }
}

impl Record {
    /// Returns the figure of a workload under a level, if it was measured.
    pub(super) fn figure(&self, workload: Workload, level: Level) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.work.workload == workload && figure.level == level)
    }
}
