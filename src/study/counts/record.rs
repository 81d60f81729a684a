//! The record: the counts of one build's workload at a level, for each run.

use super::metric::Metric;
use crate::stats::median::median;
use crate::study::instructions::Collected;
use crate::tracking::Level;
use crate::worker::failure::Failure;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// The counts of one build on one workload at one level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// The workload.
    pub workload: Workload,
    /// The level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The factor of the scale.
    pub scale: f64,
    /// The seed of the data.
    pub seed: u64,
    /// The threads of each pool.
    pub threads: usize,
    /// The allocations of one untracked run.
    pub allocations: Option<u64>,
    /// The failure of a run, if any; nothing more was counted after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The untracked runs.
    pub untracked: Runs,
    /// The runs under the level.
    pub tracked: Runs,
}

impl Counts {
    /// Returns the count that tracking adds: tracked − untracked; `None` if one is unknown.
    pub fn added(&self, metric: Metric) -> Option<f64> {
        Some(self.tracked.middle(metric)? - self.untracked.middle(metric)?)
    }
}

/// The counts of several runs of one probe, in order. A metric that was not counted has an empty list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Runs {
    /// Instructions executed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instructions: Vec<u64>,
    /// Reads and writes of data that missed the simulated first level.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub data_misses: Vec<u64>,
    /// Reads of instructions that missed the simulated first level.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instruction_misses: Vec<u64>,
    /// Reads and writes that missed the simulated last level.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub last_level_misses: Vec<u64>,
    /// Page faults, minor and major.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub page_faults: Vec<u64>,
}

impl Runs {
    /// Returns a metric's count in each run.
    pub fn of(&self, metric: Metric) -> &[u64] {
        match metric {
            Metric::Instructions => &self.instructions,
            Metric::DataMisses => &self.data_misses,
            Metric::InstructionMisses => &self.instruction_misses,
            Metric::LastLevelMisses => &self.last_level_misses,
            Metric::PageFaults => &self.page_faults,
        }
    }

    /// Returns the median of a metric's counts; `None` if it was not counted.
    pub fn middle(&self, metric: Metric) -> Option<f64> {
        middle(self.of(metric))
    }

    /// Takes the counts of runs under callgrind.
    pub(super) fn collect(&mut self, runs: &[Collected]) {
        let each = |count: fn(&Collected) -> u64| runs.iter().map(count).collect();
        self.instructions = each(|run| run.instructions);
        self.data_misses = each(|run| run.misses.data);
        self.instruction_misses = each(|run| run.misses.instruction);
        self.last_level_misses = each(|run| run.misses.last_level);
    }
}

/// Returns the median of counts; `None` if there are none.
pub(super) fn middle(counts: &[u64]) -> Option<f64> {
    median(counts.iter().map(|&count| count as f64))
}
