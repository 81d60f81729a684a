//! The check of a build of memscope before it is merged: compares a base and a head on every axis. One page has the
//! verdict, with its reason.
//!
//! Exact counts come first, since they decide many axes in seconds. Time uses the rest of the check's minutes, where
//! the verdict is still open. All figures are saved; rows and verdict are computed from them.

mod axis;
mod budget;
mod machine;
mod resolution;
mod row;
mod rows;
pub(crate) mod summary;
mod timing;
mod verdict;

pub use axis::Axis;
pub use budget::{Budget, BudgetError};
pub(crate) use machine::Machine;
pub use resolution::Resolution;
pub use row::{Place, Row};
pub use timing::{Source, Stage, Times, measure, times};
pub use verdict::Verdict;

use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::schedule::measurement::{Clock, Measurement};
use crate::stats::mean::geometric_mean;
use crate::stats::median::median;
use crate::study::Study;
use crate::study::accuracy;
use crate::study::calls::latency::Latency;
use crate::study::counts::Counts;
use crate::study::footprint::Footprint;
use crate::study::soak::Soak;
use crate::tracking::Level;
use crate::tracking::memscope::MemscopeBuild;
use crate::workloads::Workload;
use resolution::{Thresholds, resolutions};
use serde::{Deserialize, Serialize};

/// The version of the file's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// A check with its verdict, which is recomputed when a file is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Record")]
pub struct Check {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The measurements.
    #[serde(flatten)]
    pub record: Record,
    /// The verdict.
    pub verdict: Verdict,
    /// The judgements, in the order of axes.
    pub rows: Vec<Row>,
}

/// The measurements of a check. Pairs of figures belong to the base and the head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The command, the machine and the time.
    #[serde(flatten)]
    pub origin: Origin,
    /// The plan.
    pub plan: Plan,
    /// The builds.
    pub builds: [CheckedBuild; 2],
    /// The number of links of each build.
    pub links: usize,
    /// The differences of equal builds on this machine, if they were measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolutions: Vec<Resolution>,
    /// The counts.
    pub counts: [Vec<Counts>; 2],
    /// The footprints.
    pub footprints: [Vec<Footprint>; 2],
    /// The latencies.
    pub latencies: [Vec<Latency>; 2],
    /// The soaks. Files of earlier versions have none.
    #[serde(default)]
    pub soaks: [Vec<Soak>; 2],
    /// The findings of reports.
    pub reports: [Vec<accuracy::Row>; 2],
    /// The packages.
    pub packages: [Package; 2],
    /// The rounds, by stage.
    pub stages: Vec<Stage>,
    /// The functions that explain most of the change, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// The duration of the check, in seconds.
    pub seconds: u64,
}

/// The plan of a check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The workloads.
    pub workloads: Vec<Workload>,
    /// The levels.
    #[serde(rename = "tracking")]
    pub levels: Vec<Level>,
    /// The factor of the scale; `None` for each workload's short scale.
    pub scale: Option<f64>,
    /// The threads of each pool.
    pub threads: usize,
    /// The time, in minutes.
    pub minutes: f64,
    /// True if the base is checked against itself.
    pub is_self: bool,
    /// True if nothing was counted with callgrind, at the user's request.
    pub without_counts: bool,
    /// The accepted changes and limits.
    pub budget: Budget,
}

impl Plan {
    /// Returns the workloads at the levels.
    pub fn groups(&self) -> Vec<(Workload, Level)> {
        let of = |&workload: &Workload| self.levels.iter().map(move |&level| (workload, level));
        self.workloads.iter().flat_map(of).collect()
    }
}

/// One of the two builds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckedBuild {
    /// Its name.
    pub name: String,
    /// A commit's subject line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The build's own description.
    pub memscope: MemscopeBuild,
}

/// The package of a build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// The number of crates of memscope and its dependencies.
    pub crates: Option<u64>,
    /// The size of the program including memscope.
    pub program_bytes: Option<u64>,
    /// The duration of its build.
    pub build_seconds: Option<u64>,
}

impl Record {
    /// Returns a record without measurements.
    pub(crate) fn begin(plan: Plan, builds: [CheckedBuild; 2], links: usize) -> Self {
        Self {
            origin: Origin::of_this_command(),
            plan,
            builds,
            links,
            resolutions: Vec::new(),
            counts: Default::default(),
            footprints: Default::default(),
            latencies: Default::default(),
            soaks: Default::default(),
            reports: Default::default(),
            packages: Default::default(),
            stages: Vec::new(),
            causes: Vec::new(),
            seconds: 0,
        }
    }

    /// Returns the measurements of the base and the head in the first stage, group by group, at levels that track.
    fn first_measurements(&self) -> impl Iterator<Item = [&Measurement; 2]> {
        let first = self.stages.first().into_iter();
        first
            .flat_map(|stage| stage.measurements[0].iter().zip(&stage.measurements[1]))
            .map(|(base, head)| [base, head])
    }

    /// Returns the measurements of a build in all stages.
    fn measurements(&self, build: usize, group: (Workload, Level)) -> impl Iterator<Item = &Measurement> {
        let all = self.stages.iter().flat_map(move |stage| &stage.measurements[build]);
        all.filter(move |measurement| (measurement.workload, measurement.level) == group)
    }
}

impl From<Record> for Check {
    /// Computes the judgements.
    fn from(record: Record) -> Self {
        let thresholds = Thresholds { budget: &record.plan.budget, resolutions: &record.resolutions };
        let rows = rows::rows(&record, &thresholds);
        let verdict = match Verdict::of(&rows) {
            Verdict::Ok if record.plan.budget.unchecked(&record.plan, &rows).is_some() => Verdict::CannotTell,
            verdict => verdict,
        };
        Self { schema: SCHEMA, verdict, rows, record }
    }
}

impl Check {
    /// Returns the single-threaded workload and level with the greatest change for the worse, by time or else by
    /// instructions, if any: its functions can be compared.
    pub(crate) fn worst_group(&self) -> Option<(Workload, Level)> {
        let of_axis = |axis: Axis| {
            let rows = self.rows.iter().filter(move |row| row.axis == axis && row.is_worse());
            let group = |row: &Row| {
                let workload: Workload = row.place.of.as_ref()?.parse().ok()?;
                Some((row.change?.value, (workload, row.place.level?)))
            };
            let groups = rows.filter_map(group).filter(|(_, (workload, _))| !workload.is_parallel());
            groups.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, group)| group)
        };
        [Axis::CpuTime, Axis::Instructions].into_iter().find_map(of_axis)
    }

    /// Returns the geometric means of the base's and the head's median overheads at a level, by CPU time, over the
    /// workloads on which both have a figure.
    fn typical_overheads(&self, level: Level) -> Option<[f64; 2]> {
        let overhead = |build: usize, workload: Workload| {
            let measured = || self.record.measurements(build, (workload, level));
            let pairs = measured().flat_map(|measurement| &measurement.pairs);
            let middle = median(pairs.map(|pair| pair.ratio(Clock::Cpu)).filter(|ratio| ratio.is_finite()));
            middle.filter(|_| measured().all(|measurement| measurement.failure().is_none()))
        };
        let both = |&workload: &Workload| Some([overhead(0, workload)?, overhead(1, workload)?]);
        let both: Vec<[f64; 2]> = self.record.plan.workloads.iter().filter_map(both).collect();
        let mean = |build: usize| geometric_mean(both.iter().map(|overheads| overheads[build]));
        Some([mean(0)?, mean(1)?])
    }

    /// Returns the differences of the builds, which were equal.
    pub fn resolutions(&self) -> Vec<Resolution> {
        resolutions(&self.rows)
    }
}

impl Versioned for Check {
    const KIND: &str = "check";
    const WHAT: &str = "a check";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Check {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn metrics(&self) -> Vec<Metric> {
        let metric = |row: &Row| {
            let name = format!("{}/{}", row.place, self.record.builds[1].name);
            let head = row.head.map(|head| Metric::plain(&name, row.axis.key(), head));
            let of_change = format!("{name}/{}", row.axis.key());
            head.into_iter().chain(row.change.map(|change| Metric::estimate(of_change, "change", change)))
        };
        self.rows.iter().flat_map(metric).collect()
    }

    fn origins(&self) -> Vec<(&'static str, &Origin)> {
        vec![("", &self.record.origin)]
    }
}

#[cfg(test)]
mod tests;
