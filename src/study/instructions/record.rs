//! Instructions, counted.

use crate::tracking::Tracking;
use crate::worker::failure::Failure;
use crate::worker::probe::is_zero;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// The instructions of one workload under one level at one scale, and of the same untracked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstructionCount {
    /// What ran.
    pub workload: Workload,
    /// What it ran under.
    pub tracking: Tracking,
    /// The factor of the scale.
    pub scale: f64,
    /// The seed of the data.
    pub seed: u64,
    /// Time that tasks slept where real work would wait, in microseconds each.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub wait_us: u64,
    /// The allocations of one untracked run, counted.
    pub allocations: Option<u64>,
    /// How a run failed, where one did: there is no overhead then.
    pub failure: Option<Failure>,
    /// The instructions of each run untracked.
    pub untracked: Vec<u64>,
    /// The instructions of each run under the level.
    pub tracked: Vec<u64>,
    /// What the runs say.
    pub overhead: Option<InstructionOverhead>,
}

/// What tracking costs in instructions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstructionOverhead {
    /// The ratio tracked ÷ untracked, of the means of the runs.
    pub ratio: f64,
    /// (tracked − untracked) ÷ allocations. `None` where the workload makes none.
    pub per_allocation: Option<f64>,
    /// How far runs of the same thing are apart at the most, as a part of the least: 0.001 is 0.1 %.
    pub apart: f64,
}
