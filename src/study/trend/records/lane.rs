//! One workload under one level through all records.

use super::record::Figure;
use crate::tracking::Level;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// One workload under one level through all records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    /// The workload.
    pub workload: Workload,
    /// The level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The points, oldest first: one for each record that measured the workload under the level. Points of schema 1
    /// had verdicts, which single runs do not support; a reader ignores them.
    pub points: Vec<Point>,
}

/// A record in a lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The index of the entry in [`Log::entries`](super::Log::entries).
    pub entry: usize,
    /// The figure, with the spread between sessions of its machine.
    pub figure: Figure,
}
