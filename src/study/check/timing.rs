//! The time axes: rounds of the base and the head, taken in stages. Each stage measures the groups whose verdict is
//! still open, and the last one ends with the check's time.
//!
//! All stages of a group are judged together, by the rule of a comparison. A group is settled before the end if its
//! interval lies within the threshold, which gives no false alarm, or if its change is so significant that looking
//! several times hardly adds false alarms: at each look except the last, the corrected probability must be below one in
//! a thousand (Haybittle, 1971; Peto and others, 1976).

use super::axis::Axis;
use super::budget::Budget;
use crate::schedule::measurement::{Clock, Measurement};
use crate::study::compare::{
    Against, Difference, Estimator, Rounds, Typical, Undecided, Verdict, judged, typical, undecided,
};
use crate::tracking::Level;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The number of stages.
const STAGES: usize = 4;
/// The number of rounds of each group in the first stage, which measures the duration of a round: two in each pass.
const FIRST_ROUNDS: usize = 12;
/// The maximum number of rounds of a group in a stage.
const MAX_ROUNDS: usize = 600;
/// The maximum probability of a change that is settled before the end.
const EARLY: f64 = 0.001;

/// A stage: the rounds of some groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// The rounds of each group, over all passes.
    pub rounds: usize,
    /// The groups, in order.
    pub groups: Vec<(Workload, Level)>,
    /// The measurements of the base and of the head.
    pub measurements: [Vec<Measurement>; 2],
}

/// Takes the rounds of a stage: the machine, or kept pairs in its place.
pub trait Source {
    /// The error of a stage.
    type Error;

    /// Returns the remaining time.
    fn left(&self) -> Duration;

    /// Returns the measurements of the base and of the head.
    ///
    /// # Errors
    /// If the rounds cannot be taken.
    fn take(&mut self, groups: &[(Workload, Level)], rounds: usize) -> Result<[Vec<Measurement>; 2], Self::Error>;
}

/// The differences of the time axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Times {
    /// The differences by CPU time.
    pub cpu: Vec<Difference>,
    /// The differences by wall time, of parallel workloads: only wall time shows waiting.
    pub wall: Vec<Difference>,
    /// The typical differences by CPU time, over all workloads of a level.
    pub typical: Vec<Typical>,
}

/// Takes stages until every group is settled or the time is over.
///
/// # Errors
/// If a stage cannot be taken.
pub fn measure<S: Source>(
    source: &mut S,
    groups: &[(Workload, Level)],
    links: usize,
    budget: &Budget,
) -> Result<Vec<Stage>, S::Error> {
    let mut stages: Vec<Stage> = Vec::new();
    let mut open = groups.to_vec();
    let mut of_a_round = Duration::ZERO;
    for number in 0..STAGES {
        let left = source.left();
        let for_stage = left / (STAGES - number) as u32;
        let rounds = if number == 0 {
            FIRST_ROUNDS
        } else {
            let of_all = of_a_round * open.len() as u32;
            let rounds = for_stage.as_secs_f64() / of_all.as_secs_f64().max(1e-9);
            // Complete turns of all links give each link the same weight.
            let turns = (rounds as usize).min(MAX_ROUNDS) / links.max(1);
            turns * links.max(1)
        };
        if open.is_empty() || rounds < FIRST_ROUNDS.min(links.max(6)) {
            break;
        }
        let measurements = source.take(&open, rounds)?;
        of_a_round = left.saturating_sub(source.left()) / (open.len() * rounds) as u32;
        stages.push(Stage { rounds, groups: open, measurements });
        let times = times(&stages, links, budget);
        let is_open = |&group: &(Workload, Level)| !is_settled(&times, group, budget);
        open = groups.iter().copied().filter(is_open).collect();
    }
    Ok(stages)
}

/// Returns the differences over all stages.
pub fn times(stages: &[Stage], links: usize, budget: &Budget) -> Times {
    let of_clock = |clock: Clock, axis, wanted: fn(Workload) -> bool| {
        let rounds = Rounds { links, ..clock.into() };
        over_stages(stages, rounds, wanted, |level| budget.threshold_percent(axis, Some(level)))
    };
    let cpu = of_clock(Clock::Cpu, Axis::CpuTime, |_| true);
    let wall = of_clock(Clock::Wall, Axis::WallTime, Workload::is_parallel);
    // One correction covers both: a false alarm of either would fail the check.
    let of_cpu = cpu.len();
    let mut cpu = judged(cpu.into_iter().chain(wall).collect());
    let wall = cpu.split_off(of_cpu);
    let mut levels: Vec<Level> = cpu.iter().map(|found| found.level).collect();
    levels.sort_unstable();
    levels.dedup();
    let threshold = |level| budget.threshold_percent(Axis::CpuTime, Some(level));
    let typical = typical(&cpu, &levels, &Against::First, threshold);
    Times { cpu, wall, typical }
}

/// Returns the differences of the CPU time over all stages by an estimator.
pub(super) fn times_by(estimator: Estimator, stages: &[Stage], links: usize, budget: &Budget) -> Vec<Difference> {
    let rounds = Rounds { estimator, links, ..Clock::Cpu.into() };
    judged(over_stages(stages, rounds, |_| true, |level| budget.threshold_percent(Axis::CpuTime, Some(level))))
}

/// Returns the differences of workloads over all stages, before they are judged together.
fn over_stages(
    stages: &[Stage],
    rounds: Rounds,
    wanted: fn(Workload) -> bool,
    threshold: impl Fn(Level) -> f64,
) -> Vec<Undecided> {
    let mut found: Vec<Undecided> = Vec::new();
    for stage in stages {
        let rounds = Rounds { planned: stage.rounds, ..rounds };
        let builds = stage.measurements.each_ref().map(Vec::as_slice);
        for later in undecided(&builds, &Against::First, &stage.groups, rounds, &threshold) {
            let Difference { workload, level, .. } = later.difference;
            let is_it =
                |known: &&mut Undecided| (known.difference.workload, known.difference.level) == (workload, level);
            match found.iter_mut().find(is_it) {
                Some(known) => known.extend(later),
                None if wanted(workload) => found.push(later),
                None => {}
            }
        }
    }
    found
}

/// Returns whether more rounds would hardly change the verdicts on a group.
fn is_settled(times: &Times, group: (Workload, Level), budget: &Budget) -> bool {
    let of_group = |found: &&Difference| (found.workload, found.level) == group;
    let of = |found: &Difference, axis| {
        let is_sure = found.probability.is_some_and(|probability| probability < EARLY);
        match (found.ratio, found.verdict) {
            (None, _) => true,
            (Some(_), Verdict::Regression | Verdict::Improvement) => is_sure,
            (Some(ratio), _) => ratio.is_within(budget.threshold_percent(axis, Some(group.1))),
        }
    };
    let settled = |rows: &[Difference], axis| rows.iter().filter(of_group).all(|found| of(found, axis));
    settled(&times.cpu, Axis::CpuTime) && settled(&times.wall, Axis::WallTime)
}

#[cfg(test)]
mod tests;
