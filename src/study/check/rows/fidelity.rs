//! Fidelity: the share of events that each build records.

use super::super::Record;
use super::super::axis::Axis;
use super::super::resolution::Thresholds;
use super::super::row::{Place, Row};
use crate::schedule::measurement::Measurement;

/// Racing threads lose and gain an event now and then.
const MIN_CHANGE_OF_THREADS: f64 = 5e-4;
/// A single-threaded workload has the same events in each run.
const MIN_CHANGE: f64 = 1e-6;

pub(super) fn rows(record: &Record, thresholds: &Thresholds) -> Vec<Row> {
    record.first_measurements().filter_map(|[base, head]| row(base, head, thresholds)).collect()
}

fn row(base: &Measurement, head: &Measurement, thresholds: &Thresholds) -> Option<Row> {
    let place = Place::workload(base.workload, base.level);
    // Recording an event twice is as wrong as missing it.
    let right = |fidelity: f64| 1.0 - (fidelity - 1.0).abs();
    let Some(figures) = base.fidelity.zip(head.fidelity) else {
        // A level that records nothing has no fidelity in either build.
        let lost = base.fidelity.is_some() || head.fidelity.is_some();
        return lost.then(|| Row::unknown(Axis::Fidelity, place, "unknown in one of the builds"));
    };
    let least = if base.workload.is_parallel() { MIN_CHANGE_OF_THREADS } else { MIN_CHANGE };
    let percent = thresholds.percent(Axis::Fidelity, place.level);
    let judged = Row::exact(Axis::Fidelity, place, [right(figures.0), right(figures.1)], percent, least);
    Some(Row { base: Some(figures.0), head: Some(figures.1), ..judged })
}
