//! Trackers: memscope among others, from no tracking at all to the slowest.
//!
//! It shows whether a cost is memscope's or that of any tracking. Each tracker is a level, measured as any other: in
//! pairs with the ordinary untracked probe. Its file is a results file.

pub mod chart;
pub(crate) mod overview;
pub mod summary;

use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::schedule::measurement::{Measurement, Series};
use crate::study::Study;
use crate::study::control::ControlFailure;
use crate::study::overhead::record::{self, Results};
use crate::tracking::Level;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// The results of `memscope-bench trackers`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Trackers(pub Results);

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
        self.0.metrics()
    }

    fn origins(&self) -> Vec<(&'static str, &Origin)> {
        self.0.origins()
    }

    fn control_failure(&self) -> Option<ControlFailure> {
        self.0.control_failure()
    }

    fn left_out(&self) -> Vec<String> {
        self.0.left_out()
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
    /// Returns the levels that this build has. heaptrack is always one of them: if it is not installed, its outcome
    /// reports that.
    pub fn levels() -> Vec<Level> {
        Level::built().collect()
    }

    /// Returns the rankings, in the order in which they were measured.
    pub fn rankings(&self) -> Vec<Ranking<'_>> {
        let mut rankings: Vec<Ranking> = Vec::new();
        for measurement in self.0.series(Series::Overhead) {
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
