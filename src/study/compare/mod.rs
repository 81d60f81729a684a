//! The comparison: several builds of memscope, measured in interleaved rounds.
//!
//! A *group* is a workload at a level. In each round of a group every build runs a pair: its own untracked probe and
//! its own tracked one. A seed shuffles the order of the builds. The rounds of a group are spread over passes through
//! all groups, so a verdict is based on several times. Pairs are appended to a [`Journal`] when they are measured;
//! [`differences`] and [`typical()`] draw the conclusions.

mod bisection;
pub mod chart;
mod counted;
mod counted_bisection;
mod counts_report;
mod difference;
mod disagreement;
mod logs;
mod missing;
mod neighbours;
mod plan;
mod soaks;
mod spent;
pub mod summary;
mod typical;
pub(in crate::study) mod untracked;
pub(in crate::study) mod variation;
pub mod verdicts;

pub use crate::schedule::journal::{Entry, Journal, JournalError};
pub use bisection::{Contest, Leaning};
pub use counted::{CountDifference, Counted, Line, apart};
pub use counted_bisection::{side, side_of_bad};
pub use difference::{Against, Difference, Verdict, differences};
pub(in crate::study) use difference::{Undecided, decision, judged, shift_that_is_found, undecided};
pub use logs::{Estimator, Rounds};
pub use missing::Missing;
pub(crate) use neighbours::Neighbours;
pub use plan::{Measured, Plan};
pub(in crate::study) use plan::{settings, time_in_pass};
pub use typical::{Typical, typical};

use crate::builds::outcome::NotBuilt;
use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::schedule::estimate;
use crate::schedule::measurement::{Clock, Measurement};
use crate::stats::estimate::Estimate;
use crate::study::Study;
use crate::study::control::{ControlFailure, control_failure};
use crate::study::counts::Counts;
use crate::study::overhead::metrics;
use crate::study::soak::Soak;
use crate::tracking::Level;
use crate::tracking::memscope::MemscopeBuild;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// The version of the file's format. A change that an older reader would misread raises it. Since 3, a measurement has
/// its passes; before, it had two batches. Since 2, a difference has a verdict from all rounds; in 1 it had a claim
/// from each batch.
pub const SCHEMA: u32 = 3;

/// The default number of rounds of each group.
pub const ROUNDS: usize = 120;

/// The default time limit of a build in a group, in seconds.
pub const SECONDS: u64 = 20;

/// The default threshold of a regression or an improvement, in percent.
pub const THRESHOLD_PERCENT: f64 = 3.0;

/// The measurements of several builds, and the verdicts. Verdicts are recomputed from the pairs when a file is read;
/// verdicts in the file are ignored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Record")]
pub struct Comparison {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The command, the machine and the time. Its build is the build of the program that measured the builds.
    #[serde(flatten)]
    pub origin: Origin,
    /// The plan of the run.
    pub plan: Plan,
    /// The time whose ratios are compared.
    pub clock: Clock,
    /// The threshold of a regression or an improvement, in percent.
    pub threshold_percent: f64,
    /// The reference of each build.
    pub against: Against,
    /// The builds, in the order in which they were named.
    #[serde(alias = "subjects")]
    pub builds: Vec<ComparedBuild>,
    /// The differences of each build from its reference, on each workload and level.
    pub differences: Vec<Difference>,
    /// The typical changes of each build from its reference, at each level.
    pub typical: Vec<Typical>,
    /// The differences of each build's counts from its reference's, on each workload and level that was counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub count_differences: Vec<CountDifference>,
}

/// The part of a [`Comparison`] that a file must have: the plan and the measurements.
#[derive(Clone, Debug, Deserialize)]
pub struct Record {
    /// The command, the machine and the time.
    #[serde(flatten)]
    pub origin: Origin,
    /// The plan of the run.
    pub plan: Plan,
    /// The time whose ratios are compared.
    #[serde(default)]
    pub clock: Clock,
    /// The threshold of a regression or an improvement, in percent.
    pub threshold_percent: f64,
    /// The reference of each build. Files of schema 1 lack it: it was the first build.
    #[serde(default)]
    pub against: Against,
    /// The builds, in the order in which they were named.
    #[serde(alias = "subjects")]
    pub builds: Vec<ComparedBuild>,
}

impl From<Record> for Comparison {
    /// Computes the verdicts.
    fn from(Record { origin, plan, clock, threshold_percent, against, builds }: Record) -> Self {
        let builds: Vec<ComparedBuild> = builds.into_iter().map(ComparedBuild::with_passes).collect();
        let measurements: Vec<&[Measurement]> = builds.iter().map(|build| build.measurements.as_slice()).collect();
        let rounds = Rounds { links: links(&builds), planned: plan.rounds, ..clock.into() };
        let differences = differences(&measurements, &against, &plan.groups(), rounds, threshold_percent);
        let typical = typical(&differences, &plan.levels, &against, |_| threshold_percent);
        let counts: Vec<&[Counts]> = builds.iter().map(|build| build.counts.as_slice()).collect();
        let count_differences = counted::count_differences(&counts, &against, &plan.groups());
        let schema = SCHEMA;
        Self {
            schema,
            origin,
            plan,
            clock,
            threshold_percent,
            against,
            builds,
            differences,
            typical,
            count_differences,
        }
    }
}

impl Versioned for Comparison {
    const KIND: &str = "compare";
    const WHAT: &str = "a comparison";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Comparison {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn chart(&self) -> Option<String> {
        self.plan.is_timed().then(|| chart::draw(self))
    }

    fn metrics(&self) -> Vec<Metric> {
        let measurements =
            self.builds.iter().flat_map(|build| build.measurements.iter().map(move |measurement| (build, measurement)));
        let times = measurements.flat_map(|(build, measurement)| {
            metrics::of_measurement(&format!("{}/{}", metrics::name(measurement), build.name), measurement)
        });
        times.chain(counts_report::metrics(self)).chain(soaks::metrics(self)).collect()
    }

    fn origins(&self) -> Vec<(&'static str, &Origin)> {
        vec![("", &self.origin)]
    }

    fn control_failure(&self) -> Option<ControlFailure> {
        control_failure(self.builds.iter().flat_map(|build| &build.measurements), self.clock)
    }

    fn left_out(&self) -> Vec<String> {
        let measurements =
            self.builds.iter().flat_map(|build| build.measurements.iter().map(move |measurement| (build, measurement)));
        let failed = measurements.filter_map(|(build, measurement)| {
            metrics::left_out(&format!("{}/{}", metrics::name(measurement), build.name), measurement)
        });
        let not_built = self
            .builds
            .iter()
            .filter_map(|build| Some(format!("{} is left out: {}", build.name, build.not_built.as_ref()?.why)));
        failed.chain(counts_report::left_out(self)).chain(not_built).collect()
    }
}

impl Comparison {
    /// Recomputes the verdicts from the same pairs, with other references or another threshold if given.
    #[must_use]
    pub fn judged(self, against: Option<Against>, threshold_percent: Option<f64>) -> Self {
        let Self { origin, plan, clock, builds, .. } = self;
        let against = against.unwrap_or(self.against);
        let threshold_percent = threshold_percent.unwrap_or(self.threshold_percent);
        Record { origin, plan, clock, threshold_percent, against, builds }.into()
    }

    /// Returns the differences by an estimator, from the same pairs. The comparison's own are by the overhead.
    pub fn differences_by(&self, estimator: Estimator) -> Vec<Difference> {
        let measurements: Vec<&[Measurement]> = self.builds.iter().map(|build| build.measurements.as_slice()).collect();
        let rounds = Rounds { estimator, links: links(&self.builds), planned: self.plan.rounds, ..self.clock.into() };
        differences(&measurements, &self.against, &self.plan.groups(), rounds, self.threshold_percent)
    }

    /// Returns the number of comparisons for Holm's correction.
    pub fn comparisons(&self) -> usize {
        self.differences.iter().filter(|difference| difference.probability.is_some()).count()
    }

    /// Returns the difference of a build on a workload at a level; `None` for a reference, and without a figure.
    pub fn difference(&self, build: usize, workload: Workload, level: Level) -> Option<&Difference> {
        let wanted = (build, workload, level);
        self.differences.iter().find(|found| (found.build, found.workload, found.level) == wanted)
    }

    /// Returns the difference of a build's counts on a workload at a level; `None` for a reference, and without counts.
    pub fn count_difference(&self, build: usize, workload: Workload, level: Level) -> Option<&CountDifference> {
        let wanted = (build, workload, level);
        let is_wanted =
            |found: &&CountDifference| (found.build, found.difference.workload, found.difference.level) == wanted;
        self.count_differences.iter().find(is_wanted)
    }

    /// Returns the typical change of a build at a level.
    pub fn typical_change(&self, build: usize, level: Level) -> Option<&Typical> {
        self.typical.iter().find(|found| (found.build, found.level) == (build, level))
    }

    /// Returns the geometric mean of a build's overheads at a level, and the number of workloads in the mean; `None`
    /// without a figure.
    pub fn typical_overhead(&self, build: usize, level: Level) -> Option<(Estimate, usize)> {
        let measurements = self.builds.get(build)?.measurements.iter().filter(|measurement| measurement.level == level);
        let overheads: Vec<(&Measurement, Estimate)> =
            measurements.filter_map(|measurement| Some((measurement, self.overhead(measurement)?))).collect();
        Some((estimate::typical(&overheads, self.clock)?, overheads.len()))
    }

    /// Returns a measurement's overhead by the comparison's time; `None` if it failed, or has too few pairs.
    pub fn overhead(&self, measurement: &Measurement) -> Option<Estimate> {
        measurement.overhead().filter(|_| measurement.failure().is_none())?.by(self.clock)
    }

    /// Returns the noise floor with its measurement: the overhead farthest from 1 of untracked against itself in the
    /// first measured build.
    pub fn noise_floor(&self) -> Option<(&Measurement, Estimate)> {
        let measurements = self.builds.iter().flat_map(|build| &build.measurements);
        let noise = measurements.filter(|measurement| measurement.level == Level::Untracked);
        noise
            .filter_map(|measurement| Some((measurement, self.overhead(measurement)?)))
            .max_by(|a, b| a.1.abs_log_ratio().total_cmp(&b.1.abs_log_ratio()))
    }
}

/// Returns the number of links of each build. Links have the same number in all builds.
fn links(builds: &[ComparedBuild]) -> usize {
    let linked = builds.iter().map(|build| build.links.len()).filter(|&links| links > 0);
    linked.min().unwrap_or(1)
}

/// One build of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComparedBuild {
    /// Its name.
    pub name: String,
    /// A commit's build line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The build's own description; `None` if there is none.
    #[serde(alias = "subject")]
    pub memscope: Option<MemscopeBuild>,
    /// The reason for a build that could not be compiled.
    pub not_built: Option<NotBuilt>,
    /// The commit of a build that has no description, in the same form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The seeds of the orders of its functions, one for each of its links, which the rounds ran by turns: the pair of
    /// round r ran link r modulo their number. Rounds are numbered across passes, and pass p of n begins at the plan's
    /// rounds × p ÷ n. Empty for one link in the usual order, as in all files of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<u32>,
    /// The measurements, in the order of the groups; empty if it was not built.
    #[serde(alias = "cells")]
    pub measurements: Vec<Measurement>,
    /// The counts, in the order of the groups; empty if nothing was counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<Counts>,
    /// The soaks, one for each level; empty if nothing was soaked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub soaks: Vec<Soak>,
    /// In files before schema 3, the number of each measurement's pairs in the first of two batches, which are its
    /// passes.
    #[serde(default, skip_serializing)]
    pub first_batch: Vec<usize>,
}

impl ComparedBuild {
    /// Returns a build that was measured, or not built.
    pub fn new(
        name: String,
        about: Option<String>,
        program: Result<MemscopeBuild, NotBuilt>,
        measurements: Vec<Measurement>,
    ) -> Self {
        let (memscope, not_built) = program.map_or_else(|why| (None, Some(why)), |memscope| (Some(memscope), None));
        let (commit, links, counts, soaks, first_batch) = Default::default();
        Self { name, about, memscope, not_built, commit, links, measurements, counts, soaks, first_batch }
    }

    /// Returns the build with its commit, if it has no description that names it.
    #[must_use]
    pub fn of_commit(self, commit: Option<String>) -> Self {
        Self { commit: commit.filter(|_| self.memscope.is_none()), ..self }
    }

    /// Returns the full hash of the commit that its sources are from, if it is known.
    pub fn commit(&self) -> Option<&str> {
        self.memscope.as_ref().and_then(|memscope| memscope.commit.as_deref()).or(self.commit.as_deref())
    }

    /// Returns the build with the seeds of its links.
    #[must_use]
    pub fn linked(self, links: Vec<u32>) -> Self {
        Self { links, ..self }
    }

    /// Returns the build with its counts.
    #[must_use]
    pub fn counted(self, counts: Vec<Counts>) -> Self {
        Self { counts, ..self }
    }

    /// Returns the build with its soaks.
    #[must_use]
    pub fn soaked(self, soaks: Vec<Soak>) -> Self {
        Self { soaks, ..self }
    }

    /// Turns the batches of an earlier schema into passes.
    fn with_passes(mut self) -> Self {
        for (measurement, first) in self.measurements.iter_mut().zip(std::mem::take(&mut self.first_batch)) {
            if measurement.passes.is_empty() {
                measurement.passes = vec![first, measurement.pairs.len()];
            }
        }
        self
    }
}
