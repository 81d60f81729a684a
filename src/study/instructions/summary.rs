//! The report of instructions: the table and its notes.

use crate::platform::text;
use crate::report::circumstances::circumstances;
use crate::report::document::{Document, Table, left, right};
use crate::report::number;
use crate::schedule::measurement::Outcome;
use crate::study::instructions::record::InstructionCount;
use crate::study::instructions::{MIN_MISSES, MODEL, Misses};
use crate::study::overhead::record::Results;
use crate::study::overhead::warnings;

/// Returns the report of counted instructions.
pub(crate) fn summary(results: &Results) -> Document {
    let mut table = Table::new([
        left("workload"),
        left("level"),
        right("untracked"),
        right("tracked"),
        right("overhead"),
        right("per allocation"),
        right("spread"),
    ]);
    for count in &results.instructions {
        table.row(row(count));
    }
    let mut lines: Vec<String> = results.instructions.iter().filter_map(failure_note).collect();
    lines.push(
        "Figures are the instructions that the window executed: means of two runs under valgrind. Spread: the largest \
         difference between two equal runs. The addresses of heap blocks affect the figures too: treat differences \
         below a percent as noise. Instructions are not times: they exclude waiting for memory and the kernel's work."
            .to_owned(),
    );
    lines.extend(warnings::of_origin(&results.origin));
    lines.extend(circumstances(&results.origin));
    let mut document = Document::default();
    document.table(table);
    if let Some(misses) = misses(results) {
        document.table(misses);
        lines.insert(lines.len().min(1), format!("{MODEL} Counts below {MIN_MISSES} get no ratio."));
    }
    document.notes(lines);
    document
}

/// Returns the table of simulated cache misses, if they were counted.
fn misses(results: &Results) -> Option<Table> {
    let words = ["workload", "level"].map(left);
    let numbers = ["data misses", "instruction misses", "last-level misses"].map(right);
    let mut table = Table::new(words.into_iter().chain(numbers));
    let kinds: [fn(&Misses) -> u64; 3] =
        [|misses| misses.data, |misses| misses.instruction, |misses| misses.last_level];
    for count in results.instructions.iter().filter(|count| !count.tracked_misses.is_empty()) {
        let cells = kinds.map(|kind| {
            misses_in_words([&count.untracked_misses, &count.tracked_misses].map(|runs| mean_misses(runs, kind)))
        });
        table.row([count.workload.to_string(), count.level.to_string()].into_iter().chain(cells));
    }
    (!table.rows.is_empty()).then_some(table)
}

/// Returns the mean of the misses of a kind; 0 without runs.
fn mean_misses(runs: &[Misses], kind: fn(&Misses) -> u64) -> f64 {
    runs.iter().map(kind).sum::<u64>() as f64 / runs.len().max(1) as f64
}

/// Formats tracked misses, with their ratio to the untracked ones if those are enough for one.
fn misses_in_words([untracked, tracked]: [f64; 2]) -> String {
    let misses = number::short_count(tracked);
    if untracked < MIN_MISSES as f64 {
        return misses;
    }
    format!("{misses} (×{})", number::factor(tracked / untracked))
}

fn row(count: &InstructionCount) -> [String; 7] {
    let overhead = count.outcome.measured();
    [
        count.workload.to_string(),
        count.level.to_string(),
        mean(&count.untracked),
        mean(&count.tracked),
        match &count.outcome {
            Outcome::Failed(failure) => failure.label(),
            Outcome::Measured(overhead) => number::ratio(overhead.ratio),
            Outcome::TooFew => "unknown".to_owned(),
        },
        match overhead.map(|overhead| overhead.per_allocation) {
            Some(Some(instructions)) => number::decimal(instructions, 1),
            Some(None) => "unknown".to_owned(),
            None => String::new(),
        },
        overhead.map(|overhead| format!("{} %", number::decimal(overhead.apart * 100.0, 3))).unwrap_or_default(),
    ]
}

/// Returns the mean of the runs' counts as text; empty without runs.
fn mean(runs: &[u64]) -> String {
    if runs.is_empty() { String::new() } else { number::grouped(runs.iter().sum::<u64>() / runs.len() as u64) }
}

fn failure_note(count: &InstructionCount) -> Option<String> {
    let failure = count.outcome.failure()?;
    Some(format!("{}/{} {}", count.workload, count.level, text::quoted_message(&failure.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_misses_give_no_ratio() {
        let of = |untracked, tracked| misses_in_words([untracked, tracked]);
        assert_eq!([of(500.0, 2_000.0), of(499.0, 2_000.0), of(5.0, 175_200.0)], ["2 k (×4.00)", "2 k", "175 k"]);
        let misses = |data| Misses { data, ..Misses::default() };
        assert_eq!(mean_misses(&[misses(400), misses(600)], |misses| misses.data), 500.0);
        assert_eq!(mean_misses(&[], |misses| misses.data), 0.0);
    }
}
