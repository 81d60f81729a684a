//! Fidelity: the share of events that each build records.

use super::super::Record;
use super::super::axis::Axis;
use super::super::resolution::Thresholds;
use super::super::row::{Place, Row};
use crate::schedule::measurement::Measurement;
use crate::study::counts::Judgement;

/// The smallest change of racing threads that counts, in percent: they lose and gain an event now and then.
const MIN_PERCENT_OF_THREADS: f64 = 0.05;
/// The smallest change of a single-threaded workload that counts: it has the same events in each run.
const MIN_CHANGE: f64 = 1e-6;

pub(super) fn rows(record: &Record, thresholds: &Thresholds) -> Vec<Row> {
    record.first_measurements().filter_map(|[base, head]| row(base, head, thresholds)).collect()
}

fn row(base: &Measurement, head: &Measurement, thresholds: &Thresholds) -> Option<Row> {
    let place = Place::workload(base.workload, base.level);
    let Some(figures) = base.fidelity.zip(head.fidelity) else {
        // A level that records nothing has no fidelity in either build.
        let lost = base.fidelity.is_some() || head.fidelity.is_some();
        return lost.then(|| Row::unknown(Axis::Fidelity, place, "unknown in one of the builds"));
    };
    let worst = [right(figures.0), right(figures.1)];
    let judged = if base.workload.is_parallel() {
        let percent = thresholds.percent(Axis::Fidelity, place.level).max(MIN_PERCENT_OF_THREADS);
        let row = Row::exact(Axis::Fidelity, place, worst, percent, MIN_PERCENT_OF_THREADS / 100.0);
        of_threads(row, [base, head].map(Spread::of))
    } else {
        // The machine's resolution is of racing threads; these counts are exact.
        let percent = thresholds.budget.threshold_percent(Axis::Fidelity, place.level);
        Row::exact(Axis::Fidelity, place, worst, percent, MIN_CHANGE)
    };
    Some(Row { base: Some(figures.0), head: Some(figures.1), ..judged })
}

/// Returns how right a fidelity is, at most 1: recording an event twice is as wrong as missing it.
fn right(fidelity: f64) -> f64 {
    1.0 - (fidelity - 1.0).abs()
}

/// The range of how right the counted probes of a build are.
#[derive(Clone, Copy, Debug)]
struct Spread {
    low: f64,
    high: f64,
}

impl Spread {
    /// Returns the range; `None` if the probes are not known one by one.
    fn of(measurement: &Measurement) -> Option<Self> {
        let probes = || measurement.fidelities.iter().map(|&fidelity| right(fidelity));
        Some(Self { low: probes().min_by(f64::total_cmp)?, high: probes().max_by(f64::total_cmp)? })
    }
}

/// Judges the fidelity of racing threads, which differs between probes of one build. The row compares the worst probes;
/// a verdict also requires that all probes of one build are farther from all of the other's than the threshold. Of six
/// equal probes against six, all lie on one side in one of 462 cases.
fn of_threads(row: Row, spreads: [Option<Spread>; 2]) -> Row {
    let unless_same = |row: Row, why: &str| match row.judgement {
        Judgement::Same => row,
        _ => Row { judgement: Judgement::Unknown, why: Some(why.to_owned()), ..row },
    };
    let (Some(worst), [Some(base), Some(head)]) = (row.base, spreads) else {
        return unless_same(row, "the file has only the worst probe of each build");
    };
    let allowed = (MIN_PERCENT_OF_THREADS / 100.0).max(worst.abs() * row.threshold_percent / 100.0);
    let spread = (base.high - base.low).max(head.high - head.low);
    // The worst probes must differ by the spread, too.
    let detectable_percent = row.detectable_percent.map(|least| least + spread / worst.abs() * 100.0);
    let row = Row { detectable_percent, ..row };
    let are_apart = head.high + allowed < base.low || base.high + allowed < head.low;
    if are_apart { row } else { unless_same(row, "probes of one build differ as much") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::measurement::Series;
    use crate::study::check::{Budget, Resolution};
    use crate::tracking::Level;
    use crate::worker::probe::Request;
    use crate::workloads::Workload;
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    /// Returns a build whose probes have these fidelities.
    fn build(workload: Workload, probes: &[f64]) -> Measurement {
        let request = Request::at(None, workload, Level::Full, 2);
        let mut measurement = Measurement::new(Series::Overhead, &request);
        measurement.set_fidelity(&probes.iter().copied().map(Some).collect::<Vec<_>>());
        measurement
    }

    /// Returns six probes of racing threads that record this share of their events, and up to 2 % more.
    fn racing(share: f64, rng: &mut Pcg64Mcg) -> Measurement {
        build(Workload::CONCURRENT, &std::array::from_fn::<_, 6, _>(|_| share + rng.random_range(0.0..0.02)))
    }

    fn judged(base: &Measurement, head: &Measurement, resolutions: &[Resolution]) -> Row {
        let thresholds = Thresholds { budget: &Budget::default(), resolutions };
        row(base, head, &thresholds).expect("both are known")
    }

    #[test]
    fn equal_builds_with_racing_threads_are_hardly_ever_worse() {
        let mut rng = Pcg64Mcg::seed_from_u64(1);
        let mut check = || judged(&racing(0.93, &mut rng), &racing(0.93, &mut rng), &[]);
        let rows: Vec<Row> = (0..1_000).map(|_| check()).collect();
        let count = |judgement| rows.iter().filter(|row| row.judgement == judgement).count();
        let [worse, better] = [Judgement::Worse, Judgement::Better].map(count);
        assert!(worse + better <= 5, "{worse} worse, {better} better");
        let open = rows.iter().find(|row| row.judgement == Judgement::Unknown).expect("most differ by chance");
        assert_eq!(open.why.as_deref(), Some("probes of one build differ as much"));
    }

    #[test]
    fn racing_threads_that_record_less_are_worse() {
        let mut rng = Pcg64Mcg::seed_from_u64(2);
        let mut judgement = |base, head| judged(&racing(base, &mut rng), &racing(head, &mut rng), &[]).judgement;
        for _ in 0..100 {
            assert_eq!(judgement(0.93, 0.90), Judgement::Worse);
            assert_eq!(judgement(0.90, 0.93), Judgement::Better);
            // Too many events are as wrong as too few.
            assert_eq!(judgement(0.97, 1.05), Judgement::Worse);
        }
        let exact = build(Workload::CONCURRENT, &[1.0; 6]);
        assert_eq!(judged(&exact, &build(Workload::CONCURRENT, &[0.9996; 6]), &[]).judgement, Judgement::Same);
        assert_eq!(judged(&exact, &build(Workload::CONCURRENT, &[0.9994; 6]), &[]).judgement, Judgement::Worse);
        let one = build(Workload::CONCURRENT, &[1.0, 0.5, 0.5, 0.5, 0.5, 0.5]);
        assert_eq!(judged(&exact, &one, &[]).judgement, Judgement::Unknown, "one probe is as good");
    }

    #[test]
    fn a_machine_s_resolution_is_of_racing_threads_alone() {
        let resolutions = [Resolution { axis: Axis::Fidelity, level: Some(Level::Full), percent: 2.0 }];
        let six = |fidelity: f64| build(Workload::CONCURRENT, &[fidelity; 6]);
        assert_eq!(judged(&six(0.95), &six(0.92), &[]).judgement, Judgement::Worse);
        assert_eq!(judged(&six(0.95), &six(0.92), &resolutions).judgement, Judgement::Same);
        assert_eq!(judged(&six(0.95), &six(0.90), &resolutions).judgement, Judgement::Worse);
        let [before, after] = [1.0, 0.9999].map(|fidelity| build(Workload::CYCLES, &[fidelity]));
        assert_eq!(judged(&before, &after, &resolutions).judgement, Judgement::Worse, "its counts are exact");
    }

    #[test]
    fn a_file_without_single_probes_shows_no_change_of_racing_threads() {
        let earlier = |fidelity| Measurement { fidelities: Vec::new(), ..build(Workload::CONCURRENT, &[fidelity; 6]) };
        assert_eq!(judged(&earlier(1.0), &earlier(0.99999), &[]).judgement, Judgement::Same);
        assert_eq!(judged(&earlier(0.95), &earlier(0.93), &[]).judgement, Judgement::Unknown);
    }
}
