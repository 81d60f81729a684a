//! Latency: the times that one of 1,000 and one of 10,000 calls exceeds.

use super::super::Record;
use super::super::axis::Axis;
use super::super::resolution::Thresholds;
use super::super::row::{Place, Row};
use crate::stats::median::{median, median_interval};
use crate::stats::sign_test::{LEVEL, sign_test};
use crate::study::calls::latency::{Latency, Operation, Quantiles};
use crate::study::compare::shift_that_is_found;

/// The axes, with their quantiles.
const SHOWN: [(Axis, f64); 2] = [(Axis::Latency, 0.999), (Axis::RareLatency, 0.9999)];
/// The number of comparisons by which the probability of a false alarm is divided.
const COMPARISONS: usize = 25;
/// The probability of a difference between equal builds, for each quantile of each operation.
const FALSE_ALARM: f64 = LEVEL / COMPARISONS as f64;

pub(super) fn rows(record: &Record, thresholds: &Thresholds) -> Vec<Row> {
    let [base, head] = &record.latencies;
    let of_level = |(base, head): (&Latency, &Latency)| {
        let each = SHOWN.iter().flat_map(|&shown| Operation::REPORTED.map(|operation| (shown, operation)));
        each.map(|((axis, quantile), operation)| row(base, head, axis, quantile, operation, thresholds))
            .collect::<Vec<_>>()
    };
    base.iter().zip(head).flat_map(of_level).collect()
}

/// Returns the row of a quantile. The n-th processes of both builds ran back to back, with the same blocks.
fn row(
    base: &Latency,
    head: &Latency,
    axis: Axis,
    quantile: f64,
    operation: Operation,
    thresholds: &Thresholds,
) -> Row {
    let place = Place::other(operation.name(), base.level);
    if let Some(row) = Row::of_failures(axis, &place, [base, head].map(|latency| latency.failure.as_ref())) {
        return row;
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
    let shift = median(logs.iter().copied()).and_then(|middle| shift_that_is_found(&logs, middle, COMPARISONS));
    let (is_sure, unsure) = (probability < FALSE_ALARM, "processes of the same build differ as much");
    Row {
        base: median(before),
        head: median(after),
        ..Row::of_signs(axis, place, change, is_sure, shift, threshold_percent, unsure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::calls::latency::{Observed, QUANTILES};
    use crate::study::check::Budget;
    use crate::tracking::Level;

    /// Returns processes with these times of every call.
    fn latency(times: [u64; 16]) -> Latency {
        let process = |time: u64| {
            let all = Quantiles([time; QUANTILES.len()]);
            Observed { allocating: all, freeing: all, timing: all, means: None, step_ns: Some(1) }
        };
        Latency { level: Level::Allocator, threads: 1, processes: times.map(process).to_vec(), failure: None }
    }

    #[test]
    fn the_detectable_change_is_one_that_the_sign_test_would_find() {
        let detectable = |head: [u64; 16]| {
            let thresholds = Thresholds { budget: &Budget::default(), resolutions: &[] };
            let (base, head) = (latency([1_000; 16]), latency(head));
            let row = row(&base, &head, Axis::Latency, 0.999, Operation::Allocating, &thresholds);
            row.detectable_percent.expect("sixteen processes")
        };
        assert_eq!(detectable([1_000; 16]), Axis::Latency.threshold_percent(), "without noise");
        // Fifteen of sixteen must agree, so one slow process hides no change, and two hide any change that is smaller
        // than theirs. The interval of the median leaves out three on each side, so it shows neither.
        let with = |slow: usize| std::array::from_fn(|place| if place < slow { 2_000 } else { 1_000 });
        assert_eq!(detectable(with(1)), Axis::Latency.threshold_percent());
        assert!(detectable(with(2)) > 90.0, "{}", detectable(with(2)));
    }
}
