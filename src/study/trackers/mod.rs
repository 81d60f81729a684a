//! Trackers: compares memscope with other trackers, from no tracking at all to the slowest.
//!
//! It shows whether a cost is specific to memscope or common to trackers. Each tracker is a level, measured like any
//! other: in pairs with the ordinary untracked probe. Its file is a results file.

pub mod chart;
pub(crate) mod overview;
mod own;
pub mod summary;

pub use own::OwnTracker;

use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::schedule::measurement::{Measurement, Series};
use crate::study::Study;
use crate::study::control::ControlFailure;
use crate::study::overhead::record::{self, Results};
use crate::tracking::{Level, RecordingKind};
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// The results of `memscope-bench trackers`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trackers {
    /// The measurements.
    #[serde(flatten)]
    pub results: Results,
    /// The trackers of other crates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<OwnTracker>,
}

impl From<Results> for Trackers {
    fn from(results: Results) -> Self {
        Self { results, own: Vec::new() }
    }
}

impl Versioned for Trackers {
    const KIND: &str = "trackers";
    const WHAT: &str = "a file of trackers";
    const SCHEMA: u32 = record::SCHEMA;
}

impl Study for Trackers {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn chart(&self) -> Option<String> {
        Some(chart::draw(self))
    }

    fn metrics(&self) -> Vec<Metric> {
        self.results.metrics()
    }

    fn origins(&self) -> Vec<(&'static str, &Origin)> {
        self.results.origins()
    }

    fn control_failure(&self) -> Option<ControlFailure> {
        self.results.control_failure()
    }

    fn left_out(&self) -> Vec<String> {
        self.results.left_out()
    }
}

/// The measurements of one workload.
#[derive(Clone, Debug)]
pub struct Ranking<'a> {
    /// The workload.
    pub workload: Workload,
    /// The median untracked time, in nanoseconds, in the pairs of the first measurement with a figure.
    pub untracked_ns: Option<f64>,
    /// The measurements from the fastest to the slowest, followed by those without a figure.
    pub measurements: Vec<&'a Measurement>,
}

impl Trackers {
    /// Returns the levels that this build has. heaptrack is always included: if it is not installed, its outcome
    /// reports that.
    pub fn levels() -> Vec<Level> {
        Level::built().collect()
    }

    /// Returns the kind of record of a level of the run.
    pub(crate) fn records(&self, level: Level) -> RecordingKind {
        self.own.iter().find(|tracker| tracker.is_at(level)).map_or(level.records(), |tracker| tracker.records)
    }

    /// Returns the description of a level of the run in a few words.
    pub(crate) fn about(&self, level: Level) -> &str {
        self.own.iter().find(|tracker| tracker.is_at(level)).map_or(level.about(), |tracker| &tracker.about)
    }

    /// Returns the rankings, in the order in which they were measured.
    pub fn rankings(&self) -> Vec<Ranking<'_>> {
        let mut rankings: Vec<Ranking> = Vec::new();
        for measurement in self.results.series(Series::Overhead) {
            match rankings.iter_mut().find(|ranking| ranking.workload == measurement.workload) {
                Some(ranking) => ranking.measurements.push(measurement),
                None => rankings.push(Ranking {
                    workload: measurement.workload,
                    untracked_ns: None,
                    measurements: vec![measurement],
                }),
            }
        }
        for Ranking { untracked_ns, measurements, .. } in &mut rankings {
            *untracked_ns = measurements.iter().find_map(|measurement| Some(measurement.overhead()?.untracked_ns));
            let height = |measurement: &Measurement| {
                measurement.overhead().map_or(f64::INFINITY, |overhead| overhead.wall.value)
            };
            measurements.sort_by(|a, b| height(a).total_cmp(&height(b)));
        }
        rankings
    }
}
