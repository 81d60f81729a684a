//! One workload under one level through all records, and where its overhead changed.

use super::log::{Figure, distance};
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
    /// The points, oldest first: one for each record that measured the workload under the level.
    pub points: Vec<Point>,
}

/// A record in a lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The index of the entry in [`Log::entries`].
    pub entry: usize,
    /// The figure.
    pub figure: Figure,
    /// The index of the entry that it is compared with: the last one before it, on the same machine, with an
    /// overhead.
    pub since: Option<usize>,
    /// The change since that entry; `None` if there is none.
    pub change: Option<Change>,
}

/// The change of an overhead from one record of a machine to its next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The intervals overlap.
    None,
    /// The intervals do not overlap, but the figures differ by no more than untracked did from itself, or than two
    /// sessions of one binary do.
    Noise,
    /// The figures are for different work, and cannot be compared.
    OtherWork,
    /// The overhead fell.
    Fell,
    /// The overhead rose.
    Rose,
}

impl Change {
    /// Returns the change of an overhead, where `reach` is the largest factor that noise explains: the noise
    /// floor, or the spread between sessions. `None` if either figure has no overhead.
    pub(super) fn between(before: &Figure, after: &Figure, reach: f64) -> Option<Self> {
        let (old, new) = (before.outcome.measured()?.wall, after.outcome.measured()?.wall);
        Some(if !before.work.is(&after.work) {
            Self::OtherWork
        } else if new.low <= old.high && old.low <= new.high {
            Self::None
        } else if distance(old.value, new.value) <= reach {
            Self::Noise
        } else if new.value < old.value {
            Self::Fell
        } else {
            Self::Rose
        })
    }

    /// Returns whether it is reported as a change.
    pub const fn is_reported(self) -> bool {
        matches!(self, Self::Fell | Self::Rose)
    }
}
