//! The report of a prediction.

use crate::platform::system::Machine;
use crate::platform::text;
use crate::report::document::{Document, Table, left, right};
use crate::report::number;
use crate::study::calls::Calls;
use crate::study::predict::{Costs, Prediction, origin};
use crate::trace::Summary;

/// Returns the report: the answer in a sentence, a table of the kinds of operations, and notes.
pub(super) fn summary(prediction: &Prediction) -> Document {
    let mut document = Document::default();
    document.notes(vec![answer(prediction)]);
    let mut table = Table::new([
        left("operation"),
        right("number"),
        right("bytes"),
        right("added each"),
        right("added [95 %]"),
        right("untracked"),
    ]);
    for part in &prediction.parts {
        table.row([
            part.kind.clone(),
            number::grouped(part.operations),
            number::bytes(part.bytes as f64),
            number::time(part.added_ns.value / part.operations as f64),
            number::time_interval(part.added_ns),
            number::time(part.untracked_ns),
        ]);
    }
    document.table(table);
    document.notes(prediction.notes.clone());
    document
}

/// Returns the answer: the overhead, its time, and the sum of the costs if the two differ.
pub(super) fn answer(prediction: &Prediction) -> String {
    let sum = match prediction.expected {
        None => String::new(),
        Some(_) => format!(" The costs of its operations sum to {}.", number::time_interval(prediction.added_ns())),
    };
    format!(
        "The overhead of {} under {} would be {} of its CPU time: {} on top of {}.{sum}",
        text::code(&prediction.recorded.program),
        prediction.level,
        number::overhead(prediction.expected_overhead()),
        number::time_interval(prediction.expected_ns()),
        number::time(prediction.untracked_ns()),
    )
}

/// Returns the basis of a prediction, and what it excludes, one per line.
pub(super) fn basis(calls: &Calls, costs: &Costs, recorded: &Summary, busy: usize, here: &Machine) -> Vec<String> {
    let mut lines = vec![
        "A prediction multiplies the number of operations of each kind and size by the cost of one, as measured by \
         `calls`. It ignores caches and costs that grow with the number of tracked events: `replay` measures them."
            .to_owned(),
    ];
    if let Some(origin) = origin(calls) {
        let measured = origin.started.format("%Y-%m-%d");
        lines.push(format!("Costs: {}, measured {measured} on {}.", origin.memscope, origin.machine.processor));
        if !origin.machine.is(here) {
            lines.push("Warning: the costs were measured on another machine than this one.".to_owned());
        }
    }
    lines.push(match costs.factor {
        Some((_, 1)) if busy <= 1 && recorded.peak_live_blocks < super::costs::FULL => {
            "Threads and live blocks: one thread and few blocks, as in `calls`.".to_owned()
        }
        Some((factor, threads)) => format!(
            "Threads and live blocks: {busy} busy, and {} at most. An allocation with its free costs {} times as much \
             in the measured heap on {}.",
            number::grouped(recorded.peak_live_blocks),
            number::factor(factor.value),
            number::counted(threads, "thread"),
        ),
        None => format!(
            "Threads and live blocks: {busy} busy, and {} at most. The measured calls do not cover them, so the costs \
             are those of one thread with an empty heap: run `memscope-bench calls` again.",
            number::grouped(recorded.peak_live_blocks)
        ),
    });
    lines.extend(cores_note(calls, costs, busy));
    if recorded.operations.reallocate > 0 {
        lines.push(if costs.has_reallocations() {
            "Reallocations have the cost of one from 1 KiB to 2 KiB; one of a larger block costs more where the \
             tracker copies it."
                .to_owned()
        } else {
            "Reallocations were not measured: each counts as an allocation with a free.".to_owned()
        });
    }
    if !costs.has_share() && recorded.operations.free != recorded.operations.allocate + recorded.operations.zeroed {
        lines.push(
            "The shares of the allocation and the free in a cost were not measured: each counts as half.".to_owned(),
        );
    }
    lines
}

/// Explains that the costs are those of fewer threads, if the program has more than the machine has cores.
fn cores_note(calls: &Calls, costs: &Costs, busy: usize) -> Option<String> {
    let cores = super::costs::cores(calls).filter(|&cores| busy > cores && costs.factor.is_some())?;
    Some(format!(
        "The costs are of at most as many threads as the machine that measured them has cores ({cores}): on more, a \
         call waits for a core, which takes no CPU time."
    ))
}
