//! The record of counted instructions.

use crate::schedule::measurement::Outcome;
use crate::study::instructions::Misses;
use crate::tracking::Level;
use crate::worker::probe::is_zero;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// The instructions of one workload under one level at one scale, and those of the untracked workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstructionCount {
    /// The workload.
    pub workload: Workload,
    /// The level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The factor of the scale.
    pub scale: f64,
    /// The seed of the data.
    pub seed: u64,
    /// The time in microseconds of each sleep that replaces a real wait.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub wait_us: u64,
    /// The allocations of one untracked run.
    pub allocations: Option<u64>,
    /// The instructions of each run untracked.
    pub untracked: Vec<u64>,
    /// The instructions of each run under the level.
    pub tracked: Vec<u64>,
    /// The simulated cache misses of each run untracked. Missing in earlier files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untracked_misses: Vec<Misses>,
    /// The simulated cache misses of each run under the level.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tracked_misses: Vec<Misses>,
    /// The outcome.
    #[serde(flatten)]
    pub outcome: Outcome<InstructionOverhead>,
}

/// The overhead of tracking in instructions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstructionOverhead {
    /// The ratio tracked ÷ untracked, of the means of the runs.
    pub ratio: f64,
    /// (tracked − untracked) ÷ allocations. `None` if the workload makes none.
    pub per_allocation: Option<f64>,
    /// The largest relative spread of two runs of one program: 0.001 is 0.1 %.
    pub apart: f64,
}
