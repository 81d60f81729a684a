//! Sessions: the same complete measurement, repeated over hours. They show whether figures repeat: the share of
//! disjoint intervals of two sessions, and the difference that the figures of two sessions may have.

mod agreement;
pub mod between;
mod summary;

pub use agreement::{Agreement, agreement};
pub use between::BetweenSessions;

use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::schedule::measurement::{Clock, Measurement};
use crate::study::Study;
use crate::tracking::Level;
use crate::workloads::Workload;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The version of the file's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// Several sessions of one command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sessions {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The origin of the first session.
    #[serde(flatten)]
    pub origin: Origin,
    /// The plan.
    pub plan: Plan,
    /// The sessions, in order.
    pub sessions: Vec<Session>,
}

/// The plan of sessions. A run is resumed by the same plan only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// A hash of the content of the program that measured.
    pub program: String,
    /// The number of sessions.
    pub sessions: usize,
    /// The time from the beginning of the first session to the beginning of the last one, in minutes.
    pub minutes: f64,
    /// The pairs of each measurement.
    pub pairs: usize,
    /// The workloads.
    pub workloads: Vec<Workload>,
    /// The levels.
    pub levels: Vec<Level>,
    /// The scale; `None` for each workload's short scale.
    pub scale: Option<f64>,
    /// The threads of each pool.
    pub threads: usize,
}

/// One session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The time of its beginning.
    pub started: DateTime<Utc>,
    /// The measurements, in the same order in each session.
    pub measurements: Vec<Measurement>,
}

/// An entry of the journal of sessions, after their plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "entry")]
pub enum Entry {
    /// The run began.
    Began {
        /// Its origin.
        origin: Box<Origin>,
    },
    /// A session is complete.
    Session(Session),
}

impl Session {
    /// Returns the measurement of a workload at a level, if there is one.
    fn measurement(&self, workload: Workload, level: Level) -> Option<&Measurement> {
        self.measurements.iter().find(|found| (found.workload, found.level) == (workload, level))
    }
}

impl Versioned for Sessions {
    const KIND: &str = "sessions";
    const WHAT: &str = "a file of sessions";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Sessions {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn metrics(&self) -> Vec<Metric> {
        let of_clock = |(clock, measures): (Clock, [&'static str; 3])| {
            let figures = move |agreement: Agreement| {
                let values = [agreement.disjoint_percent(), agreement.in_errors, agreement.typical_percent()];
                let figures = measures.into_iter().zip(values);
                let metric = |(measure, value): (_, Option<f64>)| {
                    Some(Metric::plain(agreement.level.to_string(), measure, value?))
                };
                figures.filter_map(metric).collect::<Vec<Metric>>()
            };
            agreement(self, clock).into_iter().flat_map(figures).collect::<Vec<Metric>>()
        };
        let wall = ["disjoint-percent", "difference-in-errors", "spread-percent"];
        let cpu = ["cpu-disjoint-percent", "cpu-difference-in-errors", "cpu-spread-percent"];
        [(Clock::Wall, wall), (Clock::Cpu, cpu)].into_iter().flat_map(of_clock).collect()
    }

    fn origins(&self) -> Vec<(&'static str, &Origin)> {
        vec![("", &self.origin)]
    }
}
