//! Memory: bytes for each live allocation, bytes kept for each event, and peak resident memory.

use super::super::Record;
use super::super::axis::Axis;
use super::super::resolution::Thresholds;
use super::super::row::{Place, Row};
use crate::schedule::measurement::{Measurement, Pair};
use crate::stats::estimate::Estimate;
use crate::stats::median::{median, median_interval};
use crate::stats::sign_test::{LEVEL, holm, sign_test};
use crate::stats::student::Mean;
use crate::study::compare::shift_that_is_found;
use crate::study::counts::Judgement;
use crate::study::footprint::{Footprint, Point};

/// Smaller differences are ignored: a map that doubles a little earlier changes the figure by as much.
const MIN_LIVE: f64 = 0.5;
const MIN_KEPT: f64 = 0.1;

/// The probability that equal builds do not seem to differ. A check has tens of such rows.
const SURE: f64 = 0.999;

pub(super) fn rows(record: &Record, thresholds: &Thresholds) -> Vec<Row> {
    let [base, head] = &record.footprints;
    let exact = base.iter().zip(head).flat_map(|(base, head)| exact(base, head, thresholds));
    exact.chain(peaks(record.first_measurements(), thresholds)).collect()
}

fn exact(base: &Footprint, head: &Footprint, thresholds: &Thresholds) -> Vec<Row> {
    let place = || Place::workload(base.workload, base.level);
    let of = |axis, figure: fn(&Footprint) -> Option<Estimate>, bytes: fn(&Point) -> u64, least| {
        let failures = [base, head].map(|footprint| footprint.failure.as_ref());
        if let Some(row) = Row::of_failures(axis, &place(), failures) {
            return Some(row);
        }
        let figures = [figure(base)?.value, figure(head)?.value];
        let row = Row::exact(axis, place(), figures, thresholds.percent(axis, Some(base.level)), least);
        let judgement = if differ(base, head, bytes) { row.judgement } else { Judgement::Same };
        Some(Row { judgement, ..row })
    };
    let live = of(Axis::LiveBytes, Footprint::bytes_per_live_allocation, |point| point.peak_bytes, MIN_LIVE);
    let kept = of(Axis::KeptBytes, Footprint::bytes_per_event, |point| point.kept_bytes, MIN_KEPT);
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
    let (low, high) = Mean::of(&logs).interval_at(SURE);
    low > 0.0 || high < 0.0
}

/// Returns the rows of the peak of resident memory, from the rounds of the first stage. Each row has a sign test, with
/// one correction for all rows, like the rows of time.
fn peaks<'a>(measurements: impl Iterator<Item = [&'a Measurement; 2]>, thresholds: &Thresholds) -> Vec<Row> {
    let all: Vec<Peaks> = measurements.filter_map(|[base, head]| Peaks::of(base, head)).collect();
    let signs: Vec<Option<f64>> = all.iter().map(|peaks| sign_test(&peaks.logs)).collect();
    let comparisons = all.len();
    let rows = all.into_iter().zip(holm(&signs));
    rows.map(|(peaks, probability)| peaks.row(probability, comparisons, thresholds)).collect()
}

/// The peaks of resident memory of a workload at a level.
struct Peaks {
    place: Place,
    /// The median ratio of tracked ÷ untracked, of the base and of the head.
    figures: [Option<f64>; 2],
    /// The head's ratio ÷ the base's.
    change: Estimate,
    /// The logarithms of the same in each round.
    logs: Vec<f64>,
}

impl Peaks {
    /// Returns the peaks of the base and the head; `None` if too few rounds have them.
    fn of(base: &Measurement, head: &Measurement) -> Option<Self> {
        let peaks = |measurement: &Measurement| -> Vec<Option<f64>> {
            let known = |bytes: Option<u64>| bytes.filter(|&bytes| bytes > 0).map(|bytes| bytes as f64);
            let ratio = |pair: &Pair| Some(known(pair.tracked.peak_rss_bytes)? / known(pair.untracked.peak_rss_bytes)?);
            measurement.pairs.iter().map(ratio).collect()
        };
        let [before, after] = [peaks(base), peaks(head)];
        let ratios = before.iter().zip(&after).filter_map(|(base, head)| Some((*head)? / (*base)?));
        let ratios: Vec<f64> = ratios.collect();
        let change = median_interval(ratios.iter().copied())?;
        let figures = [before, after].map(|peaks| median(peaks.into_iter().flatten()));
        let logs = ratios.iter().map(|ratio| ratio.ln()).collect();
        Some(Self { place: Place::workload(base.workload, base.level), figures, change, logs })
    }

    /// Returns the row. `probability` is corrected for `comparisons` comparisons.
    fn row(self, probability: Option<f64>, comparisons: usize, thresholds: &Thresholds) -> Row {
        let Self { place, figures: [base, head], change, logs } = self;
        let threshold_percent = thresholds.percent(Axis::PeakMemory, place.level);
        let is_sure = probability.is_some_and(|probability| probability < LEVEL);
        let shift = shift_that_is_found(&logs, change.value.ln(), comparisons);
        let unsure = "too few rounds agree";
        Row { base, head, ..Row::of_signs(Axis::PeakMemory, place, change, is_sure, shift, threshold_percent, unsure) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::measurement::{Sample, Series};
    use crate::study::check::Budget;
    use crate::tracking::Level;
    use crate::worker::probe::Request;
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
    fn memory_is_compared_over_all_scales() {
        let peak: fn(&Point) -> u64 = |point| point.peak_bytes;
        let base = footprint(|number| 100_000.0 * number as f64);
        // A map's seed changes the bytes of a scale by 3 % either way, once more up than down.
        let noisy = |number: u64| 100_000.0 * number as f64 * if number.is_multiple_of(2) { 1.03 } else { 0.97 };
        let more = |number: u64| noisy(number) * 1.06;
        assert!(!differ(&base, &base, peak));
        assert!(!differ(&base, &footprint(noisy), peak));
        assert!(differ(&base, &footprint(more), peak));
        assert!(differ(&base, &footprint(|number| 101_500.0 * number as f64), peak));
        assert!(differ(&base, &footprint(more), |point| point.kept_bytes), "zero bytes have no ratio");
    }

    /// Ten of twelve rounds have a higher peak in the head, p = 0.039: significant for one row, and not after the
    /// correction for two.
    #[test]
    fn peaks_are_corrected_for_the_number_of_rows() {
        let measurement = |peaks: [u64; 12]| {
            let request = Request::at(None, Workload::LEAKS, Level::Full, 1);
            let sample = |bytes| Sample { peak_rss_bytes: Some(bytes), ..Sample::default() };
            let pair = |bytes: u64| Pair { untracked_first: true, untracked: sample(1_000), tracked: sample(bytes) };
            Measurement { pairs: peaks.map(pair).to_vec(), ..Measurement::new(Series::Overhead, &request) }
        };
        let base = measurement([2_000; 12]);
        let head = measurement(std::array::from_fn(|round| if round < 2 { 1_900 } else { 2_100 }));
        let thresholds = Thresholds { budget: &Budget::default(), resolutions: &[] };
        let judged = |rows: usize| {
            let rows = peaks(std::iter::repeat_n([&base, &head], rows), &thresholds);
            rows.iter().map(|row| row.judgement).collect::<Vec<_>>()
        };
        assert_eq!(judged(1), [Judgement::Worse]);
        assert_eq!(judged(2), [Judgement::Unknown; 2]);
        let all_higher = measurement([2_100; 12]);
        let rows = peaks(std::iter::repeat_n([&base, &all_higher], 16), &thresholds);
        assert!(rows.iter().all(|row| row.judgement == Judgement::Worse), "all twelve agree");
        assert_eq!(rows[0].detectable_percent, Some(3.0), "without noise");
    }
}
