//! The report of trackers: an overview of all workloads, a table for each workload, and notes.

use crate::platform::list::each_once;
use crate::report::document::{Document, Table, left, right};
use crate::report::number;
use crate::schedule::measurement::Measurement;
use crate::study::overhead;
use crate::study::trackers::{Ranking, Trackers, overview, own};
use crate::tracking::{Level, RecordingKind};
use crate::worker::failure::Failure;

/// Returns the report: an overview if there are several workloads, a table for each, and notes.
pub fn summary(trackers: &Trackers) -> Document {
    let mut document = Document::default();
    let rankings = trackers.rankings();
    let has_overview = rankings.len() > 1;
    if has_overview {
        document.notes(overview::sentences(trackers));
        document.heading("All workloads");
        document.table(overview::table(trackers));
    }
    for ranking in rankings {
        document.heading(heading(&ranking));
        document.table(table(trackers, &ranking));
    }
    if !trackers.own.is_empty() {
        document.heading("Trackers of other crates");
        document.table(own::table(&trackers.own));
    }
    let mut notes = descriptions(trackers);
    if trackers.results.measurements.iter().any(|measurement| measurement.level == Level::JemallocProfiler) {
        notes.push(
            "jemalloc uses a different heap from the other trackers: its profiler costs the difference between \
             jemalloc-profiler and jemalloc."
                .to_owned(),
        );
    }
    notes.push(
        "Compare trackers that record the same: a counter keeps two or three numbers, and a sampler keeps few events."
            .to_owned(),
    );
    notes.extend((!trackers.own.is_empty()).then(|| own::NOTE.to_owned()));
    notes.extend(has_overview.then(|| overview::NOTE.to_owned()));
    notes.extend(overhead::summary::notes(&trackers.results));
    document.notes(notes);
    document
}

/// Returns the workload of a ranking, with its untracked time.
pub(crate) fn heading(ranking: &Ranking<'_>) -> String {
    let time = ranking.untracked_ns.map_or("unknown".to_owned(), number::time);
    format!("{}, {time} untracked", ranking.workload)
}

/// Returns the overhead of a tracker in words, or its outcome.
pub(crate) fn overhead(measurement: &Measurement) -> String {
    match (measurement.failure(), measurement.overhead()) {
        (Some(failure @ Failure::Unsupported { .. }), _) => failure.to_string(),
        (Some(failure), _) => failure.label(),
        (None, Some(overhead)) => number::overhead(overhead.wall),
        (None, None) => measurement.lack(),
    }
}

fn table(trackers: &Trackers, ranking: &Ranking<'_>) -> Table {
    let mut table = Table::new([
        left("tracker"),
        left("records"),
        left("overhead [95 %]"),
        right("ns/allocation").short("ns/alloc"),
        right("fidelity"),
        right("peak memory").short("memory"),
        right("page faults").short("faults"),
    ]);
    for measurement in &ranking.measurements {
        let [_, _, _, _, _, ns, _, fidelity, memory, faults] = overhead::summary::row(measurement, "");
        table.row([
            name(measurement.level),
            takes_note(trackers.records(measurement.level)),
            overhead(measurement),
            ns,
            fidelity,
            memory,
            faults,
        ]);
    }
    table
}

/// Returns the name of a tracker, with a mark if it is memscope.
pub(super) fn name(level: Level) -> String {
    if level.is_memscope() { format!("{level} (memscope)") } else { level.to_string() }
}

/// Returns what a tracker records in words; a dash if it tracks nothing.
pub(crate) fn takes_note(records: RecordingKind) -> String {
    match records {
        RecordingKind::Nothing => "—".to_owned(),
        kind => kind.to_string(),
    }
}

/// Describes each tracker, a line each.
fn descriptions(trackers: &Trackers) -> Vec<String> {
    let rankings = trackers.rankings().into_iter();
    let mut levels = each_once(rankings.flat_map(|ranking| ranking.measurements).map(|measurement| measurement.level));
    levels.sort();
    levels.into_iter().map(|level| format!("{level}: {}.", trackers.about(level))).collect()
}
