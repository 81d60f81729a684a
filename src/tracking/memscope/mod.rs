//! memscope itself: the one place where the subject under measurement is named.
//!
//! The adapter is put together from parts, of which the build script chooses the form that the linked source offers:
//! published version, folder or commit. All forms give the same: `HOOK`, [`prepare_hook`], [`Variables`],
//! [`recorded_events`], [`live_blocks`], [`VARIABLES_NEED_HOOK`], [`NO_NAMES`], [`OWN_REPORT`], [`EXPORT_JSON`], [`ANALYSIS`],
//! [`DETECTORS`], [`CONTAINERS`] and [`PUBLISHED`]. What a version does not know is `None`, and what it means by another name
//! than it says is left out too.

mod detector;
#[macro_use]
mod kinds;
mod adapter;
mod tools;

pub(super) use adapter::HOOK;
pub use adapter::{
    ANALYSIS, CONTAINERS, DETECTORS, EXPORT_JSON, NO_NAMES, OWN_REPORT, PUBLISHED, VARIABLES_NEED_HOOK, Variables,
    live_blocks, prepare_hook, recorded_events,
};
pub use detector::{Detector, FindingKind, ReportOutput};
pub use tools::{Analysis, Containers, Name, Published, Repeat};

use serde::{Deserialize, Serialize};
use std::path::Path;

/// The memscope build under measurement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The package.
    pub name: String,
    /// The version that Cargo resolved.
    pub version: String,
    /// Where it came from: `crates.io`, `path`, or the source's address with its revision.
    pub source: String,
}

impl Subject {
    /// The subject that this program was built with, as the build script read it from Cargo.lock.
    pub fn of_this_build() -> Self {
        let [name, version, source] =
            [env!("SUBJECT_NAME"), env!("SUBJECT_VERSION"), env!("SUBJECT_SOURCE")].map(str::to_owned);
        Self { name, version, source }
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({})", self.name, self.version, self.source)
    }
}

/// A block of memory that memscope holds for alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Where it begins.
    pub address: usize,
    /// Its bytes, as they were asked for.
    pub size: usize,
}

/// How many named values of a type there were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeUse {
    /// The type.
    pub name: String,
    /// Values.
    pub count: u64,
    /// The bytes that they owned when they were named.
    pub bytes: u64,
}

/// A report that memscope itself writes of what its trackers hold, once the window is closed.
#[derive(Clone, Copy, Debug)]
pub struct OwnReport {
    /// The name of its file or folder.
    pub name: &'static str,
    /// Whether it is written only if it is asked for: a dashboard is pages of some megabytes, and of hundreds after a
    /// long run.
    pub on_demand: bool,
    /// Writes it to a path, or says why it cannot.
    pub write: fn(&Path) -> Result<(), String>,
}

impl OwnReport {
    /// The SVG of versions 0.1.
    #[allow(dead_code, reason = "a version has either")]
    const fn picture(write: fn(&Path) -> Result<(), String>) -> Self {
        Self { name: "memscope_analysis.svg", on_demand: false, write }
    }

    /// The HTML of versions 0.2, which draw no SVG.
    #[allow(dead_code, reason = "a version has either")]
    const fn dashboard(write: fn(&Path) -> Result<(), String>) -> Self {
        Self { name: "memscope_dashboard", on_demand: true, write }
    }
}
