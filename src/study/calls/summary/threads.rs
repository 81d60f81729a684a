//! The table of allocations and frees in a full heap, on several threads.

use super::{NONE, SHOWN, interval_or_step, step_note, too_short_note};
use crate::platform::text;
use crate::report::document::{Column, Table, left, right};
use crate::report::number;
use crate::study::calls::latency::{Latencies, Latency, Operation, QUANTILES, Quantiles};

pub(super) fn table(latencies: &Latencies) -> Table {
    let has_means = latencies.measurements.iter().any(|measurement| measurement.mean(Operation::Timing).is_some());
    let head = [right("threads"), left("operation"), left("level")];
    let mut table = Table::new(head.into_iter().chain(columns(has_means)));
    let mut threads: Vec<usize> = latencies.measurements.iter().map(|measurement| measurement.threads).collect();
    threads.dedup();
    for threads in threads {
        let measurements: Vec<&Latency> =
            latencies.measurements.iter().filter(|measurement| measurement.threads == threads).collect();
        for operation in Operation::REPORTED {
            for measurement in &measurements {
                let level = measurement.level.to_string();
                table.row(row(latencies, measurement, operation, &level, has_means));
            }
        }
        if let Some(first) = measurements.iter().find(|measurement| measurement.failure.is_none()) {
            table.row(row(latencies, first, Operation::Timing, "(timing alone)", has_means));
        }
    }
    table
}

fn row(
    latencies: &Latencies,
    measurement: &Latency,
    operation: Operation,
    level: &str,
    has_means: bool,
) -> Vec<String> {
    let mut row = vec![measurement.threads.to_string(), operation.name().to_owned(), level.to_owned()];
    row.extend(figures(measurement, operation, latencies.calls(measurement.threads), has_means));
    row
}

/// Returns the figures of an operation: mean, quantiles and the number of calls, or the failure.
pub(in crate::study) fn figures(
    measurement: &Latency,
    operation: Operation,
    calls: u64,
    has_means: bool,
) -> Vec<String> {
    let mut row = Vec::new();
    match &measurement.failure {
        Some(failure) => row.push(failure.label()),
        None => {
            let mean = match measurement.mean(operation) {
                _ if calls == 0 => NONE.to_owned(),
                Some(mean) => interval_or_step(mean, None),
                None => "unknown".to_owned(),
            };
            row.extend(has_means.then_some(mean));
            row.extend(SHOWN.iter().map(|(quantile, _)| figure(measurement, operation, *quantile, calls)));
            row.push(number::short_count(calls as f64));
        }
    }
    row.resize(1 + SHOWN.len() + usize::from(has_means), String::new());
    row
}

/// Returns the columns of the figures.
pub(in crate::study) fn columns(has_means: bool) -> impl Iterator<Item = Column> {
    let mean = has_means.then(|| right("mean"));
    let quantiles = SHOWN.iter().map(|&(quantile, name)| {
        let column = right(name);
        if quantile == 0.9 { column.off_terminal() } else { column }
    });
    mean.into_iter().chain(quantiles).chain([right("of calls")])
}

/// Returns a quantile; a dash if there are too few calls for it.
fn figure(measurement: &Latency, operation: Operation, quantile: f64, calls: u64) -> String {
    let place = Quantiles::place(quantile);
    if !Quantiles::is_defined(place, calls) {
        return NONE.to_owned();
    }
    match measurement.at(operation, place) {
        Some(estimate) => interval_or_step(estimate, measurement.step_ns()),
        None => format!("too few processes ({})", measurement.processes.len()),
    }
}

/// Returns the note on a clock that is too coarse for single calls.
fn clock_note(latencies: &Latencies) -> Option<String> {
    let is_too_short = |measurement: &Latency| {
        Operation::REPORTED.iter().any(|&operation| {
            (0..QUANTILES.len()).filter_map(|place| measurement.at(operation, place)).any(|time| time.value <= 0.0)
        })
    };
    latencies.measurements.iter().any(is_too_short).then(too_short_note)
}

pub(super) fn notes(latencies: &Latencies) -> Vec<String> {
    let failure_note = |measurement: &Latency| {
        let failure = measurement.failure.as_ref()?;
        Some(format!(
            "{} on {} {} (after {} processes)",
            measurement.level,
            number::counted(measurement.threads, "thread"),
            text::quoted_message(&failure.to_string()),
            measurement.processes.len()
        ))
    };
    let mut lines: Vec<String> = latencies.measurements.iter().filter_map(failure_note).collect();
    lines.extend(clock_note(latencies));
    let processes = latencies.measurements.iter().map(|measurement| measurement.processes.len()).max().unwrap_or(0);
    lines.push(format!(
        "Each figure is the median over {processes} processes, with its 95 % interval; in each, every thread holds {} \
         blocks of 16 B to 4 KiB, and times {} single allocations and as many frees.",
        number::grouped(latencies.held as u64),
        number::grouped(u64::from(latencies.operations))
    ));
    lines.extend(latencies.measurements.iter().filter_map(Latency::step_ns).max().map(step_note));
    let is_missing = |&(quantile, _): &(f64, &str)| {
        let is_defined = |threads| Quantiles::is_defined(Quantiles::place(quantile), latencies.calls(threads));
        latencies.measurements.iter().any(|measurement| !is_defined(measurement.threads))
    };
    if SHOWN.iter().any(is_missing) {
        lines.push("A dash: too few calls; p99.9 needs 1,000, and p99.99 needs 10,000.".to_owned());
    }
    lines.push(
        "max: the maximum over the calls of a process, whose number is in the next column. It grows with that number, \
         so compare it only between rows with equal numbers; p99.99 of 100,000 calls is the tenth greatest."
            .to_owned(),
    );
    lines.push(
        "All figures include the cost of reading the clock; `nothing` is that cost alone. With more threads than \
         cores, the highest quantiles measure the system's scheduling."
            .to_owned(),
    );
    lines
}
