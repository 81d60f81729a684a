//! memscope's reports of leaks, cycles and live blocks, in one form for all versions.

use crate::tracking::Level;
use serde::{Deserialize, Serialize};

/// The kind of objects that a report finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingKind {
    /// Blocks that nothing will free.
    Leaks,
    /// Values that own each other.
    Cycles,
    /// Live blocks.
    Active,
}

impl FindingKind {
    /// Returns the name in commands, reports and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Leaks => "leaks",
            Self::Cycles => "cycles",
            Self::Active => "active",
        }
    }
}

/// The output of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportOutput {
    /// The objects found, each with all addresses that the report gives for it.
    Named(Vec<Vec<usize>>),
    /// Their number only.
    #[allow(dead_code, reason = "some versions name all things")]
    Counted(u64),
}

/// A report of memscope. Request it after the window is closed.
#[derive(Clone, Copy, Debug)]
pub struct Detector {
    /// Kind of objects that the report finds.
    pub sought: FindingKind,
    /// Level whose record the report reads.
    pub level: Level,
    /// Call that a user makes; empty if the version has no such report.
    pub call: &'static str,
    /// Makes the call, and returns its output or error; or the reason why the version has no such report.
    pub ask: Result<fn() -> Result<ReportOutput, String>, &'static str>,
}

impl Detector {
    /// Returns a report that the version has.
    pub(super) const fn new(
        sought: FindingKind,
        level: Level,
        call: &'static str,
        ask: fn() -> Result<ReportOutput, String>,
    ) -> Self {
        Self { sought, level, call, ask: Ok(ask) }
    }

    /// Returns a report that the version lacks.
    #[allow(dead_code, reason = "some versions have them all")]
    pub(super) const fn none(sought: FindingKind, level: Level, why: &'static str) -> Self {
        Self { sought, level, call: "", ask: Err(why) }
    }
}
