//! Latency: the times that one of 1,000 and one of 10,000 calls exceeds.

use super::super::Record;
use super::super::axis::Axis;
use super::super::resolution::Thresholds;
use super::super::row::{Place, Row, judgement};
use crate::stats::median::{median, median_interval};
use crate::stats::sign_test::sign_test;
use crate::study::calls::latency::{Latency, Operation, Quantiles};
use crate::study::compare::decision;
use crate::study::counts::Judgement;

/// The axes, with their quantiles.
const SHOWN: [(Axis, f64); 2] = [(Axis::Latency, 0.999), (Axis::RareLatency, 0.9999)];
/// The probability of a difference between equal builds, for each quantile of each operation.
const FALSE_ALARM: f64 = 0.002;

pub(super) fn rows(record: &Record, thresholds: &Thresholds) -> Vec<Row> {
    let [base, head] = &record.latencies;
    let of_level = |(base, head): (&Latency, &Latency)| {
        let each = SHOWN.iter().flat_map(|&shown| Operation::TOLD.map(|operation| (shown, operation)));
        each.map(|((axis, quantile), operation)| row(base, head, axis, quantile, operation, thresholds))
            .collect::<Vec<_>>()
    };
    base.iter().zip(head).flat_map(of_level).collect()
}

/// Returns the row of a quantile. Processes of the same number ran next to each other, with the same blocks.
fn row(
    base: &Latency,
    head: &Latency,
    axis: Axis,
    quantile: f64,
    operation: Operation,
    thresholds: &Thresholds,
) -> Row {
    let place = Place::other(operation.name(), base.level);
    if let Some(failure) = base.failure.as_ref().or(head.failure.as_ref()) {
        return Row::unknown(axis, place, failure.to_string());
    }
    let at = Quantiles::place(quantile);
    let times = |latency: &Latency| -> Vec<f64> {
        latency.processes.iter().map(|seen| operation.of(seen).at(at).max(1) as f64).collect()
    };
    let [before, after] = [base, head].map(times);
    let logs: Vec<f64> = before.iter().zip(&after).map(|(base, head)| (head / base).ln()).collect();
    let (Some(change), Some(probability)) = (median_interval(logs.iter().map(|log| log.exp())), sign_test(&logs))
    else {
        return Row::unknown(axis, place, "too few processes");
    };
    let threshold_percent = thresholds.percent(axis, place.level);
    let judgement =
        judgement(decision(change, probability < FALSE_ALARM, threshold_percent), Some(change), threshold_percent);
    Row {
        base: median(before),
        head: median(after),
        change: Some(change),
        threshold_percent,
        detectable_percent: Some(threshold_percent.max(((change.high / change.low).sqrt() - 1.0) * 100.0)),
        judgement,
        why: (judgement == Judgement::Unknown).then(|| "the processes of one build differ as much".to_owned()),
        ..Row::begin(axis, place)
    }
}
