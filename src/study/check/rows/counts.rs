//! Counted axes: instructions, cache misses, page faults.

use super::super::Record;
use super::super::axis::Axis;
use super::super::resolution::Thresholds;
use super::super::row::{Place, Row};
use crate::stats::estimate::Estimate;
use crate::study::counts::{Change, Counts, Judgement, differences};

pub(super) fn rows(record: &Record, thresholds: &Thresholds) -> Vec<Row> {
    let [base, head] = &record.counts;
    let of_difference = |difference: &crate::study::counts::Difference| {
        let place = Place::workload(difference.workload, difference.level);
        let changes = difference.changes.iter();
        changes.filter_map(|change| row(change, &place, thresholds)).collect::<Vec<_>>()
    };
    let of_failure = |head: &Counts| {
        failed(base.iter().find(|base| (base.workload, base.level) == (head.workload, head.level))?, head)
    };
    differences(base, head).iter().flat_map(of_difference).chain(head.iter().filter_map(of_failure)).collect()
}

/// Returns the row of a workload and level that could not be counted in one of the builds: worse if only the head
/// failed, and unknown if both did.
fn failed(base: &Counts, head: &Counts) -> Option<Row> {
    let (judgement, failure) = match (&base.failure, &head.failure) {
        (None, Some(failure)) => (Judgement::Worse, failure),
        (Some(failure), None) => (Judgement::Better, failure),
        (Some(_), Some(failure)) => (Judgement::Unknown, failure),
        (None, None) => return None,
    };
    let axis = if head.workload.is_parallel() { Axis::PageFaults } else { Axis::Instructions };
    Some(Row { judgement, ..Row::unknown(axis, Place::workload(head.workload, head.level), failure.to_string()) })
}

/// Returns the row of a change; `None` for a metric without verdicts, and for a metric that was left out on purpose.
fn row(change: &Change, place: &Place, thresholds: &Thresholds) -> Option<Row> {
    let axis = Axis::of_metric(change.metric)?;
    let (base, head) = (change.base?, change.head?);
    let allowed = thresholds.percent(axis, place.level).max(change.threshold_percent.unwrap_or(0.0));
    let is_beyond = change.ratio.is_none_or(|ratio| (ratio - 1.0).abs() * 100.0 > allowed);
    let judgement = if is_beyond { change.judgement } else { Judgement::Same };
    Some(Row {
        base: Some(base),
        head: Some(head),
        change: change.ratio.map(|value| Estimate { value, low: value, high: value }),
        threshold_percent: allowed,
        detectable_percent: Some(allowed),
        judgement,
        ..Row::begin(axis, place.clone())
    })
}
