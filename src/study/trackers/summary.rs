//! The ladder as text: a table for each workload, what the rungs are, and what a reader must know below it.

use crate::report::number;
use crate::schedule::measurement::Cell;
use crate::study::overhead;
use crate::study::overhead::summary::Form;
use crate::study::trackers::{Flight, Ladder};
use crate::tracking::{Level, RecordingKind};
use crate::worker::failure::Failure;
use comfy_table::{CellAlignment, Table};

/// The tables, and the notes below them.
pub fn draw(ladder: &Ladder, form: Form) -> String {
    let mut parts = Vec::new();
    for flight in ladder.flights() {
        let mark = if form == Form::Markdown { "### " } else { "" };
        parts.push(format!("{mark}{}", heading(&flight)));
        parts.push(of_flight(&flight, form));
    }
    let mut notes = rungs(ladder);
    if ladder.0.cells.iter().any(|cell| cell.level == Level::JemallocProfiler.into()) {
        notes.push(
            "jemalloc is another heap than all other rungs have: its profiler costs what jemalloc-profiler shows beyond \
             jemalloc."
                .to_owned(),
        );
    }
    notes.push(
        "A counter keeps two or three numbers, a recorder something of each event, a sampler of few: compare like with like. \
         Fidelity is events recorded ÷ events that happened."
            .to_owned(),
    );
    parts.push(form.notes(&notes));
    parts.push(overhead::summary::notes(&ladder.0, form));
    parts.join(form.between())
}

/// The workload of a flight, and its time untracked.
pub(crate) fn heading(flight: &Flight<'_>) -> String {
    let time = flight.untracked_ns.map_or("unknown".to_owned(), number::time);
    format!("{}, {time} untracked", flight.workload)
}

/// What the overhead of a rung is in words, or why it has none.
pub(crate) fn overhead(cell: &Cell) -> String {
    match (&cell.failure, &cell.overhead) {
        (Some(failure @ Failure::Unsupported { .. }), _) => failure.to_string(),
        (Some(failure), _) => failure.label(),
        (None, Some(overhead)) => number::overhead(overhead.wall),
        (None, None) => cell.lack(),
    }
}

fn of_flight(flight: &Flight<'_>, form: Form) -> String {
    let mut table = Table::new();
    table.load_style(form.style());
    table.set_header(["rung", "takes note", "overhead [95 %]", "ns/allocation", "fidelity", "peak memory"]);
    for cell in &flight.rungs {
        let [_, _, level, _, _, ns, fidelity, memory] = overhead::summary::row(cell, "", false);
        let level = if cell.level.is_memscope() { format!("{level} (memscope)") } else { level };
        table.add_row(form.row([level, takes_note(cell.level), overhead(cell), ns, fidelity, memory]));
    }
    for numeric in [3, 4, 5] {
        table.column_mut(numeric).expect("the header has six").set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// What a level takes note of; a dash where there is nothing that could.
pub(crate) fn takes_note(level: Level) -> String {
    match level.records() {
        RecordingKind::Nothing => "—".to_owned(),
        kind => kind.to_string(),
    }
}

/// What each rung is, a line each.
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
