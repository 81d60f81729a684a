//! What memscope itself finds: its reports of leaks, of cycles and of what is alive, in one form for all versions.

use crate::tracking::Level;
use serde::{Deserialize, Serialize};

/// What a report is to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingKind {
    /// Blocks that no one will free.
    Leaks,
    /// Values that hold each other.
    Cycles,
    /// Blocks that are alive.
    Active,
}

impl FindingKind {
    /// The name in commands, reports and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Leaks => "leaks",
            Self::Cycles => "cycles",
            Self::Active => "active",
        }
    }
}

/// What a report said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportOutput {
    /// Each thing that it names, by all addresses that it gives for it.
    Named(Vec<Vec<usize>>),
    /// How many things there are, and nothing of which.
    #[allow(dead_code, reason = "some versions name all that they find")]
    Counted(u64),
}

/// A report of memscope on what its trackers hold, to be asked for once the window is closed.
#[derive(Clone, Copy, Debug)]
pub struct Detector {
    /// What it is to find.
    pub sought: FindingKind,
    /// The level under which that which it reads is recorded.
    pub level: Level,
    /// The call that a user makes for it; empty where there is none.
    pub call: &'static str,
    /// Makes the call, and gives what it said or why it refused; or why the version has no such report.
    pub ask: Result<fn() -> Result<ReportOutput, String>, &'static str>,
}

impl Detector {
    /// A report that a version has.
    pub(super) const fn new(
        sought: FindingKind,
        level: Level,
        call: &'static str,
        ask: fn() -> Result<ReportOutput, String>,
    ) -> Self {
        Self { sought, level, call, ask: Ok(ask) }
    }

    /// A report that a version lacks.
    #[allow(dead_code, reason = "some versions have them all")]
    pub(super) const fn none(sought: FindingKind, level: Level, why: &'static str) -> Self {
        Self { sought, level, call: "", ask: Err(why) }
    }
}
