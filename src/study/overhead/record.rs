//! The results file: everything that a run measured, from which every report is drawn.
//!
//! A file has the origin of its measurements and every pair, so that any figure can be computed from it again.

use super::{chart, metrics, summary};
use crate::platform::files::{self, Versioned};
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::schedule::measurement::{Clock, Measurement, Overhead, Precision, Series};
use crate::stats::estimate::Estimate;
use crate::study::Study;
use crate::study::control::{ControlFailure, control_failure};
use crate::study::instructions::record::InstructionCount;
use crate::study::sessions::between::WorkSpread;
use crate::study::sessions::{BetweenSessions, Sessions};
use crate::tracking::Level;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The version of the file's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// The results of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The origin.
    #[serde(flatten)]
    pub origin: Origin,
    /// The requested precision, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<Precision>,
    /// The spread between sessions on this machine, if it was measured before this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between_sessions: Option<BetweenSessions>,
    /// The measurements, in order.
    #[serde(alias = "cells")]
    pub measurements: Vec<Measurement>,
    /// The counted instructions, if any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instructions: Vec<InstructionCount>,
}

impl Versioned for Results {
    const KIND: &str = "overhead";
    const WHAT: &str = "a results file";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Results {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn chart(&self) -> Option<String> {
        // Counts have no chart, and a control has no level to draw.
        (self.instructions.is_empty() && !self.is_control()).then(|| chart::draw(self))
    }

    fn metrics(&self) -> Vec<Metric> {
        metrics::of_results(self)
    }

    fn origins(&self) -> Vec<(&'static str, &Origin)> {
        vec![("", &self.origin)]
    }

    fn control_failure(&self) -> Option<ControlFailure> {
        control_failure(&self.measurements, Clock::Wall)
    }

    fn left_out(&self) -> Vec<String> {
        metrics::left_out_of_results(self)
    }
}

impl Results {
    /// Returns results without measurements.
    pub fn begin(origin: Origin) -> Self {
        Self {
            schema: SCHEMA,
            origin,
            precision: None,
            between_sessions: None,
            measurements: Vec::new(),
            instructions: Vec::new(),
        }
    }

    /// Adds the spread between sessions from the file in a folder, if there is one from this machine.
    #[must_use]
    pub fn with_sessions_of(self, folder: &Path) -> Self {
        let kept = files::read::<Sessions>(&folder.join("sessions.json")).ok();
        let between_sessions = kept.and_then(|kept| BetweenSessions::of(&kept, &self.origin.machine));
        Self { between_sessions, ..self }
    }

    /// Returns the spread between sessions of a measurement, if it is known.
    pub fn spread(&self, measurement: &Measurement) -> Option<&WorkSpread> {
        self.between_sessions.as_ref()?.spread(measurement)
    }

    /// Returns the measurements of one series, in order.
    pub fn series(&self, series: Series) -> impl Iterator<Item = &Measurement> {
        self.measurements.iter().filter(move |measurement| measurement.series == series)
    }

    /// Returns whether it is a control: only untracked was measured, against itself or the control program.
    pub(crate) fn is_control(&self) -> bool {
        let mut levels = self.measurements.iter().map(|measurement| measurement.level);
        !self.measurements.is_empty() && levels.all(|level| level == Level::Untracked)
    }

    /// Returns the overheads by wall time of all measurements that have one.
    pub fn walls(&self) -> impl Iterator<Item = Estimate> + Clone {
        self.measurements.iter().filter_map(|measurement| Some(measurement.overhead()?.wall))
    }

    /// Returns the overheads of untracked against itself, which show the noise of the harness.
    pub fn noise(&self) -> impl Iterator<Item = (&Measurement, &Overhead)> {
        self.measurements
            .iter()
            .filter(|measurement| measurement.level == Level::Untracked && measurement.series != Series::Control)
            .filter_map(|measurement| Some((measurement, measurement.outcome.measured()?)))
    }

    /// Returns the noise floor, with its measurement: the overhead of untracked against itself that is farthest from
    /// 1.
    pub fn noise_floor(&self) -> Option<(&Measurement, &Overhead)> {
        let (measurement, _) = self.noise_floor_by(Clock::Wall)?;
        Some((measurement, measurement.outcome.measured()?))
    }

    /// Returns the noise floor by a clock.
    pub(crate) fn noise_floor_by(&self, clock: Clock) -> Option<(&Measurement, Estimate)> {
        let floors = self.noise().filter_map(|(measurement, overhead)| Some((measurement, overhead.by(clock)?)));
        floors.max_by(|a, b| a.1.abs_log_ratio().total_cmp(&b.1.abs_log_ratio()))
    }
}
