//! The page of a check: the verdict, every axis in a row, the changes, and the answers for memscope's pull-request
//! template.

use super::axis::Axis;
use super::row::Row;
use super::timing::times_by;
use super::verdict::{Verdict, is_open, on_axis, unknown_places};
use super::{Check, CheckedBuild, Record};
use crate::report::circumstances::circumstances_of_other_builds;
use crate::report::document::{Document, Table, left, right};
use crate::report::{commit, number};
use crate::stats::estimate::Estimate;
use crate::study::compare::{Estimator, untracked};
use crate::study::counts::Judgement;

/// The maximum number of changes in the table; a page has at most 60 lines.
const MAX_CHANGES: usize = 12;
/// The maximum number of axes in the first sentence.
const MAX_NAMED: usize = 3;

pub(super) fn summary(check: &Check) -> Document {
    let mut document = Document::default();
    let mut first = vec![answer(check)];
    first.extend(check.record.causes.iter().cloned());
    document.notes(first);
    document.table(axes(check));
    let changed = changes(check);
    if !changed.is_empty() {
        document.heading("What changed");
        let more = changed.len().saturating_sub(MAX_CHANGES);
        document.table(table_of_changes(&changed[..changed.len() - more]));
        if more > 0 {
            document.notes(vec![format!("And {}; check.json lists all of them.", number::counted(more, "other row"))]);
        }
    }
    if !check.record.plan.is_self {
        template(check, &mut document);
    }
    document.notes(notes(check));
    document
}

/// Returns the first sentence: the verdict and its reason.
pub(crate) fn answer(check: &Check) -> String {
    let [base, head] = check.record.builds.each_ref().map(described);
    if check.record.plan.is_self {
        return format!("{}: {base} against itself: {}.", check.verdict.words(), resolved(check));
    }
    let reason = match check.verdict {
        Verdict::Worse => named(check, Row::is_worse),
        Verdict::Ok => match named(check, |row| row.judgement == Judgement::Better) {
            better if better.is_empty() => format!("no axis is worse; {}", resolved(check)),
            better => format!("no axis is worse; better: {better}; {}", resolved(check)),
        },
        Verdict::CannotTell => format!("no axis is shown to be worse, but {}", open(check)),
    };
    format!("{}: {head} against {base}: {reason}.", check.verdict.words())
}

/// Returns a line for each row that is worse, for an exit with an error.
pub(crate) fn worse(check: &Check) -> Vec<String> {
    let worse = check.rows.iter().filter(|row| row.is_worse());
    worse.map(|row| format!("worse: {}: {}: {}", row.axis, row.place, in_words(row))).collect()
}

fn described(build: &CheckedBuild) -> String {
    commit::named(&build.name, build.about.as_deref(), build.memscope.commit.as_deref())
}

/// Returns the axes with rows of this kind, each with the place of its greatest change.
fn named(check: &Check, is_wanted: impl Fn(&Row) -> bool) -> String {
    let of_axis = |axis: Axis| {
        let rows = || check.rows.iter().filter(|row| row.axis == axis && is_wanted(row));
        let most = rows().max_by(|a, b| size(a).total_cmp(&size(b)))?;
        let others = match rows().count() - 1 {
            0 => String::new(),
            others => format!(" and {others} more"),
        };
        Some(format!("{axis} {} ({}{others})", in_words(most), most.place))
    };
    let all: Vec<String> = Axis::all().filter_map(of_axis).collect();
    match all.split_at_checked(MAX_NAMED) {
        Some((first, rest)) if !rest.is_empty() => {
            let others = if rest.len() == 1 { "axis" } else { "axes" };
            format!("{}; and {} other {others}", first.join("; "), rest.len())
        }
        _ => all.join("; "),
    }
}

/// Returns the size of a change, to find the largest one of an axis. It is the smallest if neither build has anything.
fn size(row: &Row) -> f64 {
    const NOTHING: f64 = -1.0;
    match (row.change, row.base, row.head) {
        (Some(change), ..) => change.abs_log_ratio(),
        (None, Some(base), Some(head)) if base == head => NOTHING,
        (None, ..) => f64::INFINITY,
    }
}

/// Returns the reasons why there is no decision.
fn open(check: &Check) -> String {
    let Some(row) = check.rows.iter().find(|row| is_open(row, &check.rows)) else {
        let unchecked = check.record.plan.budget.unchecked(&check.record.plan, &check.rows);
        return unchecked.unwrap_or_else(|| "time or fidelity was not measured".to_owned());
    };
    let why = row.why.as_deref().unwrap_or("the change is unknown");
    let change = row.change.map_or(String::new(), |change| format!(" {}", changed(change)));
    // A threshold of the machine's resolution has many digits.
    let threshold = (row.threshold_percent * 100.0).round() / 100.0;
    format!("{} of {}{change} may exceed {threshold} %: {why}", row.axis, row.place)
}

/// Returns the smallest detectable changes.
fn resolved(check: &Check) -> String {
    let of_time = || check.rows.iter().filter(|row| row.axis == Axis::CpuTime && row.change.is_some());
    let greatest = |is_typical: bool| {
        let rows = of_time().filter(|row| row.place.of.is_none() == is_typical);
        rows.filter_map(|row| row.detectable_percent).max_by(f64::total_cmp)
    };
    match (greatest(true), greatest(false)) {
        (Some(typical), Some(single)) => format!(
            "a change of CPU time above {} over all workloads, or above {} on a single one, would have been found",
            number::size(typical),
            number::size(single)
        ),
        // One workload has no typical change.
        (None, Some(single)) => format!("a change of CPU time above {} would have been found", number::size(single)),
        _ => "too few rounds to judge time".to_owned(),
    }
}

/// Returns every axis with its judgement and the place of its greatest change.
fn axes(check: &Check) -> Table {
    let mut table = Table::new([
        left("axis"),
        left("judgement"),
        left("where"),
        right("base"),
        right("head"),
        right("change [95 %]"),
        right("detectable"),
    ]);
    for axis in Axis::all() {
        let Some(judgement) = on_axis(&check.rows, axis) else { continue };
        let of_axis = || check.rows.iter().filter(|row| row.axis == axis);
        let is_shown = |row: &&Row| match judgement {
            Judgement::Worse => row.is_worse(),
            // The greatest change that is not shown to be one may be at an unknown place.
            Judgement::Same => true,
            Judgement::Better | Judgement::Unknown => row.judgement == judgement,
        };
        let Some(row) = of_axis().filter(is_shown).max_by(|a, b| size(a).total_cmp(&size(b))) else { continue };
        table.row([
            axis.name().to_owned(),
            judged(check, axis, judgement),
            row.place.to_string(),
            figure(axis, row.base),
            figure(axis, row.head),
            row.change.map_or_else(|| row.why.clone().unwrap_or_default(), changed),
            row.detectable_percent.map_or(String::new(), number::size),
        ]);
    }
    table
}

/// Returns the judgement on an axis in words. If it is not worse, it has the number of places that are unknown.
fn judged(check: &Check, axis: Axis, judgement: Judgement) -> String {
    match (judgement, unknown_places(&check.rows, axis)) {
        (Judgement::Same | Judgement::Better, (unknown, all)) if unknown > 0 => {
            format!("{}; {unknown} of {all} unknown", word(judgement))
        }
        _ => word(judgement).to_owned(),
    }
}

/// Returns the rows that changed, the worse ones first.
fn changes(check: &Check) -> Vec<&Row> {
    let better = |row: &&Row| row.judgement == Judgement::Better;
    let worse = check.rows.iter().filter(|row| row.is_worse());
    worse.chain(check.rows.iter().filter(better)).collect()
}

fn table_of_changes(rows: &[&Row]) -> Table {
    let mut table =
        Table::new([left("axis"), left("where"), left("verdict"), right("base"), right("head"), right("change")]);
    for row in rows {
        let verdict = match row.over_budget {
            Some(limit) => format!("over its budget of {}", figure(row.axis, Some(limit))),
            None => word(row.judgement).to_owned(),
        };
        let (base, head) = (figure(row.axis, row.base), figure(row.axis, row.head));
        table.row([row.axis.name().to_owned(), row.place.to_string(), verdict, base, head, in_words(row)]);
    }
    table
}

/// Adds the section on performance of memscope's pull-request template.
fn template(check: &Check, document: &mut Document) {
    document.heading("📊 Performance Impact");
    let is_better = check.rows.iter().any(|row| row.judgement == Judgement::Better);
    let boxes = [
        ("No performance impact expected", check.verdict == Verdict::Ok && !is_better),
        ("Performance improvement (provide benchmarks)", check.verdict == Verdict::Ok && is_better),
        ("Potential performance regression (explain why acceptable)", check.verdict == Verdict::Worse),
        ("Performance impact unknown/needs testing", check.verdict == Verdict::CannotTell),
    ];
    document.notes(boxes.map(|(text, is_it)| format!("[{}] {text}", if is_it { "x" } else { " " })).to_vec());
    let of_time = |row: &&Row| row.axis == Axis::CpuTime && row.place.of.is_none();
    let lines = check.rows.iter().filter(of_time).filter_map(|row| {
        let level = row.place.level?;
        let [before, after] = check.typical_overheads(level)?.map(number::ratio);
        let improvement = row.change.map(|change| number::percent(2.0 - change.value))?;
        Some(format!("{level}: before: {before}, after: {after}, improvement: {improvement} % of CPU time"))
    });
    document.notes(lines.collect());
}

fn notes(check: &Check) -> Vec<String> {
    let record = &check.record;
    let rounds: usize = record.stages.iter().map(|stage| stage.rounds * stage.groups.len()).sum();
    let mut notes = vec![format!(
        "Took {} of {} minutes: {} of both builds in {}{}. A change gets a verdict only if it exceeds its axis's \
         threshold. Detectable: for times, the change that these rounds would have found with 80 % probability; \
         otherwise the smallest change that gets a verdict.",
        number::decimal(record.seconds as f64 / 60.0, 1),
        record.plan.minutes,
        number::counted(rounds, "round"),
        number::counted(record.stages.len(), "stage"),
        if record.links > 1 { format!(", with {} links of each", record.links) } else { String::new() },
    )];
    if record.plan.without_counts {
        notes.push("Instructions and cache misses were not counted (--without-counts).".to_owned());
    }
    if !record.resolutions.is_empty() {
        notes.push("The thresholds are those of this machine's `check --self`.".to_owned());
    }
    notes.extend(programs(check));
    notes.extend(circumstances_of_other_builds(&record.origin));
    notes
}

/// Returns a line on programs that differ between the builds.
fn programs(check: &Check) -> Option<String> {
    let Record { stages, links, plan, builds, .. } = &check.record;
    let [untracked, tracked] =
        [Estimator::Untracked, Estimator::Tracked].map(|by| times_by(by, stages, *links, &plan.budget));
    let sentences = untracked::sentences(untracked, &tracked, &builds.each_ref().map(|build| build.name.as_str()));
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

fn word(judgement: Judgement) -> &'static str {
    match judgement {
        Judgement::Worse => "worse",
        Judgement::Better => "better",
        Judgement::Same => "same",
        Judgement::Unknown => "unknown",
    }
}

/// Formats the change of a row, or its figures if there is no ratio.
fn in_words(row: &Row) -> String {
    match (row.change, &row.why) {
        (_, Some(why)) if row.change.is_none_or(|change| change.value == 1.0) => why.clone(),
        (Some(change), _) => changed(change),
        (None, _) => format!("{} → {}", figure(row.axis, row.base), figure(row.axis, row.head)),
    }
}

/// Formats a change; a change of exact figures has no interval.
fn changed(change: Estimate) -> String {
    if change.low < change.high {
        return number::change(change);
    }
    number::exact_change(change.value)
}

fn figure(axis: Axis, value: Option<f64>) -> String {
    let Some(value) = value else { return String::new() };
    match axis {
        // One event of a million counts.
        Axis::Fidelity => number::decimal(value, 6),
        Axis::Recall | Axis::Precision => number::decimal(value, 5),
        Axis::Latency | Axis::RareLatency | Axis::AllocationTime => number::time(value),
        Axis::BinarySize => number::bytes(value),
        Axis::Crates | Axis::BuildSeconds => number::decimal(value, 0),
        Axis::LiveBytes | Axis::KeptBytes => number::decimal(value, 1),
        _ if axis.unit() == "×" => format!("×{}", number::factor(value)),
        _ => number::short_count(value),
    }
}
