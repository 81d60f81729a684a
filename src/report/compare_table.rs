//! The comparison as text: a row for each subject on each workload under each level, and what is claimed of it.

use super::table::{Form, circumstances};
use super::{figures, warnings};
use crate::compare::{Claim, Compared, Comparison, Difference};
use crate::results::{Cell, Clock};
use crate::tracking::Tracking;
use crate::workloads::Workload;
use comfy_table::{CellAlignment, Table};

/// The comparison's table, and the notes below it.
pub fn draw(comparison: &Comparison, form: Form) -> String {
    let notes = notes(comparison);
    [table(comparison, form), form.notes(&notes)].join(form.between())
}

fn table(comparison: &Comparison, form: Form) -> String {
    let mut table = Table::new();
    table.load_style(form.style());
    table.set_header(["workload", "level", "subject", "overhead [95 %]", "fidelity", "peak memory", "against"]);
    let groups = comparison.plan.groups().into_iter().enumerate();
    for (number, (workload, tracking)) in groups.filter(|(_, (_, tracking))| *tracking != Tracking::Untracked) {
        for (place, subject) in comparison.subjects.iter().enumerate() {
            let repeats = place > 0 && form == Form::Terminal;
            let said = |text: String| if repeats { String::new() } else { text };
            let [overhead, fidelity, memory] = of_cell(comparison, cell(subject, workload, tracking));
            table.add_row(form.row([
                said(workload.to_string()),
                said(tracking.to_string()),
                subject.name.clone(),
                if subject.not_built.is_some() { "not built".to_owned() } else { overhead },
                fidelity,
                memory,
                against(comparison, place, number),
            ]));
        }
    }
    for numeric in [4, 5] {
        table.column_mut(numeric).expect("the header has seven").set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// A subject's cell, if it was measured.
pub fn cell(subject: &Compared, workload: Workload, tracking: Tracking) -> Option<&Cell> {
    subject.cells.iter().find(|cell| cell.workload == workload && cell.tracking == tracking)
}

/// Overhead, fidelity and peak memory of a cell.
fn of_cell(comparison: &Comparison, cell: Option<&Cell>) -> [String; 3] {
    let Some(cell) = cell else { return Default::default() };
    let Some(overhead) = comparison.overhead(cell) else {
        let why = cell.failure.as_ref().map(|failure| failure.label());
        return [why.unwrap_or_else(|| format!("too few pairs ({})", cell.pairs.len())), String::new(), String::new()];
    };
    let memory = cell.overhead.and_then(|overhead| overhead.peak_memory);
    let memory = memory.map_or("unknown".to_owned(), |memory| format!("×{}", figures::factor(memory.value)));
    [figures::overhead(overhead), figures::fidelity(cell.fidelity), memory]
}

/// What is said of a subject in a group against the one that it is held against.
fn against(comparison: &Comparison, subject: usize, group: usize) -> String {
    let (workload, tracking) = comparison.plan.groups()[group];
    let of = |difference: &&Difference| {
        difference.subject == subject && difference.workload == workload && difference.tracking == tracking
    };
    match comparison.differences.iter().find(of) {
        None => "—".to_owned(),
        Some(difference) => match difference.claim {
            Claim::None => told(comparison, difference),
            Claim::Regression => format!("{}: regression", told(comparison, difference)),
            Claim::Gain => format!("{}: gain", told(comparison, difference)),
        },
    }
}

/// A difference in words: `1.32–1.37 × the overhead of 0.2.4`; that none was seen, and how large one may still be; or that
/// there may be one, which this run is not enough to claim.
pub fn told(comparison: &Comparison, difference: &Difference) -> String {
    let reference = &comparison.subjects[difference.reference].name;
    let Some(ratio) = difference.ratio else { return "cannot be compared".to_owned() };
    let seen = format!("{}–{} × the overhead of {reference}", figures::factor(ratio.low), figures::factor(ratio.high));
    match (difference.claim, difference.bound_percent()) {
        (Claim::None, Some(bound)) if ratio.includes_none() => {
            format!("no difference seen (smaller than {bound:.1} %) from {reference}")
        }
        (Claim::None, _) => format!("{seen}: not claimed"),
        _ => seen,
    }
}

/// The differences that are claimed, each in a line.
pub fn claims(comparison: &Comparison, claim: Claim) -> Vec<String> {
    let claimed = comparison.differences.iter().filter(|difference| difference.claim == claim);
    claimed
        .map(|difference| {
            let Difference { workload, tracking, subject, .. } = difference;
            let name = &comparison.subjects[*subject].name;
            format!("{workload}/{tracking}: {name} has {}", told(comparison, difference))
        })
        .collect()
}

/// All that is claimed, a line each; where that would be more than anyone reads, how much it is.
fn claimed(comparison: &Comparison) -> Vec<String> {
    const MOST_LINES: usize = 20;
    let [regressions, gains] = [Claim::Regression, Claim::Gain].map(|claim| claims(comparison, claim));
    if regressions.len() + gains.len() > MOST_LINES {
        let (regressions, gains) = (regressions.len(), gains.len());
        return vec![format!("{regressions} regressions and {gains} gains are claimed: the last column names each.")];
    }
    let said = |word: &'static str, lines: Vec<String>| {
        lines.into_iter().map(move |line| format!("{word}: {line}.")).collect::<Vec<_>>()
    };
    [said("Regression", regressions), said("Gain", gains)].concat()
}

fn notes(comparison: &Comparison) -> Vec<String> {
    let mut lines = warnings::of_origin(&comparison.origin);
    for subject in &comparison.subjects {
        lines.extend(subject.not_built.as_ref().map(|why| format!("Not measured: {why}")));
        lines.extend(subject.cells.iter().filter_map(|cell| {
            let failure = cell.failure.as_ref()?;
            let pairs = cell.pairs.len();
            Some(format!("{}: {}/{} {failure} (after {pairs} pairs).", subject.name, cell.workload, cell.tracking))
        }));
    }
    lines.extend(claimed(comparison));
    lines.push(format!(
        "A difference is claimed if its interval excludes none after correction for {} comparisons (Holm), it exceeds {} %, \
         and both of two batches of rounds show it. What falls short of that is not claimed: more rounds tell.",
        comparison.differences.len(),
        comparison.threshold_percent
    ));
    if comparison.clock == Clock::Processor {
        lines.push("Ratios are of processor time, over all threads: what threads wait for is not in them.".to_owned());
    }
    if let Some((cell, floor)) = comparison.noise_floor() {
        lines.push(format!(
            "Noise floor: untracked against itself shows {} at the most ({}, {} pairs).",
            figures::percent_interval(floor),
            cell.workload,
            cell.pairs.len()
        ));
    }
    let pairs = || comparison.subjects.iter().flat_map(|subject| &subject.cells).filter(|cell| cell.failure.is_none());
    if let (Some(fewest), Some(most)) =
        (pairs().map(|cell| cell.pairs.len()).min(), pairs().map(|cell| cell.pairs.len()).max())
    {
        lines.push(format!(
            "Rounds: {fewest} to {most} for each figure; in each, every subject beside its own untracked."
        ));
    }
    // The subjects stand in the table; the one of this program is none of them.
    lines.extend(circumstances(&comparison.origin).into_iter().skip(1));
    lines
}
