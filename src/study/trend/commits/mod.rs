//! Memscope's commits: the overhead of each relative to the others, from all differences that were measured side by
//! side, and the steps between neighbouring commits.
//!
//! Least squares combine the differences of several runs and machines ([`crate::stats::offsets`]). A step is a
//! regression or an improvement if, among the steps of all lanes, it is a discovery at a false-discovery rate of 5 %,
//! its interval excludes no change, and it exceeds the threshold.

mod order;

use super::differences::{Difference, Kept};
use crate::platform::git::Commit;
use crate::platform::list::each_once;
use crate::platform::system::Machine;
use crate::schedule::measurement::Clock;
use crate::stats::discovery::discoveries;
use crate::stats::estimate::{Estimate, STANDARD_ERRORS};
use crate::stats::offsets::{self, Part};
use crate::stats::student::tails;
use crate::study::compare::{Verdict, decision};
use crate::tracking::Level;
use crate::workloads::Workload;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The false-discovery rate: the maximum expected share of false steps among the reported ones.
const FALSE_DISCOVERIES: f64 = 0.05;

/// The commits in a file of differences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Commits {
    /// The path of the file.
    pub file: String,
    /// The number of an incomplete last line, which was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken_line: Option<usize>,
    /// The threshold of a step, in percent.
    pub threshold_percent: f64,
    /// The commits. Each comes after those that it was compared with.
    pub list: Vec<Commit>,
    /// The runs, in order of appearance.
    pub runs: Vec<Run>,
    /// The commits' overheads, for each workload under each level.
    pub lanes: Vec<CommitLane>,
}

/// A run of `history`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The time at which it began.
    pub started: DateTime<Utc>,
    /// Its machine.
    pub machine: Machine,
}

/// The kind of work whose overhead a lane follows. Differences of other work are no evidence for it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kind {
    /// The workload.
    pub workload: Workload,
    /// The level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The time whose ratios are compared.
    pub clock: Clock,
    /// The factor of the scale.
    pub scale: f64,
    /// The threads of each pool; `None` for a workload that has no pool.
    pub threads: Option<usize>,
}

/// One workload under one level through the commits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommitLane {
    /// The kind of work.
    #[serde(flatten)]
    pub kind: Kind,
    /// The number of differences.
    pub differences: usize,
    /// The indexes of the runs.
    pub runs: Vec<usize>,
    /// χ² of the runs against the estimates.
    pub chi_square: f64,
    /// Its degrees of freedom; 0 if each difference was measured in only one run.
    pub freedom: usize,
    /// The commits, in parts that no difference connects. Each part has its own first commit.
    pub parts: Vec<Vec<CommitPoint>>,
}

/// A commit in a lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommitPoint {
    /// The index of the commit.
    pub commit: usize,
    /// The commit's overhead ÷ the overhead of the part's first commit.
    pub ratio: Estimate,
    /// The step to it; `None` for a first commit.
    pub step: Option<Step>,
}

/// The step from a commit's reference to the commit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The index of the reference.
    pub since: usize,
    /// The overhead ÷ the reference's overhead.
    pub ratio: Estimate,
    /// The false-discovery rate at which the step is a discovery.
    pub probability: f64,
    /// The verdict.
    pub verdict: Verdict,
}

impl CommitLane {
    /// Returns the factor by which disagreement of the runs widened the intervals.
    pub(crate) fn widening(&self) -> f64 {
        if self.freedom == 0 { 1.0 } else { (self.chi_square / self.freedom as f64).max(1.0).sqrt() }
    }

    /// Returns the points of all parts.
    pub(crate) fn points(&self) -> impl Iterator<Item = &CommitPoint> {
        self.parts.iter().flatten()
    }
}

impl Commits {
    /// Estimates the overheads of these workloads at these levels from the differences of a file. An empty list selects
    /// all.
    pub(crate) fn of(file: String, kept: Kept, workloads: &[Workload], tracking: &[Level], threshold: f64) -> Self {
        let is_requested = |difference: &Difference| {
            (workloads.is_empty() || workloads.contains(&difference.workload))
                && (tracking.is_empty() || tracking.contains(&difference.level))
        };
        let differences: Vec<Difference> = kept.differences.into_iter().filter(is_requested).collect();
        let list = order::commits(&differences);
        let mut runs: Vec<Run> = Vec::new();
        for Difference { started, machine, .. } in &differences {
            if !runs.iter().any(|run| run.is(*started, machine)) {
                runs.push(Run { started: *started, machine: machine.clone() });
            }
        }
        let mut lanes: Vec<CommitLane> =
            kinds(&differences).into_iter().map(|kind| lane(kind, &differences, &list, &runs)).collect();
        judge(&mut lanes, threshold);
        Self { file, broken_line: kept.broken, threshold_percent: threshold, list, runs, lanes }
    }

    /// Returns the kind and the index of what a lane names and the file lacks; `None` if it has everything.
    pub(super) fn missing(&self) -> Option<(&'static str, usize)> {
        let points = self.lanes.iter().flat_map(CommitLane::points);
        let commits = points.flat_map(|point| [Some(point.commit), point.step.map(|step| step.since)]);
        let commit = commits.flatten().find(|&commit| commit >= self.list.len());
        let run = self.lanes.iter().flat_map(|lane| &lane.runs).find(|&&run| run >= self.runs.len());
        commit.map(|commit| ("commit", commit)).or(run.map(|&run| ("run", run)))
    }

    /// Returns the machines, each once, in order of appearance.
    pub(crate) fn machines(&self) -> Vec<&Machine> {
        let mut machines: Vec<&Machine> = Vec::new();
        for run in &self.runs {
            if !machines.iter().any(|machine| machine.is(&run.machine)) {
                machines.push(&run.machine);
            }
        }
        machines
    }
}

impl Run {
    fn is(&self, started: DateTime<Utc>, machine: &Machine) -> bool {
        self.started == started && self.machine.is(machine)
    }
}

impl Kind {
    fn of(difference: &Difference) -> Self {
        let &Difference { workload, level, clock, scale, threads, .. } = difference;
        Self { workload, level, clock, scale, threads: workload.is_parallel().then_some(threads) }
    }

    /// Returns the name of a lane among others, with its clock, scale and threads if they distinguish it.
    pub(crate) fn name(&self, among: &[CommitLane]) -> String {
        let like = || {
            among.iter().map(|lane| lane.kind).filter(|kind| (kind.workload, kind.level) == (self.workload, self.level))
        };
        let mut name = format!("{}/{}", self.workload, self.level);
        if self.clock == Clock::Cpu {
            name += " by CPU time";
        }
        if like().any(|kind| kind.scale != self.scale) {
            name += &format!(" at scale {}", self.scale);
        }
        if let Some(threads) = self.threads.filter(|_| like().any(|kind| kind.threads != self.threads)) {
            name += &format!(" with {threads} threads");
        }
        name
    }
}

/// Returns the kinds of work in differences, in the order of workloads and levels.
fn kinds(differences: &[Difference]) -> Vec<Kind> {
    let mut kinds = each_once(differences.iter().map(Kind::of));
    kinds.sort_by(|a, b| {
        let rest = |kind: &Kind| (kind.level, kind.clock == Clock::Cpu, kind.threads);
        a.workload.cmp(&b.workload).then(rest(a).cmp(&rest(b))).then(a.scale.total_cmp(&b.scale))
    });
    kinds
}

/// Estimates one lane, without verdicts.
fn lane(kind: Kind, differences: &[Difference], commits: &[Commit], runs: &[Run]) -> CommitLane {
    let place = |hash: &str| commits.iter().position(|commit| commit.hash == hash).expect("each commit is listed");
    let mut by_run: BTreeMap<usize, Vec<offsets::Difference>> = BTreeMap::new();
    // The latest reference of each commit: a run that skips commits compares across them.
    let mut references: BTreeMap<usize, usize> = BTreeMap::new();
    for difference in differences.iter().filter(|difference| Kind::of(difference) == kind) {
        let [of, to] = [&difference.commit, &difference.against].map(|commit| place(&commit.hash));
        let run = runs.iter().position(|run| run.is(difference.started, &difference.machine));
        let (log, error, rounds) = (difference.log_ratio, difference.log_error, difference.rounds);
        by_run.entry(run.expect("each run is listed")).or_default().push(offsets::Difference {
            of,
            to,
            log,
            error,
            rounds,
        });
        if difference.back == 1 {
            let reference = references.entry(of).or_insert(to);
            *reference = to.max(*reference);
        }
    }
    let (runs, measured): (Vec<usize>, Vec<Vec<offsets::Difference>>) = by_run.into_iter().unzip();
    let found = offsets::offsets(&measured);
    CommitLane {
        kind,
        differences: measured.iter().map(Vec::len).sum(),
        runs,
        chi_square: found.chi_square,
        freedom: found.freedom,
        parts: found.parts.iter().map(|part| points(part, &references)).collect(),
    }
}

/// Returns the points of a part, without verdicts.
fn points(part: &Part, references: &BTreeMap<usize, usize>) -> Vec<CommitPoint> {
    let step = |commit: usize| {
        let since = *references.get(&commit)?;
        let (log, error) = part.difference(commit, since)?;
        let probability = probability(log, error, part.freedom);
        Some(Step { since, ratio: ratio(log, error), probability, verdict: Verdict::Inconclusive })
    };
    let point = |&commit: &usize| {
        let (log, error) = part.difference(commit, part.nodes[0])?;
        Some(CommitPoint { commit, ratio: ratio(log, error), step: step(commit) })
    };
    part.nodes.iter().filter_map(point).collect()
}

/// Returns the probability of such a difference of equal commits. Without any error every difference is sure.
fn probability(log: f64, error: f64, freedom: usize) -> f64 {
    if error > 0.0 { tails(log / error, freedom) } else { f64::from(u8::from(log == 0.0)) }
}

fn ratio(log: f64, error: f64) -> Estimate {
    let half = error * STANDARD_ERRORS / 2.0;
    Estimate { value: log.exp(), low: (log - half).exp(), high: (log + half).exp() }
}

/// Corrects the probabilities of all steps together, and gives each its verdict.
fn judge(lanes: &mut [CommitLane], threshold: f64) {
    let steps =
        lanes.iter_mut().flat_map(|lane| lane.parts.iter_mut().flatten()).filter_map(|point| point.step.as_mut());
    let mut steps: Vec<&mut Step> = steps.collect();
    let probabilities: Vec<f64> = steps.iter().map(|step| step.probability).collect();
    for (step, probability) in steps.iter_mut().zip(discoveries(&probabilities)) {
        step.probability = probability;
        step.verdict = decision(step.ratio, probability < FALSE_DISCOVERIES, threshold);
    }
}

#[cfg(test)]
mod tests;
