//! Replays: the cost of tracking for the program of a trace.
//!
//! A replay is measured like a workload: in pairs of processes, over passes, with the counters' truth. It repeats the
//! program's operations on the same number of threads, with or without the program's own work between them.

mod launch;
mod summary;

pub(crate) use launch::TraceLauncher;

use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::schedule::measurement::{Clock, Measurement};
use crate::study::Study;
use crate::study::calls::latency::Latency;
use crate::study::control::{ControlFailure, control_failure};
use crate::study::overhead::metrics;
use crate::study::traces::Accuracy;
use crate::tracking::Level;
use crate::tracking::memscope::MemscopeBuild;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::path::Path;

pub use crate::trace::Summary;

/// The version of the file's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// The program's own work between two operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Gaps {
    /// Other work that takes as much CPU time as was recorded
    #[default]
    Recorded,
    /// None: one operation after the other
    None,
}

/// The replays of a trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replays {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The origin.
    #[serde(flatten)]
    pub origin: Origin,
    /// The file of the trace.
    pub trace: String,
    /// The figures of the trace.
    pub recorded: Summary,
    /// The work between operations.
    pub gaps: Gaps,
    /// The accuracy of replays of known programs, with its level, if it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<(Level, Accuracy)>,
    /// The builds, in order.
    pub builds: Vec<BuildReplays>,
}

/// The replays of one build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildReplays {
    /// The build's name.
    pub name: String,
    /// The build as its program reports it; `None` if it was not built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memscope: Option<MemscopeBuild>,
    /// The reason why it was not built, or cannot replay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_built: Option<String>,
    /// The measurements: untracked against itself, and each level.
    pub measurements: Vec<Measurement>,
    /// The times of single operations under the same levels, from separate replays. Missing in earlier files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latencies: Vec<Latency>,
}

impl Versioned for Replays {
    const KIND: &str = "replay";
    const WHAT: &str = "a file of replays";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Replays {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn metrics(&self) -> Vec<Metric> {
        let named = |(name, measurement): (String, &Measurement)| metrics::of_measurement(&name, measurement);
        self.named().flat_map(named).collect()
    }

    fn control_failure(&self) -> Option<ControlFailure> {
        control_failure(self.measurements(), Clock::Wall)
    }

    fn left_out(&self) -> Vec<String> {
        let not_built = self.builds.iter().filter_map(|build| {
            let why = build.not_built.as_ref()?;
            Some(format!("{} is left out: {why}", build.name))
        });
        let without = self.named().filter_map(|(name, measurement)| metrics::left_out(&name, measurement));
        not_built.chain(without).collect()
    }
}

impl Replays {
    /// Returns the measurements of all builds.
    pub fn measurements(&self) -> impl Iterator<Item = &Measurement> + Clone {
        self.builds.iter().flat_map(|build| &build.measurements)
    }

    /// Returns the measurements with their names for other programs: trace, build and level.
    fn named(&self) -> impl Iterator<Item = (String, &Measurement)> {
        let stem = Path::new(&self.trace).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        self.builds.iter().flat_map(move |build| {
            let stem = stem.clone();
            build
                .measurements
                .iter()
                .map(move |measurement| (format!("{stem}/{}/{}", build.name, measurement.level), measurement))
        })
    }
}
