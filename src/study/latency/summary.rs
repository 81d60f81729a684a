//! The report of latencies: the table and its notes.

use crate::platform::text;
use crate::report::circumstances::circumstances;
use crate::report::document::{Document, Table, left, right};
use crate::report::number;
use crate::stats::estimate::Estimate;
use crate::study::latency::{Latencies, Latency, Operation, QUANTILES};
use crate::study::overhead::warnings;

/// The quantiles that have a column.
const SHOWN: [(f64, &str); 5] = [(0.5, "p50"), (0.99, "p99"), (0.999, "p99.9"), (0.9999, "p99.99"), (1.0, "max")];

/// Returns the report: the table and its notes.
pub fn summary(latencies: &Latencies) -> Document {
    let head = [right("threads"), left("operation"), left("level")];
    let mut table = Table::new(head.into_iter().chain(SHOWN.iter().map(|(_, name)| right(*name))));
    let mut threads: Vec<usize> = latencies.measurements.iter().map(|measurement| measurement.threads).collect();
    threads.dedup();
    for threads in threads {
        let measurements: Vec<&Latency> =
            latencies.measurements.iter().filter(|measurement| measurement.threads == threads).collect();
        for operation in Operation::TOLD {
            measurements
                .iter()
                .for_each(|measurement| table.row(row(measurement, operation, &measurement.level.to_string())));
        }
        if let Some(first) = measurements.iter().find(|measurement| measurement.failure.is_none()) {
            table.row(row(first, Operation::Timing, "(timing alone)"));
        }
    }
    let mut document = Document::default();
    document.table(table);
    document.notes(notes(latencies));
    document
}

fn row(measurement: &Latency, operation: Operation, level: &str) -> Vec<String> {
    let mut row = vec![measurement.threads.to_string(), operation.name().to_owned(), level.to_owned()];
    match &measurement.failure {
        Some(failure) => row.push(failure.label()),
        None => row.extend(SHOWN.iter().map(|(quantile, _)| figure(measurement, operation, *quantile))),
    }
    row.resize(3 + SHOWN.len(), String::new());
    row
}

fn figure(measurement: &Latency, operation: Operation, quantile: f64) -> String {
    let place = QUANTILES.iter().position(|&kept| kept == quantile).expect("a quantile that is kept");
    match measurement.at(operation, place) {
        Some(estimate) => told(estimate),
        None => format!("too few processes ({})", measurement.processes.len()),
    }
}

/// Formats a time with its interval, if the clock saw any time pass.
pub(crate) fn told(time: Estimate) -> String {
    if time.value > 0.0 { number::time_interval(time) } else { TOO_SHORT.to_owned() }
}

/// The text that replaces a time of zero.
const TOO_SHORT: &str = "too short";

/// Returns the note on a clock that is too coarse for single calls.
fn clock_note(latencies: &Latencies) -> Option<String> {
    let is_too_short = |measurement: &Latency| {
        Operation::TOLD.iter().any(|&operation| {
            (0..QUANTILES.len()).filter_map(|place| measurement.at(operation, place)).any(|time| time.value <= 0.0)
        })
    };
    let untimed = latencies.measurements.iter().any(is_too_short);
    untimed.then(|| format!("{TOO_SHORT}: this machine's clock saw no time pass. It is too coarse for single calls."))
}

fn notes(latencies: &Latencies) -> Vec<String> {
    let mut lines: Vec<String> = latencies
        .measurements
        .iter()
        .filter_map(|measurement| {
            let failure = measurement.failure.as_ref()?;
            Some(format!(
                "{} on {} threads {} (after {} processes)",
                measurement.level,
                measurement.threads,
                text::said(&failure.to_string()),
                measurement.processes.len()
            ))
        })
        .collect();
    lines.extend(clock_note(latencies));
    let processes = latencies.measurements.iter().map(|measurement| measurement.processes.len()).max().unwrap_or(0);
    lines.push(format!(
        "Each figure is the median over {processes} processes, with its 95 % interval; in each, every thread holds {} \
         blocks of 16 B to 4 KiB, and times {} single allocations and as many frees.",
        number::grouped(latencies.held as u64),
        number::grouped(u64::from(latencies.operations))
    ));
    lines.push(
        "All figures include the cost of reading the clock; `nothing` is that cost alone. With more threads than \
         cores, the highest quantiles measure the system's scheduling."
            .to_owned(),
    );
    lines.extend(warnings::of_origin(&latencies.origin));
    lines.extend(circumstances(&latencies.origin));
    lines
}
