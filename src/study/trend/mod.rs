//! The trend of memscope's cost, commit by commit.
//!
//! [`Commits`] are estimated from differences that `history` measured side by side and appended to
//! `results/trend.jsonl`, on any machine and in any number of runs. Steps between them have verdicts. The [`Log`]
//! contains the project's own records: each commit of `results/overhead.json` is one run at one time. Its figures are
//! shown without verdicts.

pub(crate) mod chart;
mod commits;
pub(crate) mod differences;
mod records;
pub(crate) mod summary;

pub(crate) use commits::{CommitLane, CommitPoint, Commits, Step};
pub(crate) use records::{Entry, HistoryError, Lane, Log, Point, Record};

use super::Study;
use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use serde::{Deserialize, Serialize};

/// The version of the file's format. A change that an older reader would misread raises it. Since 2, the points of
/// records have no verdicts, and there are commits that were measured side by side.
pub(crate) const SCHEMA: u32 = 2;

/// The file of differences in a folder of results.
pub(crate) const DIFFERENCES: &str = "trend.jsonl";

/// The trend of overheads over commits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// The version of this format: `SCHEMA`.
    pub schema: u32,
    /// memscope's commits, if there is a file of differences.
    #[serde(default)]
    pub commits: Option<Commits>,
    /// The reason why there are no records, if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_records: Option<String>,
    /// The committed versions of the results file.
    #[serde(flatten)]
    pub log: Log,
    /// The workloads under their levels, through all versions.
    pub lanes: Vec<Lane>,
}

impl Versioned for Trend {
    const KIND: &str = "trend";
    const WHAT: &str = "a trend";
    const SCHEMA: u32 = SCHEMA;

    fn fault(&self) -> Option<String> {
        let of_commits = self.commits.as_ref().and_then(Commits::missing);
        let (what, place) = of_commits.or_else(|| self.log.missing(&self.lanes))?;
        Some(format!("it refers to {what} {place} (counted from 0), which does not exist"))
    }
}

impl Study for Trend {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn chart(&self) -> Option<String> {
        Some(chart::draw(self))
    }

    fn metrics(&self) -> Vec<Metric> {
        let of_commits = self.commits.iter().flat_map(|commits| {
            commits.lanes.iter().flat_map(move |lane| {
                let name = lane.kind.name(&commits.lanes);
                lane.points().map(move |point| {
                    let benchmark = format!("{name}/{}", commits.list[point.commit].short());
                    Metric::estimate(benchmark, "overhead-to-first", point.ratio)
                })
            })
        });
        let points = self.lanes.iter().flat_map(|lane| lane.points.iter().map(move |point| (lane, point)));
        let of_records = points.filter_map(|(lane, point): (&Lane, &Point)| {
            let commit = self.log.entries[point.entry].commit.short();
            let benchmark = format!("{}/{}/{commit}", lane.workload, lane.level);
            Some(Metric::estimate(benchmark, "overhead", point.figure.outcome.measured()?.wall))
        });
        of_commits.chain(of_records).collect()
    }
}
