//! The report of trackers: a table for each workload, and the notes that a reader needs.

use crate::report::document::{Document, Table, left, right};
use crate::report::number;
use crate::schedule::measurement::Cell;
use crate::study::overhead;
use crate::study::trackers::{Flight, Ladder};
use crate::tracking::{Level, RecordingKind};
use crate::worker::failure::Failure;

/// Returns the report: a table for each workload, and the notes that a reader needs.
pub fn summary(ladder: &Ladder) -> Document {
    let mut document = Document::default();
    for flight in ladder.flights() {
        document.heading(heading(&flight));
        document.table(table(&flight));
    }
    let mut notes = rungs(ladder);
    if ladder.0.cells.iter().any(|cell| cell.level == Level::JemallocProfiler) {
        notes.push(
            "jemalloc is another heap than the other trackers have: its profiler costs the difference between \
             jemalloc-profiler and jemalloc."
                .to_owned(),
        );
    }
    notes.push(
        "A counter keeps two or three numbers, a recorder something of each event, a sampler of few: compare like with \
         like. Fidelity is events recorded ÷ events that happened."
            .to_owned(),
    );
    notes.extend(overhead::summary::notes(&ladder.0));
    document.notes(notes);
    document
}

/// The workload of a flight, and its time untracked.
pub(crate) fn heading(flight: &Flight<'_>) -> String {
    let time = flight.untracked_ns.map_or("unknown".to_owned(), number::time);
    format!("{}, {time} untracked", flight.workload)
}

/// Returns the overhead of a tracker in words, or its outcome.
pub(crate) fn overhead(cell: &Cell) -> String {
    match (&cell.failure, &cell.overhead) {
        (Some(failure @ Failure::Unsupported { .. }), _) => failure.to_string(),
        (Some(failure), _) => failure.label(),
        (None, Some(overhead)) => number::overhead(overhead.wall),
        (None, None) => cell.lack(),
    }
}

fn table(flight: &Flight<'_>) -> Table {
    let mut table = Table::new([
        left("tracker"),
        left("records"),
        left("overhead [95 %]"),
        right("ns/allocation"),
        right("fidelity"),
        right("peak memory"),
    ]);
    for cell in &flight.rungs {
        let [_, _, level, _, _, ns, fidelity, memory] = overhead::summary::row(cell, "", false);
        let level = if cell.level.is_memscope() { format!("{level} (memscope)") } else { level };
        table.row([level, takes_note(cell.level), overhead(cell), ns, fidelity, memory]);
    }
    table
}

/// Returns what a level records; a dash where it tracks nothing.
pub(crate) fn takes_note(level: Level) -> String {
    match level.records() {
        RecordingKind::Nothing => "—".to_owned(),
        kind => kind.to_string(),
    }
}

/// Describes each tracker, a line each.
fn rungs(ladder: &Ladder) -> Vec<String> {
    let mut levels: Vec<Level> = Vec::new();
    for flight in ladder.flights() {
        for cell in flight.rungs {
            if !levels.contains(&cell.level) {
                levels.push(cell.level);
            }
        }
    }
    levels.sort();
    levels.into_iter().map(|level| format!("{level}: {}.", level.about())).collect()
}
