//! Memory: bytes for each live allocation, bytes kept for each event, and peak resident memory.

use super::super::Record;
use super::super::axis::Axis;
use super::super::resolution::Thresholds;
use super::super::row::{Place, Row, judgement};
use crate::schedule::measurement::{Measurement, Pair};
use crate::stats::estimate::Estimate;
use crate::stats::median::median_interval;
use crate::stats::passes::t_interval_at;
use crate::study::compare::decision;
use crate::study::counts::Judgement;
use crate::study::footprint::{Footprint, Point};

/// Smaller differences are ignored: a map that doubles a little earlier changes the figure by as much.
const LEAST_LIVE: f64 = 0.5;
const LEAST_KEPT: f64 = 0.1;

/// The probability that equal builds do not seem to differ. A check has tens of such rows.
const SURE: f64 = 0.999;

pub(super) fn rows(record: &Record, thresholds: &Thresholds) -> Vec<Row> {
    let [base, head] = &record.footprints;
    let exact = base.iter().zip(head).flat_map(|(base, head)| exact(base, head, thresholds));
    exact.chain(record.first_measurements().filter_map(|[base, head]| peak(base, head, thresholds))).collect()
}

fn exact(base: &Footprint, head: &Footprint, thresholds: &Thresholds) -> Vec<Row> {
    let place = || Place::workload(base.workload, base.level);
    let of = |axis, figure: fn(&Footprint) -> Option<Estimate>, bytes: fn(&Point) -> u64, least| {
        let failure = [base, head].into_iter().find_map(|footprint| footprint.failure.as_ref());
        if let Some(failure) = failure {
            return Some(Row::unknown(axis, place(), failure.to_string()));
        }
        let figures = [figure(base)?.value, figure(head)?.value];
        let row = Row::exact(axis, place(), figures, thresholds.percent(axis, Some(base.level)), least);
        let judgement = if differ(base, head, bytes) { row.judgement } else { Judgement::Same };
        Some(Row { judgement, ..row })
    };
    let live = of(Axis::LiveBytes, Footprint::bytes_per_live_allocation, |point| point.peak_bytes, LEAST_LIVE);
    let kept = of(Axis::KeptBytes, Footprint::bytes_per_event, |point| point.kept_bytes, LEAST_KEPT);
    live.into_iter().chain(kept).collect()
}

/// Returns whether the bytes of two builds differ over all scales, by a t test of their log ratios. Counts are exact,
/// but a tracker's hash maps have random seeds, so bytes of few events differ between runs of one program.
fn differ(base: &Footprint, head: &Footprint, bytes: fn(&Point) -> u64) -> bool {
    let pairs = base.points.iter().zip(&head.points).map(|(base, head)| [bytes(base), bytes(head)]);
    let counted = pairs.filter(|pair| !pair.contains(&0));
    let logs: Vec<f64> = counted.map(|[base, head]| (head as f64 / base as f64).ln()).collect();
    if logs.len() < 2 {
        // If one build takes nothing, there is no ratio.
        return true;
    }
    let (low, high) = t_interval_at(SURE, &logs);
    low > 0.0 || high < 0.0
}

/// Returns the row of peak resident memory, from the rounds of the first stage.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::Level;
    use crate::workloads::Workload;

    fn footprint(bytes: impl Fn(u64) -> f64) -> Footprint {
        let point = |number: u64| Point {
            scale: number as f64,
            events: number,
            fidelity: Some(1.0),
            live_allocations: number,
            peak_bytes: bytes(number) as u64,
            kept_bytes: 0,
        };
        Footprint {
            workload: Workload::STRUCTURES,
            level: Level::Variables,
            threads: 1,
            seed: 1,
            points: (8..31).map(point).collect(),
            peaks: Vec::new(),
            failure: None,
        }
    }

    #[test]
    fn what_differs_at_every_scale_differs() {
        let peak: fn(&Point) -> u64 = |point| point.peak_bytes;
        let base = footprint(|number| 100_000.0 * number as f64);
        // A map's seed changes the bytes of a scale by 3 % either way, once more up than down.
        let noisy = |number: u64| 100_000.0 * number as f64 * if number.is_multiple_of(2) { 1.03 } else { 0.97 };
        let more = |number: u64| noisy(number) * 1.06;
        assert!(!differ(&base, &base, peak));
        assert!(!differ(&base, &footprint(noisy), peak));
        assert!(differ(&base, &footprint(more), peak));
        assert!(differ(&base, &footprint(|number| 101_500.0 * number as f64), peak));
        assert!(differ(&base, &footprint(more), |point| point.kept_bytes), "one that keeps nothing");
    }
}
