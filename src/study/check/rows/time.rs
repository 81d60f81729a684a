//! Time: CPU time and wall time, from the rounds of all stages.

use super::super::Record;
use super::super::axis::Axis;
use super::super::resolution::Thresholds;
use super::super::row::{Place, Row, judgement};
use super::super::timing::times;
use crate::schedule::estimate::ns_per_allocation;
use crate::schedule::measurement::{Clock, Measurement};
use crate::stats::median::median;
use crate::study::compare::{Difference, Typical};
use crate::study::counts::Judgement;
use crate::tracking::Level;
use crate::workloads::Workload;

pub(super) fn rows(record: &Record, thresholds: &Thresholds) -> Vec<Row> {
    let times = times(&record.stages, record.links, &record.plan.budget);
    let cpu = times.cpu.iter().map(|found| row(record, found, Axis::CpuTime, Clock::Cpu, thresholds));
    let wall = times.wall.iter().map(|found| row(record, found, Axis::WallTime, Clock::Wall, thresholds));
    let typical = times.typical.iter().map(|found| typical_row(found, thresholds));
    let failures = record.plan.groups().into_iter().filter_map(|group| failed(record, group));
    let of_allocation = record.plan.groups().into_iter().filter_map(|group| allocation(record, group));
    typical.chain(cpu).chain(wall).chain(failures).chain(of_allocation).collect()
}

fn row(record: &Record, found: &Difference, axis: Axis, clock: Clock, thresholds: &Thresholds) -> Row {
    let place = Place::workload(found.workload, found.level);
    let threshold_percent = thresholds.percent(axis, place.level);
    let [base, head] = [0, 1].map(|build| overhead(record, build, (found.workload, found.level), clock));
    let judgement = judgement(found.verdict, found.ratio, threshold_percent);
    Row {
        base,
        head,
        change: found.ratio,
        threshold_percent,
        detectable_percent: found.detectable_percent,
        judgement,
        why: (judgement == Judgement::Unknown).then(|| format!("{} rounds are too few to decide", found.rounds)),
        ..Row::begin(axis, place)
    }
}

/// Returns the row of the typical change at a level: the geometric mean over workloads, with the threshold of one.
fn typical_row(found: &Typical, thresholds: &Thresholds) -> Row {
    let level = Some(found.level);
    let threshold_percent = thresholds.percent(Axis::CpuTime, level);
    let judgement = judgement(found.verdict, Some(found.ratio), threshold_percent);
    Row {
        change: Some(found.ratio),
        threshold_percent,
        detectable_percent: found.detectable_percent,
        judgement,
        why: (judgement == Judgement::Unknown).then(|| "too few rounds for an interval".to_owned()),
        ..Row::begin(Axis::CpuTime, Place { of: None, level })
    }
}

/// Returns the row of a group in which a probe failed: worse if only the head failed, even if the rest is faster.
fn failed(record: &Record, (workload, level): (Workload, Level)) -> Option<Row> {
    let [base, head] = [0, 1].map(|build| {
        record.measurements(build, (workload, level)).find_map(|measurement| measurement.failure().cloned())
    });
    let why = head.as_ref().or(base.as_ref())?.to_string();
    let judgement = match (&base, &head) {
        (None, Some(_)) => Judgement::Worse,
        (Some(_), None) => Judgement::Better,
        _ => Judgement::Unknown,
    };
    Some(Row { judgement, ..Row::unknown(Axis::CpuTime, Place::workload(workload, level), why) })
}

/// Returns the row of the CPU time of an allocation, which only a budget judges.
fn allocation(record: &Record, (workload, level): (Workload, Level)) -> Option<Row> {
    let is_limited = record.plan.budget.limit.iter().any(|limit| limit.axis == Axis::AllocationTime);
    let [base, head] = [0, 1].map(|build| {
        let Measurement { pairs, passes, allocations, .. } = record.measurements(build, (workload, level)).next()?;
        ns_per_allocation(pairs, passes, *allocations).map(|ns| ns.value)
    });
    let row = Row { base, head, ..Row::begin(Axis::AllocationTime, Place::workload(workload, level)) };
    (is_limited && level != Level::Untracked).then_some(Row { judgement: Judgement::Same, ..row })
}

/// Returns the median overhead of a build in all stages.
fn overhead(record: &Record, build: usize, group: (Workload, Level), clock: Clock) -> Option<f64> {
    let pairs = record.measurements(build, group).flat_map(|measurement| &measurement.pairs);
    median(pairs.map(|pair| pair.ratio(clock)).filter(|ratio| ratio.is_finite()))
}
