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
    let figures = SHOWN.iter().map(|(_, name)| right(*name));
    let mut table = Table::new(head.into_iter().chain(figures).chain([right("of calls")]));
    let mut threads: Vec<usize> = latencies.measurements.iter().map(|measurement| measurement.threads).collect();
    threads.dedup();
    for threads in threads {
        let measurements: Vec<&Latency> =
            latencies.measurements.iter().filter(|measurement| measurement.threads == threads).collect();
        for operation in Operation::TOLD {
            measurements.iter().for_each(|measurement| {
                table.row(row(latencies, measurement, operation, &measurement.level.to_string()))
            });
        }
        if let Some(first) = measurements.iter().find(|measurement| measurement.failure.is_none()) {
            table.row(row(latencies, first, Operation::Timing, "(timing alone)"));
        }
    }
    let mut document = Document::default();
    document.table(table);
    document.notes(notes(latencies));
    document
}

fn row(latencies: &Latencies, measurement: &Latency, operation: Operation, level: &str) -> Vec<String> {
    let mut row = vec![measurement.threads.to_string(), operation.name().to_owned(), level.to_owned()];
    match &measurement.failure {
        Some(failure) => row.push(failure.label()),
        None => {
            row.extend(SHOWN.iter().map(|(quantile, _)| figure(measurement, operation, *quantile)));
            row.push(number::short_count(latencies.calls(measurement.threads) as f64));
        }
    }
    row.resize(4 + SHOWN.len(), String::new());
    row
}

fn figure(measurement: &Latency, operation: Operation, quantile: f64) -> String {
    let place = QUANTILES.iter().position(|&kept| kept == quantile).expect("a quantile that is kept");
    match measurement.at(operation, place) {
        Some(estimate) => told(estimate, measurement.step_ns()),
        None => format!("too few processes ({})", measurement.processes.len()),
    }
}

/// Formats a time with its interval, if the clock saw any time pass; with the step of the clock, if the interval is
/// narrower.
pub(crate) fn told(time: Estimate, step_ns: Option<u64>) -> String {
    let step = step_ns.unwrap_or(0) as f64;
    let is_within_a_step = time.high - time.value < step && time.value - time.low < step;
    match time.value {
        value if value <= 0.0 => TOO_SHORT.to_owned(),
        // A step of one nanosecond is what the figures show anyway.
        value if step > 1.0 && is_within_a_step => format!("{} ± {step}", number::time(value)),
        _ => number::time_interval(time),
    }
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
    let steps = || latencies.measurements.iter().filter_map(Latency::step_ns);
    if let Some(step) = steps().max() {
        let narrower = "; where an interval is narrower, a figure has ± the step in nanoseconds instead";
        let narrower = if step > 1 { narrower } else { "" };
        lines.push(format!("The clock's step: {step} ns. No time is known more exactly{narrower}."));
    }
    lines.push(
        "max: the greatest of as many calls as the next column has, in each process. More calls have a greater one, so \
         rows with other numbers of calls cannot be compared by it; p99.99 of 100,000 calls is the tenth greatest."
            .to_owned(),
    );
    lines.push(
        "All figures include the cost of reading the clock; `nothing` is that cost alone. With more threads than \
         cores, the highest quantiles measure the system's scheduling."
            .to_owned(),
    );
    lines.extend(warnings::of_origin(&latencies.origin));
    lines.extend(circumstances(&latencies.origin));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_is_shown_more_exactly_than_the_clock_has_it() {
        let time = |value, low, high| Estimate { value, low, high };
        assert_eq!(told(time(30.0, 30.0, 30.0), Some(10)), "30 ns ± 10");
        assert_eq!(told(time(220.0, 220.0, 240.0), Some(10)), "220 ns [220, 240]");
        assert_eq!(told(time(30.0, 30.0, 31.0), Some(1)), "30 ns [30, 31]");
        assert_eq!(told(time(30.0, 30.0, 30.0), None), "30 ns [30, 30]", "an earlier file");
        assert_eq!(told(time(0.0, 0.0, 0.0), Some(41)), "too short");
    }
}
