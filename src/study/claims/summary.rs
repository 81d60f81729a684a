//! The report of claims: the figures that memscope's documents state, beside the measured ones.

use crate::platform::text;
use crate::report::document::{Document, Table, left};
use crate::report::number;
use crate::report::origin::Origin;
use crate::stats::estimate::Estimate;
use crate::study::claims::{ANOTHER_MACHINE, Bound, Claims, Figure, JudgedSetting, Verdict};

/// The width of the table on a terminal, in characters: quotations and settings are wrapped.
const WIDTH: u16 = 150;

/// Returns the report: the claims, and the commands that produced their figures.
pub fn summary(claims: &Claims) -> Document {
    let columns = ["claim", "where it stands", "tried as", "measured here [95 %]", "verdict", "figures from"];
    let mut table = Table::new(columns.map(left)).grouped_by(2).wrapped_at(WIDTH);
    let mut notes = vec![
        "A claim holds in a setting if every figure is within it with all of its interval. It does not if one is beyond \
         it, at 95 % and by Holm's correction for all figures of the claim, or ended without a figure. Otherwise \
         it cannot be tested here. Bytes have a range instead of an interval, which must be beyond it as a whole."
            .to_owned(),
        format!(
            "Times of another machine may be {ANOTHER_MACHINE} times as long here: less is attributed to the machine. \
             `memscope's own benchmark` is its very setting, run here."
        ),
    ];
    for setting in &claims.settings {
        table.row(row(setting));
        let note = note(setting);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    let mut document = Document::default();
    document.table(table);
    document.notes(notes);
    document
}

fn row(setting: &JudgedSetting) -> [String; 6] {
    [
        format!("“{}”", setting.quote),
        setting.place.clone(),
        setting.setting.clone(),
        measured(setting.bound, &setting.figures),
        words(setting.verdict, setting.figures.len()),
        setting.file.clone(),
    ]
}

fn words(verdict: Verdict, figures: usize) -> String {
    match verdict {
        Verdict::Holds => "holds".to_owned(),
        Verdict::DoesNotHold(1) if figures == 1 => "does not hold".to_owned(),
        Verdict::DoesNotHold(beyond) => format!("does not hold in {beyond} of {figures}"),
        Verdict::CannotBeTested => "cannot be tested here".to_owned(),
    }
}

/// Formats figures for a cell: one with its interval, or the least and the greatest of several.
fn measured(bound: Bound, figures: &[Figure]) -> String {
    let mut known: Vec<(&str, Estimate)> =
        figures.iter().filter_map(|figure| Some((figure.of.as_str(), *figure.seen.as_ref().ok()?))).collect();
    known.sort_by(|a, b| a.1.value.total_cmp(&b.1.value));
    let ended = figures.iter().filter_map(|figure| Some(format!("{}: {}", figure.of, figure.seen.as_ref().err()?)));
    let named = |(of, estimate): &(&str, Estimate)| format!("{} ({of})", text(bound, *estimate));
    let told = match known.as_slice() {
        [] => None,
        [only] => Some(named(only)),
        [least, .., greatest] => Some(format!("{} to {}", named(least), named(greatest))),
    };
    let told: Vec<String> = told.into_iter().chain(ended).collect();
    if told.is_empty() { "not measured".to_owned() } else { told.join("; ") }
}

/// Formats a figure in the claim's unit, with its interval if it has one.
fn text(bound: Bound, estimate: Estimate) -> String {
    let Estimate { value, low, high } = estimate;
    let with_interval = |shown: fn(f64) -> String| match low == high {
        true => shown(value),
        false => format!("{} [{}, {}]", shown(value), shown(low), shown(high)),
    };
    match bound {
        Bound::Overhead(_) => with_interval(number::ratio),
        Bound::Time(_) | Bound::TimeElsewhere(_) => number::time_interval(estimate),
        Bound::Bytes(_) => with_interval(number::bytes).replace('-', "−"),
        Bound::Fidelity(_) => number::fidelity(Some(value)),
    }
}

/// Names the origin of a file, or reports that it does not exist.
fn note(seen: &JudgedSetting) -> String {
    match &seen.origin {
        Some(Origin { memscope, machine, started, command, .. }) => format!(
            "{}: measured {} on {}, {} cores, {}, by {}, built with {memscope}.",
            seen.file,
            started.format("%Y-%m-%d %H:%M UTC"),
            machine.processor,
            machine.cores,
            machine.system,
            text::code(command)
        ),
        None => format!("{}: not there, so its claims cannot be tested.", seen.file),
    }
}
