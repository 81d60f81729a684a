//! The table of single calls, each alone in its process.

use super::{NONE, SHOWN, interval_or_step, step_note, too_short_note};
use crate::platform::text;
use crate::report::document::{Table, left, right};
use crate::report::number;
use crate::stats::median::MIN_PAIRS;
use crate::study::calls::instructions::MAX_NS;
use crate::study::calls::latency::Quantiles;
use crate::study::calls::record::Call;
use crate::study::calls::{Calls, Measured, Single, Singles, command_line};
use crate::worker::failure::Failure;

pub(super) fn table(calls: &Calls) -> Table {
    let singles = calls.singles.as_ref();
    let quantiles = SHOWN.iter().filter(|(quantile, _)| is_shown(*quantile)).map(|&(quantile, name)| {
        let column = right(name);
        if quantile == 0.9 { column.off_terminal() } else { column }
    });
    let last = [right("of calls"), right("instructions"), left("description").off_terminal()];
    let head = [left("call"), left("level"), right("mean [95 %]")];
    let mut table = Table::new(head.into_iter().chain(quantiles).chain(last)).grouped_by(1);
    let all = calls.all();
    for call in &all {
        table.row(row(call, singles));
    }
    if let Some(single) = all.iter().find_map(|call| call.single.filter(|single| !single.processes.is_empty())) {
        table.row(timing_row(single));
    }
    table
}

/// Returns whether a quantile has a column: few calls are timed often enough for the rarest quantiles.
fn is_shown(quantile: f64) -> bool {
    quantile != 0.9999
}

fn row(call: &Call<'_>, singles: Option<&Singles>) -> Vec<String> {
    let mut row = vec![call.operation.to_owned(), call.level.to_string(), mean(call)];
    row.extend(SHOWN.iter().filter(|(quantile, _)| is_shown(*quantile)).map(|(quantile, _)| time(call, *quantile)));
    row.push(call.single.map_or_else(|| NONE.to_owned(), |single| number::grouped(single.calls)));
    row.push(instructions(call, singles));
    row.push(call.batch.map(|batch| batch.about.clone()).unwrap_or_default());
    row
}

fn mean(call: &Call<'_>) -> String {
    let Some(batch) = call.batch else { return NONE.to_owned() };
    match (&batch.failure, batch.ns) {
        (Some(failure), _) => failure.label(),
        (None, Some(ns)) => number::time_interval(ns),
        (None, None) if batch.untimed() > 0 => {
            format!("no time in {} of {} samples", batch.untimed(), batch.samples.len())
        }
        (None, None) => "too few samples".to_owned(),
    }
}

fn time(call: &Call<'_>, quantile: f64) -> String {
    let Some(single) = call.single else { return NONE.to_owned() };
    let place = Quantiles::place(quantile);
    match single.at(place) {
        _ if !single.has(place) || call.batch.is_some_and(|batch| batch.failure.is_some()) => NONE.to_owned(),
        Some(time) => interval_or_step(time, single.step_ns()),
        None => format!("too few processes ({})", single.processes.len()),
    }
}

/// Returns the row of the cost of timing.
fn timing_row(single: &Single) -> Vec<String> {
    let quantiles = SHOWN.iter().filter(|(quantile, _)| is_shown(*quantile)).map(|(quantile, _)| {
        let place = Quantiles::place(*quantile);
        single
            .timing(place)
            .filter(|_| single.has(place))
            .map_or(NONE.to_owned(), |time| interval_or_step(time, single.step_ns()))
    });
    let head = ["nothing", "(timing alone)", NONE].map(str::to_owned);
    let last = [number::grouped(single.calls), NONE.to_owned(), "read the clock twice".to_owned()];
    head.into_iter().chain(quantiles).chain(last).collect()
}

fn instructions(call: &Call<'_>, singles: Option<&Singles>) -> String {
    let Some(single) = call.single else { return NONE.to_owned() };
    match (&single.counted, &single.count_failure) {
        (Some(counted), _) => number::short_count(counted.each()),
        (None, Some(failure)) => failure.label(),
        (None, None) if singles.is_some_and(|singles| singles.not_counted.is_some()) => "unknown".to_owned(),
        (None, None) => NONE.to_owned(),
    }
}

/// Returns the notes under the table: the failures with commands that rerun them, and the meaning of the figures.
pub(super) fn notes(calls: &Calls) -> Vec<String> {
    let batches: Vec<&Measured> = calls.batches.iter().flat_map(|batches| &batches.operations).collect();
    let mut lines: Vec<String> = batches.iter().filter_map(|measured| failure_note(measured)).collect();
    let lacking = || batches.iter().filter(|measured| measured.ns.is_none() && measured.failure.is_none());
    if lacking().any(|measured| measured.untimed() > 0) {
        lines.push("No time: this machine's clock is too coarse for this number of iterations.".to_owned());
    }
    if lacking().any(|measured| measured.untimed() == 0) {
        lines.push(format!("Too few samples: an interval needs {MIN_PAIRS} with the same number of iterations."));
    }
    if !batches.is_empty() {
        lines.push(
            "mean: the total time of the repeats ÷ their number; the median of the samples. It excludes preparing a \
             call and starting its process. Levels are not paired here: see the overheads for the cost to a program."
                .to_owned(),
        );
    }
    match &calls.singles {
        Some(singles) => lines.extend(notes_on_singles(singles)),
        None => lines.push(format!("{NONE}: `memscope-bench calls` measures quantiles and instructions.")),
    }
    lines
}

fn notes_on_singles(singles: &Singles) -> Vec<String> {
    let Singles { calls, not_counted, .. } = singles;
    let count_note = |single: &Single| {
        let failure = text::quoted_message(&single.count_failure.as_ref()?.to_string());
        Some(format!("{}/{} under valgrind: {failure}", single.operation, single.level))
    };
    let mut lines: Vec<String> = calls.iter().filter_map(count_note).collect();
    let is_too_short = |single: &Single| single.at(0).is_some_and(|time| single.has(0) && time.value <= 0.0);
    lines.extend(calls.iter().any(is_too_short).then(too_short_note));
    let processes = calls.iter().map(|single| single.processes.len()).max().unwrap_or(0);
    lines.push(format!(
        "p50 to max: of calls timed one by one, the median over {processes} processes with its 95 % interval. They \
         include the cost of reading the clock, shown as `nothing`. of calls: the number that each process times; more \
         calls have a greater max."
    ));
    lines.extend(calls.iter().filter_map(Single::step_ns).max().map(step_note));
    lines.push(match not_counted {
        Some(why) => format!("instructions: unknown, because {}.", text::quoted_message(why)),
        None => {
            "instructions: of one call, the mean of up to 100 under valgrind, independent of the machine. They are \
             not times: they exclude waiting for memory and the kernel's work."
                .to_owned()
        }
    });
    lines.push(format!(
        "{NONE}: the quantity is not defined for the call. p90 needs 10 calls in a process, p99 100, p99.9 1,000; a \
         call that a process makes once has only a mean. A call of {} or more is not run under valgrind.",
        number::time(MAX_NS)
    ));
    lines
}

/// Returns a note on a failed call. A call that a version lacks needs no command.
fn failure_note(measured: &Measured) -> Option<String> {
    let failure = measured.failure.as_ref()?;
    let Measured { operation, level, .. } = measured;
    let message = text::quoted_message(&failure.to_string());
    if matches!(failure, Failure::Unsupported { .. }) {
        return Some(format!("{operation}/{level} {message}"));
    }
    Some(format!("{operation}/{level} {message}. Run it alone: {}", text::code(&command_line(operation, *level))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::origin::Origin;
    use crate::stats::estimate::Estimate;
    use crate::study::Study;
    use crate::study::calls::{Batches, Counted, Sample};
    use crate::tracking::Level;
    use crate::worker::tasks::operation::Singly;
    use crate::worker::tasks::quantiles::QUANTILES;

    fn measured(operation: &str, level: Level) -> Measured {
        Measured {
            operation: operation.to_owned(),
            about: format!("what {operation} does"),
            level,
            most_repeats: 100_000,
            failure: None,
            ns: Some(Estimate { value: 312.0, low: 308.4, high: 1_320.0 }),
            samples: vec![Sample { iterations: 10, elapsed_ns: 3_120 }; 15],
        }
    }

    fn batches() -> Batches {
        let failure = Some(Failure::TimedOut { seconds: 60 });
        let origin = Origin::here("cargo bench --bench operations".to_owned());
        let operations = vec![
            measured("allocate", Level::Untracked),
            measured("allocate", Level::Allocator),
            Measured { failure, ns: None, most_repeats: 1, ..measured("analyse", Level::Variables) },
            Measured { ns: None, ..measured("name", Level::Variables) },
            Measured {
                ns: None,
                samples: vec![Sample { iterations: 10, elapsed_ns: 0 }; 15],
                ..measured("count", Level::Variables)
            },
        ];
        Batches::new(origin, operations)
    }

    fn single(operation: &str, level: Level, calls: u64) -> Single {
        let times = |of: u64| Quantiles(std::array::from_fn(|place| of + 10 * place as u64));
        Single {
            operation: operation.to_owned(),
            level,
            calls,
            counted: Some(Counted { repeats: 100, instructions: 123_400 }),
            count_failure: None,
            processes: vec![Singly { calls: times(400), timing: times(20), step_ns: Some(10) }; QUANTILES.len()],
        }
    }

    fn both(not_counted: Option<&str>) -> Calls {
        let batches = batches();
        let not_counted = not_counted.map(str::to_owned);
        let counted = |single: Single| match not_counted {
            Some(_) => Single { counted: None, ..single },
            None => single,
        };
        let calls = vec![
            counted(single("allocate", Level::Untracked, 1_000)),
            counted(single("allocate", Level::Allocator, 100)),
            counted(single("name", Level::Variables, 1)),
        ];
        let singles = Singles { origin: batches.origin.clone(), not_counted, calls };
        Calls { singles: Some(singles), ..Calls::from(batches) }
    }

    fn rows(calls: &Calls) -> Vec<Vec<String>> {
        table(calls).rows
    }

    #[test]
    fn each_call_has_a_time_with_an_interval() {
        let text = crate::report::text::draw(&Calls::from(batches()).summary());
        assert_eq!(text.matches("312 ns [308 ns, 1.32 µs]").count(), 2, "{text}");
        assert!(!text.contains("what allocate does"), "a terminal is narrow: {text}");
        let table = crate::report::markdown::draw(&Calls::from(batches()).summary());
        assert_eq!(table.matches("what allocate does").count(), 2, "{table}");
        assert!(text.contains("—: `memscope-bench calls` measures quantiles and instructions."), "{text}");
    }

    #[test]
    fn quantiles_and_instructions_are_shown_where_they_exist() {
        let rows = rows(&both(None));
        let [thousand, hundred, .., nothing] = rows.as_slice() else { panic!("{rows:?}") };
        let expected = ["400 ns ± 10", "420 ns ± 10", "440 ns ± 10", "460 ns ± 10", "500 ns ± 10", "1,000", "1.23 k"];
        assert_eq!(thousand[3..10], expected);
        let expected = ["400 ns ± 10", "420 ns ± 10", "440 ns ± 10", "—", "500 ns ± 10", "100", "1.23 k"];
        assert_eq!(hundred[3..10], expected);
        assert_eq!(rows[3][3..10], ["—", "—", "—", "—", "—", "1", "1.23 k"], "a process makes one call");
        assert_eq!(rows[4][3..10], ["—"; 7], "it was only timed together");
        assert_eq!(nothing[..4], ["nothing", "(timing alone)", "—", "20 ns ± 10"]);
    }

    #[test]
    fn unknown_instructions_have_a_reason() {
        let calls = both(Some("valgrind is not there"));
        assert_eq!(rows(&calls)[0][9], "unknown");
        let notes = notes(&calls);
        assert!(notes.iter().any(|note| note == "instructions: unknown, because valgrind is not there."), "{notes:?}");
    }

    #[test]
    fn calls_without_a_time_have_a_reason() {
        let text = crate::report::markdown::draw(&Calls::from(batches()).summary());
        assert!(text.contains("timed-out") && text.contains("too few samples"), "{text}");
        assert!(text.contains("no time in 15 of 15 samples") && text.contains("too coarse"), "{text}");
        assert!(text.contains("- analyse/variables timed-out: it still ran after 60 s."), "{text}");
        assert!(
            text.contains(
                r#"{"operation":"analyse","tracking":"variables","repeats":1}}' | cargo run --release -- worker`"#
            ),
            "{text}"
        );
    }
}
