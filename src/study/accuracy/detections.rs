//! Findings of memscope's reports of leaks, cycles and live blocks, compared with the objects that workloads plant.
//! `check` compares them between builds; files of the former command `detect` contain nothing else.
//!
//! Two workloads leak on purpose: `leaks` leaves blocks behind, and `cycles` leaves pairs of nodes that own each other.
//! Each [`detection`](crate::worker::tasks::detection) runs one of them and requests one report in a separate process,
//! so a report that hangs or dies does not affect the others.

use super::detections_summary;
use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::study::Study;
use crate::tracking::memscope::MemscopeBuild;
use crate::worker::failure::Failure;
use crate::worker::tasks::detection::{Finding, Report};
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// The version of the file's format. A change that an older reader would misread raises it.
pub(super) const SCHEMA: u32 = 1;

/// The workloads that plant objects.
pub const WORKLOADS: [Workload; 2] = [Workload::LEAKS, Workload::CYCLES];

/// The detections of several builds of memscope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detections {
    /// The version of this format.
    pub schema: u32,
    /// The origin. Its build is the build of the program that started the others.
    #[serde(flatten)]
    pub origin: Origin,
    /// The builds, in the order in which they were named.
    #[serde(alias = "subjects")]
    pub builds: Vec<Detected>,
}

impl Versioned for Detections {
    const KIND: &str = "detection";
    const WHAT: &str = "a file of detections";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Detections {
    fn summary(&self) -> Document {
        detections_summary::summary(self)
    }

    fn metrics(&self) -> Vec<Metric> {
        let rows = self.builds.iter().flat_map(|build| build.rows.iter().map(move |row| (build, row)));
        let of_row = |(build, row): (&Detected, &Row)| {
            let name = format!("{}/{}/{}", row.workload, row.report.name(), build.name);
            let counts = row.finding.map(|finding| {
                let score = finding.held.map(|held| {
                    [
                        ("true-positives", held.true_positives),
                        ("false-negatives", held.false_negatives),
                        ("false-positives", held.false_positives),
                    ]
                });
                [("planted", finding.planted), ("reported", finding.named)]
                    .into_iter()
                    .chain(score.into_iter().flatten())
            });
            let metric = |(measure, count)| Metric::plain(&name, measure, count as f64);
            counts.into_iter().flatten().map(metric).collect::<Vec<_>>()
        };
        rows.flat_map(of_row).collect()
    }

    fn origins(&self) -> Vec<(&'static str, &Origin)> {
        vec![("", &self.origin)]
    }
}

/// The detections of one build of memscope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detected {
    /// The build's name in reports.
    pub name: String,
    /// The build; `None` if there is none.
    #[serde(alias = "subject")]
    pub memscope: Option<MemscopeBuild>,
    /// The reason for a build without rows: it was not built, or did not list its reports.
    pub failure: Option<String>,
    /// The outcome of each report.
    pub rows: Vec<Row>,
}

/// The outcome of one report on one workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The workload that planted the objects.
    pub workload: Workload,
    /// The factor of its scale.
    pub scale: f64,
    /// The seed of its data.
    pub seed: u64,
    /// The requested report.
    pub report: Report,
    /// The report's finding; `None` if it gave none.
    pub finding: Option<Finding>,
    /// The outcome of the probe, if the report gave no finding.
    pub failure: Option<Failure>,
}
