//! The table of footprints, for a terminal and as Markdown, with what a reader must know below it.

use crate::platform::text;
use crate::report::number;
use crate::stats::estimate::Estimate;
use crate::study::footprint::{Footprint, Footprints, OfSubject, PEAKS, STEPS};
use crate::study::overhead::summary::{Form, circumstances};
use crate::study::overhead::warnings;
use crate::worker::failure::Failure;
use comfy_table::{CellAlignment, Table};

/// The footprints as text: a table for each subject, and the notes below them.
pub fn draw(footprints: &Footprints, form: Form) -> String {
    let mut parts = Vec::new();
    for subject in &footprints.subjects {
        let mark = if form == Form::Markdown { "## " } else { "" };
        let name = subject.subject.as_ref().map_or(subject.name.clone(), ToString::to_string);
        parts.push(format!("{mark}{}", form.line(&name)));
        parts.push(match &subject.not_built {
            Some(why) => form.line(&format!("not built: {why}")),
            None => table(&subject.cells, form),
        });
    }
    parts.push(notes(footprints, form));
    parts.join(form.between())
}

fn table(cells: &[Footprint], form: Form) -> String {
    let mut table = Table::new();
    table.load_style(form.style());
    table.set_header([
        "workload",
        "threads",
        "level",
        "fidelity",
        "events",
        "B/live allocation [95 %]",
        "B/event kept [95 %]",
        "kept at the end",
        "peak memory [95 %]",
    ]);
    let mut above = String::new();
    for cell in cells {
        let name = cell.workload.to_string();
        let shown = if form == Form::Terminal && name == above { "" } else { &name };
        table.add_row(form.row(row(cell, shown)));
        above = name;
    }
    for numeric in [1, 3, 4, 5, 6, 7, 8] {
        table.column_mut(numeric).expect("the header has nine").set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

fn row(cell: &Footprint, name: &str) -> [String; 9] {
    let largest = cell.points.last();
    let is_whole = cell.failure.is_none();
    let known = |figure: Option<String>, otherwise: &str| {
        if is_whole { figure.unwrap_or_else(|| otherwise.to_owned()) } else { String::new() }
    };
    [
        name.to_owned(),
        cell.threads.to_string(),
        cell.level.to_string(),
        cell.failure.as_ref().map_or_else(|| number::fidelity(cell.fidelity()), |failure| failure.label()),
        known(largest.map(|point| number::grouped(point.events)), "unknown"),
        known(cell.bytes_per_live_allocation().map(slope), "—"),
        known(cell.bytes_per_event().map(slope), "unknown"),
        known(largest.map(|point| number::bytes(point.kept_bytes as f64)), "unknown"),
        known(cell.peak_memory().map(peak), "unknown"),
    ]
}

/// A slope in bytes and its interval.
fn slope(Estimate { value, low, high }: Estimate) -> String {
    let [value, low, high] = [value, low, high].map(|bytes| {
        let text = number::decimal(bytes, if bytes.abs() < 99.95 { 1 } else { 0 });
        text.trim_end_matches(".0").to_owned()
    });
    format!("{value} [{low}, {high}]")
}

fn peak(Estimate { value, low, high }: Estimate) -> String {
    let [value, low, high] = [value, low, high].map(number::factor);
    format!("×{value} [{low}, {high}]")
}

fn notes(footprints: &Footprints, form: Form) -> String {
    let mut lines = warnings::of_origin(&footprints.origin);
    for note in footprints.subjects.iter().flat_map(failure_notes) {
        // What a version lacks, it lacks in every cell.
        if !lines.contains(&note) {
            lines.push(note);
        }
    }
    lines.push(format!(
        "Each row is from {} scales, from half to four times the workload's own. Fidelity: where it is farthest from 1. Events: \
         allocations and deallocations, under `variables` named values, at the largest scale.",
        STEPS.len()
    ));
    lines.push(
        "B/live allocation: by how much the tracker's most bytes grow with the program's most live allocations (Sen's slope); — \
         where those hardly grow with the scale. Of a tracker that keeps something of every event, that is in it too."
            .to_owned(),
    );
    lines.push(
        "B/event kept: by how much the bytes that the tracker still has when all of the program's are freed grow with the \
         events ever made. A map that never shrinks keeps the room of its fullest moment: where live allocations \
         grow with the events, that is in it."
            .to_owned(),
    );
    lines.push(format!(
        "Bytes are as the tracker asked for them, counted in the allocator. Peak memory: the process's most resident memory, tracked ÷ \
         untracked at the largest scale, the median of {PEAKS} pairs of probes that count nothing."
    ));
    lines.extend(circumstances(&footprints.origin));
    form.notes(&lines)
}

fn failure_notes(subject: &OfSubject) -> impl Iterator<Item = String> {
    subject.cells.iter().filter_map(|cell| {
        let failure = cell.failure.as_ref()?;
        let Footprint { workload, level, threads, points, .. } = cell;
        let name = &subject.name;
        let said = text::said(&failure.to_string());
        Some(match failure {
            Failure::Unsupported { .. } => format!("{name}: {level} {said}"),
            _ => format!(
                "{name}: {workload}/{level}, threads: {threads}, {said} (after {} of {} scales)",
                points.len(),
                STEPS.len()
            ),
        })
    })
}
