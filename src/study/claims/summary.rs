//! The report of claims: the figures that memscope's documents state, next to the measured ones.

use crate::platform::text;
use crate::report::document::{Document, Table, left};
use crate::report::number;
use crate::report::origin::Origin;
use crate::stats::estimate::Estimate;
use crate::study::claims::{ANOTHER_MACHINE, Bound, Claims, JudgedSetting, Verdict};

/// The width of the table on a terminal, in characters: quotations and settings are wrapped.
const WIDTH: u16 = 150;

/// Returns the report: the claims, and the commands that produced their figures.
pub fn summary(claims: &Claims) -> Document {
    let columns = ["claim", "source", "setting", "measured here [95 %]", "verdict", "figures from"];
    let mut table = Table::new(columns.map(left)).grouped_by(2).wrapped_at(WIDTH);
    let mut notes = vec![
        "A claim holds in a setting if the whole interval of every figure is within it. It does not hold if a figure \
         is beyond it (at 95 %, after Holm's correction for all figures of the claim) or if a measurement ended \
         without one. Otherwise it cannot be tested here. Bytes have a range instead of an interval; the whole range \
         must be beyond the claim."
            .to_owned(),
        format!(
            "Times from another machine may be {ANOTHER_MACHINE} times as long here: smaller differences are \
             attributed to the machine. `memscope's own benchmark` is the original setting, run here."
        ),
    ];
    if claims.settings.iter().any(|setting| matches!(setting.bound, Bound::Truth(_))) {
        notes.push(
            "The truth of a report is the share of all facts that are both true and reported: false and missing facts \
             count alike."
                .to_owned(),
        );
    }
    for setting in &claims.settings {
        table.row(row(setting));
        let note = note(setting);
        if let Some(note) = note.filter(|note| !notes.contains(note)) {
            notes.push(note);
        }
    }
    let mut document = Document::default();
    document.notes(answer(claims));
    document.table(table);
    document.notes(notes);
    document
}

/// Returns the number of claims that hold in all, in some, and in none of their settings.
fn answer(claims: &Claims) -> Vec<String> {
    let mut by_claim: Vec<(&str, Vec<Verdict>)> = Vec::new();
    for setting in &claims.settings {
        let name = if setting.id.is_empty() { setting.quote.as_str() } else { setting.id.as_str() };
        match by_claim.iter_mut().find(|(known, _)| *known == name) {
            Some((_, verdicts)) => verdicts.push(setting.verdict),
            None => by_claim.push((name, vec![setting.verdict])),
        }
    }
    let count = |is: fn(&[Verdict]) -> bool| by_claim.iter().filter(|(_, verdicts)| is(verdicts)).count();
    let fails = |verdict: &Verdict| matches!(verdict, Verdict::DoesNotHold(_));
    let all = by_claim.len();
    let hold = count(|verdicts| verdicts.iter().all(|verdict| *verdict == Verdict::Holds));
    let none = count(|verdicts| verdicts.iter().all(|verdict| matches!(verdict, Verdict::DoesNotHold(_))));
    let untested = count(|verdicts| verdicts.iter().all(|verdict| *verdict == Verdict::CannotBeTested));
    let some = by_claim.iter().filter(|(_, verdicts)| verdicts.iter().any(fails)).count() - none;
    let mut sentence = format!(
        "Of {}, {hold} hold in every setting, {none} in none, {some} fail in some, and {untested} cannot be tested here",
        number::counted(all, "claim"),
    );
    match all - hold - none - some - untested {
        0 => {}
        rest => sentence += &format!("; {rest} hold in the settings that can be tested"),
    }
    vec![sentence + "."]
}

fn row(setting: &JudgedSetting) -> [String; 6] {
    [
        if setting.is_paraphrased { setting.quote.clone() } else { format!("“{}”", setting.quote) },
        setting.place.clone(),
        setting.setting.clone(),
        measured(setting),
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

/// Formats figures for a cell: a single one with its interval, or the range of several.
fn measured(setting: &JudgedSetting) -> String {
    let JudgedSetting { bound, figures, lack, .. } = setting;
    let mut known: Vec<(&str, Estimate)> =
        figures.iter().filter_map(|figure| Some((figure.of.as_str(), *figure.seen.as_ref().ok()?))).collect();
    known.sort_by(|a, b| a.1.value.total_cmp(&b.1.value));
    let ended = figures.iter().filter_map(|figure| Some(format!("{}: {}", figure.of, figure.seen.as_ref().err()?)));
    let named = |(of, estimate): &(&str, Estimate)| format!("{} ({of})", text(*bound, *estimate));
    let told = match known.as_slice() {
        [] => None,
        [only] => Some(named(only)),
        [least, .., greatest] => Some(format!("{} to {}", named(least), named(greatest))),
    };
    let told: Vec<String> = told.into_iter().chain(ended).collect();
    match lack {
        _ if !told.is_empty() => told.join("; "),
        Some(why) => format!("not measured: {why}"),
        None => "not measured".to_owned(),
    }
}

/// Formats a figure in the claim's unit, with its interval if it has one.
fn text(bound: Bound, estimate: Estimate) -> String {
    let Estimate { value, low, high } = estimate;
    let with_interval = |shown: fn(f64) -> String| match low == high {
        true => shown(value),
        false => format!("{} [{}, {}]", shown(value), shown(low), shown(high)),
    };
    match bound {
        Bound::Overhead(_) | Bound::Memory(_) => with_interval(number::ratio),
        Bound::Time(_) | Bound::TimeElsewhere(_) => number::time_interval(estimate),
        Bound::Bytes(_) => with_interval(number::bytes).replace('-', "−"),
        Bound::Fidelity(_) => number::fidelity(Some(value)),
        Bound::Truth(_) => number::share(value),
    }
}

/// Names the origin of a file, or reports that the file does not exist.
fn note(seen: &JudgedSetting) -> Option<String> {
    if seen.file.is_empty() {
        return None;
    }
    let not_included = seen.not_included.as_ref().map_or(String::new(), |sentence| format!(" {sentence}"));
    Some(match &seen.origin {
        Some(Origin { memscope, machine, started, command, .. }) => format!(
            "{}: measured {} on {}, {} cores, {}, by {}, built with {memscope}.{not_included}",
            seen.file,
            started.format("%Y-%m-%d %H:%M UTC"),
            machine.processor,
            machine.cores,
            machine.system,
            text::code(command)
        ),
        None => format!("{} is missing, so its claims cannot be tested.", seen.file),
    })
}
