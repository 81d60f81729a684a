//! The report of calls: the answer in a sentence, the calls alone, allocations and frees on several threads, and notes.

mod alone;
pub(in crate::study) mod threads;

use crate::report::circumstances::circumstances;
use crate::report::document::Document;
use crate::report::number;
use crate::report::origin::Origin;
use crate::stats::estimate::Estimate;
use crate::study::calls::{Calls, answer};
use crate::study::overhead::warnings;

/// The quantiles that have a column.
const SHOWN: [(f64, &str); 6] =
    [(0.5, "p50"), (0.9, "p90"), (0.99, "p99"), (0.999, "p99.9"), (0.9999, "p99.99"), (1.0, "max")];

/// The text for a quantity that does not exist for a call.
const NONE: &str = "—";

/// The text for a time of zero.
const TOO_SHORT: &str = "too short";

/// Returns the report.
pub fn summary(calls: &Calls) -> Document {
    let mut document = Document::default();
    document.notes(answer::answer(calls).into_iter().collect());
    if calls.batches.is_some() || calls.singles.is_some() {
        document.heading("One call");
        document.table(alone::table(calls));
        document.notes(alone::notes(calls));
    }
    if let Some(latencies) = &calls.latencies {
        document.heading("An allocation and a free in a full heap, by threads");
        document.table(threads::table(latencies));
        document.notes(threads::notes(latencies));
    }
    document.heading("Circumstances");
    document.notes(origins(calls));
    document
}

/// Formats a time with its interval, or with the step of the clock if the interval is narrower; a time of zero has a
/// text.
pub(super) fn interval_or_step(time: Estimate, step_ns: Option<u64>) -> String {
    let step = step_ns.unwrap_or(0) as f64;
    let is_within_a_step = time.high - time.value < step && time.value - time.low < step;
    match time.value {
        value if value <= 0.0 => TOO_SHORT.to_owned(),
        // The precision of the figures already shows a step of one nanosecond.
        value if step > 1.0 && is_within_a_step => format!("{} ± {step}", number::time(value)),
        _ => number::time_interval(time),
    }
}

/// Returns the note on a clock that is too coarse for single calls.
fn too_short_note() -> String {
    format!("{TOO_SHORT}: no elapsed time. This machine's clock is too coarse for single calls.")
}

/// Returns the note on the step of the clock.
fn step_note(step_ns: u64) -> String {
    let narrower = "; where an interval is narrower, ± the step in nanoseconds replaces it";
    let narrower = if step_ns > 1 { narrower } else { "" };
    format!("The clock's step: {step_ns} ns. No time is more precise{narrower}.")
}

/// Returns the warnings and circumstances of the parts. Circumstances that parts share appear once; the time of each
/// names the part, unless all have the same.
fn origins(calls: &Calls) -> Vec<String> {
    let parts = calls.origins();
    let mut different: Vec<(Vec<&str>, &Origin)> = Vec::new();
    for (part, origin) in parts {
        match different.iter_mut().find(|(_, known)| *known == origin) {
            Some((parts, _)) => parts.push(part),
            None => different.push((vec![part], origin)),
        }
    }
    let mut lines: Vec<String> = Vec::new();
    let add = |lines: &mut Vec<String>, line: String| {
        if !lines.contains(&line) {
            lines.push(line);
        }
    };
    different.iter().for_each(|(_, origin)| {
        warnings::of_origin(origin).into_iter().for_each(|line| add(&mut lines, line));
    });
    for (parts, origin) in &different {
        for line in circumstances(origin) {
            let line = match line.strip_prefix("Measured ") {
                Some(when) if different.len() > 1 => format!("Measured, {}: {when}", parts.join(" and ")),
                _ => line,
            };
            add(&mut lines, line);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_is_shown_more_exactly_than_the_clock_measures() {
        let time = |value, low, high| Estimate { value, low, high };
        assert_eq!(interval_or_step(time(30.0, 30.0, 30.0), Some(10)), "30 ns ± 10");
        assert_eq!(interval_or_step(time(220.0, 220.0, 240.0), Some(10)), "220 ns [220, 240]");
        assert_eq!(interval_or_step(time(30.0, 30.0, 31.0), Some(1)), "30 ns [30, 31]");
        assert_eq!(interval_or_step(time(30.0, 30.0, 30.0), None), "30 ns [30, 30]", "an earlier file");
        assert_eq!(interval_or_step(time(0.0, 0.0, 0.0), Some(41)), "too short");
    }
}
