//! Memory: bytes for each live allocation, bytes kept of each event, and the peak of resident memory.

use super::super::Record;
use super::super::axis::Axis;
use super::super::resolution::Thresholds;
use super::super::row::{Place, Row, judgement};
use crate::schedule::measurement::{Measurement, Pair};
use crate::stats::estimate::Estimate;
use crate::stats::median::median_interval;
use crate::study::compare::decision;
use crate::study::counts::Judgement;
use crate::study::footprint::Footprint;

/// Fewer bytes are no finding: a map that doubles a little earlier moves the figure by as much.
const LEAST_LIVE: f64 = 0.5;
const LEAST_KEPT: f64 = 0.1;

pub(super) fn rows(record: &Record, thresholds: &Thresholds) -> Vec<Row> {
    let [base, head] = &record.footprints;
    let exact = base.iter().zip(head).flat_map(|(base, head)| exact(base, head, thresholds));
    exact.chain(record.first_measurements().filter_map(|[base, head]| peak(base, head, thresholds))).collect()
}

fn exact(base: &Footprint, head: &Footprint, thresholds: &Thresholds) -> Vec<Row> {
    let place = || Place::workload(base.workload, base.level);
    let of = |axis, figure: fn(&Footprint) -> Option<Estimate>, least| {
        let failure = [base, head].into_iter().find_map(|footprint| footprint.failure.as_ref());
        if let Some(failure) = failure {
            return Some(Row::unknown(axis, place(), failure.to_string()));
        }
        let figures = [figure(base)?.value, figure(head)?.value];
        Some(Row::exact(axis, place(), figures, thresholds.percent(axis, Some(base.level)), least))
    };
    let live = of(Axis::LiveBytes, Footprint::bytes_per_live_allocation, LEAST_LIVE);
    let kept = of(Axis::KeptBytes, Footprint::bytes_per_event, LEAST_KEPT);
    live.into_iter().chain(kept).collect()
}

/// Returns the row of the peak of resident memory, from the rounds of the first stage.
fn peak(base: &Measurement, head: &Measurement, thresholds: &Thresholds) -> Option<Row> {
    let peaks = |measurement: &Measurement| -> Vec<Option<f64>> {
        let ratio = |pair: &Pair| {
            Some(pair.tracked.peak_rss_bytes? as f64 / pair.untracked.peak_rss_bytes.filter(|&bytes| bytes > 0)? as f64)
        };
        measurement.pairs.iter().map(ratio).collect()
    };
    let [before, after] = [base, head].map(peaks);
    let change = median_interval(before.iter().zip(&after).filter_map(|(base, head)| Some((*head)? / (*base)?)))?;
    let [base_peak, head_peak] =
        [before, after].map(|peaks| median_interval(peaks.into_iter().flatten()).map(|peak| peak.value));
    let threshold_percent = thresholds.percent(Axis::PeakMemory, Some(base.level));
    let judgement = judgement(decision(change, true, threshold_percent), Some(change), threshold_percent);
    Some(Row {
        base: base_peak,
        head: head_peak,
        change: Some(change),
        threshold_percent,
        detectable_percent: Some(threshold_percent.max((change.high / change.low).ln() * 50.0)),
        judgement,
        why: (judgement == Judgement::Unknown).then(|| "too few rounds for its interval".to_owned()),
        ..Row::begin(Axis::PeakMemory, Place::workload(base.workload, base.level))
    })
}
