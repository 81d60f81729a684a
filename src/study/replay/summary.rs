//! The report of replays: a row for each build and level, and notes.

use crate::platform::text;
use crate::report::circumstances::circumstances;
use crate::report::document::{Document, Table};
use crate::report::number;
use crate::schedule::measurement::Measurement;
use crate::study::overhead::summary::{COLD, NS_PER_ALLOCATION, columns, fidelity_note, row};
use crate::study::replay::{Gaps, Replays};
use crate::tracking::Level;

/// Returns the report.
pub(super) fn summary(replays: &Replays) -> Document {
    let mut document = Document::default();
    // The baseline against itself has a row only if nothing else was measured.
    let alone = replays.measurements().all(|measurement| measurement.level == Level::Untracked);
    let mut table = Table::new(columns("build")).grouped_by(1);
    for build in &replays.builds {
        let shown = build.measurements.iter().filter(|one| alone || one.level != Level::Untracked);
        shown.for_each(|measurement| table.row(row(measurement, &build.name)));
    }
    document.table(table);
    document.notes(notes(replays));
    document
}

fn notes(replays: &Replays) -> Vec<String> {
    let mut lines = Vec::new();
    for build in &replays.builds {
        lines.extend(build.not_built.iter().map(|why| text::said(why)));
        lines.extend(build.measurements.iter().filter_map(|measurement| {
            let failure = text::said(&measurement.failure()?.to_string());
            Some(format!("{}, {}: {failure}", build.name, measurement.level))
        }));
    }
    lines.push(trace_note(replays));
    lines.push(gaps_note(replays.gaps).to_owned());
    lines.extend(replays.recorded.ended_early.then(|| {
        "The trace ended early: the program crashed, was killed, or ended in a way that runs no exit handlers."
            .to_owned()
    }));
    if replays.measurements().any(|measurement| measurement.level.has_names()) {
        lines.push("A trace has no named values: levels that see them too see the operations alone.".to_owned());
    }
    lines.extend(noise_note(replays));
    let measured = || replays.measurements().filter(|measurement| measurement.failure().is_none());
    let pairs = || measured().map(|measurement| measurement.pairs.len());
    if let (Some(fewest), Some(most)) = (pairs().min(), pairs().max()) {
        let range = if fewest == most { fewest.to_string() } else { format!("{fewest} to {most}") };
        lines.push(format!("Pairs: {range} for each figure; an overhead is the median of tracked ÷ untracked."));
    }
    if measured().any(|measurement| measurement.ns_per_allocation().is_some()) {
        lines.extend([NS_PER_ALLOCATION, COLD].map(str::to_owned));
    }
    lines.extend(fidelity_note(replays.measurements()));
    lines.extend(circumstances(&replays.origin));
    lines
}

fn trace_note(replays: &Replays) -> String {
    let seen = &replays.recorded;
    format!(
        "Trace: {} of {}: {} operations of {} on {}, at most {} live in {} blocks; the program's own work took {}.",
        text::code(&replays.trace),
        text::code(&seen.program),
        number::grouped(seen.operations.all()),
        number::bytes(seen.bytes as f64),
        number::counted(seen.threads as usize, "thread"),
        number::bytes(seen.peak_live_bytes as f64),
        number::grouped(seen.peak_live_blocks),
        number::time(seen.work_ns as f64),
    )
}

const fn gaps_note(gaps: Gaps) -> &'static str {
    match gaps {
        Gaps::Recorded => {
            "Gaps: between two operations stands other work of the recorded CPU time. It uses no memory, so what the \
             program's own work and a tracker do to each other's caches is not measured. Threads wait for each other's \
             blocks and ends, and for nothing else."
        }
        Gaps::None => {
            "Gaps: none. The program's own work is left out, so these overheads are those of its allocations alone."
        }
    }
}

fn noise_note(replays: &Replays) -> Option<String> {
    let of_untracked = replays.measurements().filter(|measurement| measurement.level == Level::Untracked);
    let walls = of_untracked.filter_map(|measurement: &Measurement| Some(measurement.overhead()?.wall));
    let worst = walls.max_by(|a, b| a.abs_log_ratio().total_cmp(&b.abs_log_ratio()))?;
    Some(format!(
        "Noise floor: untracked against itself differs by at most {}. An overhead below that is no more than noise.",
        number::percent_interval(worst)
    ))
}
