//! The report of single operations: the table and its notes.

use crate::platform::text;
use crate::report::circumstances::circumstances;
use crate::report::document::{Document, Table, left, right};
use crate::report::number;
use crate::stats::median::MIN_PAIRS;
use crate::study::operations;
use crate::study::operations::{Measured, OperationResults};
use crate::study::overhead::warnings;

/// Returns the report: the table and its notes.
pub fn summary(results: &OperationResults) -> Document {
    let mut table = Table::new([
        left("operation"),
        left("level"),
        right("time of one [95 %]"),
        right("samples"),
        right("in one process"),
        left("description"),
    ])
    .grouped_by(1);
    let mut above = "";
    for measured in &results.operations {
        table.row(row(measured, measured.operation == above));
        above = &measured.operation;
    }
    let mut document = Document::default();
    document.table(table);
    document.notes(notes(results));
    document
}

/// Returns the texts of a row. The description is empty if the row above has the same operation.
fn row(measured: &Measured, repeats: bool) -> [String; 6] {
    let about = if repeats { "" } else { &measured.about };
    [
        measured.operation.clone(),
        measured.level.to_string(),
        match (&measured.failure, measured.ns) {
            (Some(failure), _) => failure.label(),
            (None, Some(ns)) => number::time_interval(ns),
            (None, None) if untimed(measured) > 0 => {
                format!("no time in {} of {} samples", untimed(measured), measured.samples.len())
            }
            (None, None) => "too few samples".to_owned(),
        },
        measured.samples.len().to_string(),
        match measured.most_repeats {
            1 => "1".to_owned(),
            most => format!("up to {}", number::grouped(most)),
        },
        about.to_owned(),
    ]
}

/// Returns the number of samples in which the clock saw no time pass.
fn untimed(measured: &Measured) -> usize {
    measured.samples.iter().filter(|sample| sample.elapsed_ns == 0).count()
}

/// Returns the notes under the table: the failures with commands that rerun them, the meaning of the figures, and the
/// circumstances.
fn notes(results: &OperationResults) -> Vec<String> {
    let mut lines: Vec<String> = results.operations.iter().filter_map(failure_note).collect();
    let lacking: Vec<&Measured> =
        results.operations.iter().filter(|measured| measured.ns.is_none() && measured.failure.is_none()).collect();
    if lacking.iter().any(|measured| untimed(measured) > 0) {
        lines.push("No time: this machine's clock is too coarse for so few iterations.".to_owned());
    }
    if lacking.iter().any(|measured| untimed(measured) == 0) {
        lines.push(format!("Too few samples: an interval takes {MIN_PAIRS} of the same number of iterations."));
    }
    lines.push(
        "A time is the median of the samples, on the clock, of one operation alone: what it needs was made before, and \
         starting its process is not counted. Levels are not paired here: what tracking costs a program is in the \
         overheads."
            .to_owned(),
    );
    lines.extend(warnings::of_origin(&results.origin));
    lines.extend(circumstances(&results.origin));
    lines
}

/// Returns a note on an operation that failed.
fn failure_note(measured: &Measured) -> Option<String> {
    let failure = measured.failure.as_ref()?;
    let Measured { operation, level, .. } = measured;
    let alone = operations::command_line(operation, *level);
    let (failure, alone) = (text::said(&failure.to_string()), text::code(&alone));
    Some(format!("{operation}/{level} {failure}. See it alone: {alone}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::origin::Origin;
    use crate::stats::estimate::Estimate;
    use crate::study::operations::Sample;
    use crate::tracking::Level;
    use crate::worker::failure::Failure;

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

    fn drawn(draw: fn(&Document) -> String) -> String {
        let mut results = OperationResults::begin(Origin::here("cargo bench --bench operations".to_owned()));
        let failure = Some(Failure::TimedOut { seconds: 60 });
        results.operations = vec![
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
        draw(&summary(&results))
    }

    #[test]
    fn each_operation_has_its_time_and_its_doubt() {
        let text = drawn(crate::report::text::draw);
        assert_eq!(text.matches("312 ns [308 ns, 1.32 µs]").count(), 2, "{text}");
        assert_eq!(text.matches("what allocate does").count(), 1, "a repeated name is a blank: {text}");
        assert!(text.contains("up to 100,000"), "{text}");
    }

    #[test]
    fn what_has_no_time_says_why() {
        let text = drawn(crate::report::markdown::draw);
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
