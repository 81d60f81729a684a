//! The project's own history: the overheads at each commit that measured them.
//!
//! Each commit of `results/overhead.json` is a data point, a [`Record`]. The [`Log`] is all of them, oldest first. A
//! [`Lane`] follows one workload under one level through them and shows where its overhead changed. A [`Change`] is
//! detected only between records of the same machine, for the same work, if the intervals do not overlap and the
//! figures differ by more than untracked did from itself, and by more than two sessions of one binary do where that
//! is known.

pub(crate) mod chart;
mod git;
mod lane;
mod log;
pub(crate) mod summary;

pub(crate) use git::HistoryError;
pub(crate) use lane::{Change, Lane, Point};
pub(crate) use log::{Entry, Log, Record};

use super::Study;
use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use serde::{Deserialize, Serialize};

/// The version of the file's format. A change that an older reader would misread raises it.
pub(crate) const SCHEMA: u32 = 1;

/// The trend of some overheads over the committed versions of a results file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// The version of this format: `SCHEMA`.
    pub schema: u32,
    /// The committed versions.
    #[serde(flatten)]
    pub log: Log,
    /// The workloads under their levels, through all versions.
    pub lanes: Vec<Lane>,
}

impl Versioned for Trend {
    const KIND: &str = "trend";
    const WHAT: &str = "a trend";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Trend {
    fn summary(&self) -> Document {
        summary::summary(&self.log, &self.lanes)
    }

    fn chart(&self) -> Option<String> {
        Some(chart::draw(&self.log, &self.lanes))
    }

    fn metrics(&self) -> Vec<Metric> {
        let points = self.lanes.iter().flat_map(|lane| lane.points.iter().map(move |point| (lane, point)));
        let metric = |(lane, point): (&Lane, &Point)| {
            let commit = self.log.entries[point.entry].commit.short();
            let benchmark = format!("{}/{}/{commit}", lane.workload, lane.level);
            Some(Metric::estimate(benchmark, "overhead", point.figure.outcome.measured()?.wall))
        };
        points.filter_map(metric).collect()
    }
}
