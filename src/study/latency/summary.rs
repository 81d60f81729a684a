//! The table of latencies, for a terminal and as Markdown, with what a reader must know below it.

use crate::platform::text;
use crate::report::number;
use crate::stats::estimate::Estimate;
use crate::study::latency::{Cell, Latencies, Operation, QUANTILES};
use crate::study::overhead::summary::{Form, circumstances};
use crate::study::overhead::warnings;
use comfy_table::{CellAlignment, Table};

/// The quantiles that have a column.
const SHOWN: [(f64, &str); 5] = [(0.5, "p50"), (0.99, "p99"), (0.999, "p99.9"), (0.9999, "p99.99"), (1.0, "max")];

/// The latencies as text: the table, and the notes below it.
pub fn draw(latencies: &Latencies, form: Form) -> String {
    let mut table = Table::new();
    table.load_style(form.style());
    let columns = ["threads", "operation", "level"].into_iter().chain(SHOWN.iter().map(|(_, name)| *name));
    table.set_header(columns);
    let mut threads: Vec<usize> = latencies.cells.iter().map(|cell| cell.threads).collect();
    threads.dedup();
    for threads in threads {
        let cells: Vec<&Cell> = latencies.cells.iter().filter(|cell| cell.threads == threads).collect();
        for operation in Operation::TOLD {
            cells.iter().for_each(|cell| _ = table.add_row(form.row(row(cell, operation, &cell.level.to_string()))));
        }
        if let Some(first) = cells.iter().find(|cell| cell.failure.is_none()) {
            table.add_row(row(first, Operation::Timing, "(timing alone)"));
        }
    }
    for numeric in [0, 3, 4, 5, 6, 7] {
        table.column_mut(numeric).expect("the header has eight").set_cell_alignment(CellAlignment::Right);
    }
    [table.trim_fmt(), form.notes(&notes(latencies))].join(form.between())
}

fn row(cell: &Cell, operation: Operation, level: &str) -> Vec<String> {
    let mut row = vec![cell.threads.to_string(), operation.name().to_owned(), level.to_owned()];
    match &cell.failure {
        Some(failure) => row.push(failure.label()),
        None => row.extend(SHOWN.iter().map(|(quantile, _)| figure(cell, operation, *quantile))),
    }
    row.resize(3 + SHOWN.len(), String::new());
    row
}

fn figure(cell: &Cell, operation: Operation, quantile: f64) -> String {
    let place = QUANTILES.iter().position(|&kept| kept == quantile).expect("a quantile that is kept");
    match cell.at(operation, place) {
        Some(estimate) => told(estimate),
        None => format!("too few processes ({})", cell.processes.len()),
    }
}

/// A time with its interval, if the clock saw any pass.
pub(crate) fn told(time: Estimate) -> String {
    if time.value > 0.0 { number::time_interval(time) } else { TOO_SHORT.to_owned() }
}

/// What stands in the place of a time of nothing.
const TOO_SHORT: &str = "too short";

/// What to make of a clock that is too coarse for single calls.
fn clock_note(latencies: &Latencies) -> Option<String> {
    let is_too_short = |cell: &Cell| {
        Operation::TOLD.iter().any(|&operation| {
            (0..QUANTILES.len()).filter_map(|place| cell.at(operation, place)).any(|time| time.value <= 0.0)
        })
    };
    let untimed = latencies.cells.iter().any(is_too_short);
    untimed.then(|| format!("{TOO_SHORT}: this machine's clock saw no time pass. It is too coarse for single calls."))
}

fn notes(latencies: &Latencies) -> Vec<String> {
    let mut lines: Vec<String> = latencies
        .cells
        .iter()
        .filter_map(|cell| {
            let failure = cell.failure.as_ref()?;
            Some(format!(
                "{} on {} threads {} (after {} processes)",
                cell.level,
                cell.threads,
                text::said(&failure.to_string()),
                cell.processes.len()
            ))
        })
        .collect();
    lines.extend(clock_note(latencies));
    let processes = latencies.cells.iter().map(|cell| cell.processes.len()).max().unwrap_or(0);
    lines.push(format!(
        "Each figure is the median over {processes} processes, with its 95 % interval; in each, every thread holds {} blocks of 16 B to \
         4 KiB, and times {} allocations and as many frees, each by itself.",
        number::grouped(latencies.held as u64),
        number::grouped(u64::from(latencies.operations))
    ));
    lines.push(
        "Timing takes time too, and it is in every figure: `nothing` is what the same clock says of no call at all. Where more threads \
         run than the machine has cores, the highest quantiles are the system's turns."
            .to_owned(),
    );
    lines.extend(warnings::of_origin(&latencies.origin));
    lines.extend(circumstances(&latencies.origin));
    lines
}
