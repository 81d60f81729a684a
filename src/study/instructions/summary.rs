//! The table of instructions, for a terminal and as Markdown, with what a reader must know below it.

use crate::platform::text;
use crate::report::number;
use crate::study::instructions::record::InstructionCount;
use crate::study::overhead::record::Results;
use crate::study::overhead::summary::{Form, circumstances};
use crate::study::overhead::warnings;
use comfy_table::{CellAlignment, Table};

/// The counted instructions as text.
pub fn counts(results: &Results, form: Form) -> String {
    let mut table = Table::new();
    table.load_style(form.style());
    table.set_header(["workload", "level", "untracked", "tracked", "overhead", "per allocation", "apart"]);
    for count in &results.instructions {
        table.add_row(form.row(row(count)));
    }
    for numeric in [2, 3, 4, 5, 6] {
        table.column_mut(numeric).expect("the header has seven").set_cell_alignment(CellAlignment::Right);
    }
    let mut lines: Vec<String> = results.instructions.iter().filter_map(failure_note).collect();
    lines.push(
        "Figures are instructions that the window executed, means of two runs under valgrind; apart: how far two runs of \
         the same thing are, at the most. Where blocks lie on the heap moves them too: do not read anything into less than \
         a percent. They are no times: waiting for memory and the kernel's work are not in them."
            .to_owned(),
    );
    lines.extend(warnings::of_origin(&results.origin));
    lines.extend(circumstances(&results.origin));
    [table.trim_fmt(), form.notes(&lines)].join(form.between())
}

fn row(count: &InstructionCount) -> [String; 7] {
    let overhead = count.overhead.as_ref();
    [
        count.workload.to_string(),
        count.level.to_string(),
        mean(&count.untracked),
        mean(&count.tracked),
        match (&count.failure, overhead) {
            (Some(failure), _) => failure.label(),
            (None, Some(overhead)) => number::ratio(overhead.ratio),
            (None, None) => "unknown".to_owned(),
        },
        match overhead.map(|overhead| overhead.per_allocation) {
            Some(Some(instructions)) => number::decimal(instructions, 1),
            Some(None) => "unknown".to_owned(),
            None => String::new(),
        },
        overhead.map(|overhead| format!("{} %", number::decimal(overhead.apart * 100.0, 3))).unwrap_or_default(),
    ]
}

/// The mean of some runs' counts; nothing where there are none.
fn mean(runs: &[u64]) -> String {
    if runs.is_empty() { String::new() } else { number::grouped(runs.iter().sum::<u64>() / runs.len() as u64) }
}

fn failure_note(count: &InstructionCount) -> Option<String> {
    let failure = count.failure.as_ref()?;
    Some(format!("{}/{} {}", count.workload, count.level, text::said(&failure.to_string())))
}
