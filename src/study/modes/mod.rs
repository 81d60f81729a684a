//! Modes: the cost of each mode of one memscope, and what it sees, attributes and keeps, on one page for choosing a
//! mode.
//!
//! The cost is measured like every overhead, in pairs. What a mode sees, attributes and keeps comes from a program with
//! known allocations, in one more process for each mode.

mod answer;
mod mode;
mod summary;

pub use crate::worker::tasks::planted::{Planted, Request, Seen};

use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::schedule::measurement::{Clock, Measurement, Series};
use crate::study::Study;
use crate::study::control::{ControlFailure, control_failure};
use crate::study::overhead::metrics;
use crate::tracking::Level;
use crate::tracking::references::Host;
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::task::Task;
use mode::Mode;
use serde::{Deserialize, Serialize};

/// The version of the file's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// The number of calls for the rate of a level that samples. It distinguishes 10.1 % from 10 %.
pub const CALLS: u64 = 1_000_000;

/// The modes of one memscope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Modes {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The origin.
    #[serde(flatten)]
    pub origin: Origin,
    /// The costs, in order.
    pub measurements: Vec<Measurement>,
    /// The known program under each mode.
    pub planted: Vec<Outcome>,
    /// The builds with one more Cargo feature, in which the modes that need it were measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub feature_builds: Vec<FeatureBuild>,
}

/// A build of the same memscope with one more Cargo feature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureBuild {
    /// The feature.
    pub feature: String,
    /// The build's name.
    pub build: String,
    /// The reason why it was not built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_built: Option<String>,
}

/// The outcome of the known program under one level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The observations in the known program; `None` if the process failed.
    pub planted: Option<Planted>,
    /// The failure of the process.
    pub failure: Option<Failure>,
}

impl Outcome {
    /// Runs the known program under a level. `None` for a level that another program runs, because the known program
    /// needs the switched allocator's counters.
    pub fn of(launcher: &Launcher, level: Level, calls: u64) -> Option<Self> {
        if level.host() != Host::Switch {
            return None;
        }
        Some(match launcher.run_task(&Task::Planted(Request { level, calls })) {
            Ok(planted) => Self { level, planted: Some(planted), failure: None },
            Err(failure) => Self { level, planted: None, failure: Some(failure) },
        })
    }
}

impl Modes {
    /// Returns the levels that are measured by default: memscope's own two, its other modes, and the baselines of all
    /// of them against themselves.
    pub fn levels() -> Vec<Level> {
        let usual = [Level::Untracked, Level::Variables, Level::Allocator];
        usual.into_iter().chain(Level::MODES.iter().copied()).collect()
    }

    /// Returns the modes, without the baselines.
    fn modes(&self) -> Vec<Mode<'_>> {
        let mut levels: Vec<Level> = Vec::new();
        for level in self.measurements.iter().map(|measurement| measurement.level) {
            if level != level.baseline() && !levels.contains(&level) {
                levels.push(level);
            }
        }
        levels.into_iter().map(|level| Mode::of(self, level)).collect()
    }
}

impl Versioned for Modes {
    const KIND: &str = "modes";
    const WHAT: &str = "a file of modes";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Modes {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn metrics(&self) -> Vec<Metric> {
        let costs =
            self.measurements.iter().flat_map(|measurement| metrics::of_measurement(&name(measurement), measurement));
        costs.chain(self.modes().iter().flat_map(Mode::metrics)).collect()
    }

    fn origins(&self) -> Vec<(&'static str, &Origin)> {
        vec![("", &self.origin)]
    }

    fn control_failure(&self) -> Option<ControlFailure> {
        control_failure(&self.measurements, Clock::Cpu)
    }

    fn left_out(&self) -> Vec<String> {
        self.measurements.iter().filter_map(|measurement| metrics::left_out(&name(measurement), measurement)).collect()
    }
}

fn name(measurement: &Measurement) -> String {
    debug_assert_eq!(measurement.series, Series::Overhead);
    metrics::name(measurement)
}
