//! The report of replays: a row for each build and level, and notes.

use crate::platform::text;
use crate::report::circumstances::circumstances;
use crate::report::document::{Document, Table, left};
use crate::report::{commit, number};
use crate::schedule::measurement::Measurement;
use crate::study::calls::latency::{Latency, Operation};
use crate::study::calls::summary::threads::{columns as columns_of_latencies, figures};
use crate::study::overhead::summary::{COLD, NS_PER_ALLOCATION, columns, fidelity_note, row};
use crate::study::replay::{BuildReplays, Gaps, Replays};
use crate::trace::Kinds;
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
    if replays.builds.iter().any(|build| !build.latencies.is_empty()) {
        document.heading("One operation");
        document.table(latencies(replays));
        document.notes(vec![
            "From separate replays that time every operation: each figure includes reading the clock, and (timing \
             alone) is that cost. An allocation includes the first write to its pages; a reallocation counts as one. \
             Each figure is the median over the processes, with its 95 % interval. A dash: too few operations; p99 needs \
             100, p99.9 needs 1,000."
                .to_owned(),
        ]);
    }
    document
}

/// Returns the times of single operations, a row for each build, operation and level.
fn latencies(replays: &Replays) -> Table {
    let head = [left("build"), left("operation"), left("level")];
    let mut table = Table::new(head.into_iter().chain(columns_of_latencies(true))).grouped_by(2);
    let Kinds { allocate, zeroed, reallocate, free } = replays.recorded.operations;
    let calls = |operation| match operation {
        Operation::Allocating => allocate + zeroed + reallocate,
        Operation::Freeing => free,
        Operation::Timing => allocate + zeroed + reallocate + free,
    };
    for build in &replays.builds {
        let mut row = |latency: &Latency, operation: Operation, level: String| {
            let head = vec![build.name.clone(), operation.name().to_owned(), level];
            table.row(head.into_iter().chain(figures(latency, operation, calls(operation), true)));
        };
        for operation in Operation::REPORTED {
            build.latencies.iter().for_each(|latency| row(latency, operation, latency.level.to_string()));
        }
        if let Some(first) = build.latencies.iter().find(|latency| latency.failure.is_none()) {
            row(first, Operation::Timing, "(timing alone)".to_owned());
        }
    }
    table
}

fn notes(replays: &Replays) -> Vec<String> {
    let mut lines = Vec::new();
    for build in &replays.builds {
        lines.extend(build.not_built.iter().map(|why| text::quoted_message(why)));
        lines.extend(build.measurements.iter().filter_map(|measurement| {
            let failure = text::quoted_message(&measurement.failure()?.to_string());
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
        lines.push("A trace has no named values: levels that also track them see only the operations.".to_owned());
    }
    lines.extend(noise_note(replays));
    lines.extend(direct_notes(replays));
    let measured = || replays.measurements().filter(|measurement| measurement.failure().is_none());
    let pairs = || measured().map(|measurement| measurement.pairs.len());
    if let (Some(fewest), Some(most)) = (pairs().min(), pairs().max()) {
        let range = if fewest == most { fewest.to_string() } else { format!("{fewest} to {most}") };
        lines.push(format!("Pairs: {range} per figure; an overhead is the median of tracked ÷ untracked."));
    }
    if measured().any(|measurement| measurement.ns_per_allocation().is_some()) {
        lines.extend([NS_PER_ALLOCATION, COLD].map(str::to_owned));
    }
    lines.extend(fidelity_note(replays.measurements()));
    lines.extend(commit::note(replays.builds.iter().map(|build| {
        let commit = build.memscope.as_ref().and_then(|memscope| memscope.commit.as_deref());
        (build.name.as_str(), None, commit)
    })));
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
            "Gaps: between two operations, the replay does other work for the recorded CPU time. That work uses no \
             memory, so the replay does not measure how the program's own work and a tracker affect each other's \
             caches. Threads wait only for each other's blocks and ends."
        }
        Gaps::None => {
            "Gaps: none. The replay omits the program's own work, so these are the overheads of its allocations alone."
        }
    }
}

/// Returns the expected overheads of the program itself, a line for each build at the level of the accuracy.
fn direct_notes(replays: &Replays) -> Vec<String> {
    let Some((level, accuracy)) = &replays.accuracy else {
        return vec![
            "The accuracy of replays was not measured on this machine: run `memscope-bench validate --traces`."
                .to_owned(),
        ];
    };
    let of_build = |build: &BuildReplays| {
        let measurement = build.measurements.iter().find(|measurement| measurement.level == *level)?;
        let cpu = measurement.overhead()?.cpu?;
        Some(format!(
            "The program itself would take {} of its CPU time under {level} of {}, judging by {} that were compared \
             with their replays (95 %).",
            number::overhead(accuracy.direct(cpu)),
            build.name,
            number::counted(accuracy.programs, "program"),
        ))
    };
    replays.builds.iter().filter_map(of_build).collect()
}

fn noise_note(replays: &Replays) -> Option<String> {
    let of_untracked = replays.measurements().filter(|measurement| measurement.level == Level::Untracked);
    let walls = of_untracked.filter_map(|measurement: &Measurement| Some(measurement.overhead()?.wall));
    let worst = walls.max_by(|a, b| a.abs_log_ratio().total_cmp(&b.abs_log_ratio()))?;
    Some(format!(
        "Noise floor: untracked against itself differs by at most {}. Treat an overhead below that as noise.",
        number::percent_interval(worst)
    ))
}
