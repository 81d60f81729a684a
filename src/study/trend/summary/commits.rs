//! The report of the commits that were measured side by side: the steps in sentences, a table, and the agreement of the
//! runs.

use super::shortened;
use crate::platform::git::Commit;
use crate::report::document::{Document, Table, left, right};
use crate::report::number;
use crate::study::compare::Verdict;
use crate::study::compare::verdicts::{without_difference, word_for};
use crate::study::trend::summary::machine_note;
use crate::study::trend::{CommitLane, CommitPoint, Commits, Step};

/// Adds the part of a report on commits.
pub(super) fn add(document: &mut Document, commits: &Commits) {
    document.notes(sentences(commits));
    if commits.lanes.is_empty() {
        return;
    }
    document.table(each(commits));
    document.heading("Runs");
    document.table(runs(commits));
    let mut notes = vec![rule(commits)];
    notes.extend(commits.machines().into_iter().enumerate().map(|(place, machine)| machine_note(place, machine)));
    document.notes(notes);
}

/// Returns the steps in sentences: their number, and each regression or improvement.
pub(in crate::study::trend) fn sentences(commits: &Commits) -> Vec<String> {
    let steps = || commits.lanes.iter().flat_map(CommitLane::points).filter_map(|point| point.step);
    let count = |verdict| steps().filter(|step| step.verdict == verdict).count();
    let same = steps().filter(|step| step.verdict == Verdict::NoDifference);
    let mut lines: Vec<String> = Vec::new();
    lines.extend(commits.broken_line.map(|line| {
        format!("Line {line} of {} is incomplete and is left out: the file was truncated there.", commits.file)
    }));
    lines.push(if commits.lanes.is_empty() {
        format!("{} has no differences of these workloads and commits.", commits.file)
    } else {
        format!(
            "{} between commits: {}, {}, {}, {} inconclusive.",
            number::counted(steps().count(), "step"),
            number::counted(count(Verdict::Regression), "regression"),
            number::counted(count(Verdict::Improvement), "improvement"),
            without_difference(commits.threshold_percent, same.map(|step| step.ratio)),
            count(Verdict::Inconclusive),
        )
    });
    for lane in &commits.lanes {
        lines.extend(lane.points().filter_map(|point| sentence(commits, lane, point)));
    }
    lines
}

/// Describes a step that is a regression or an improvement; `None` for any other.
fn sentence(commits: &Commits, lane: &CommitLane, point: &CommitPoint) -> Option<String> {
    let step = point.step?;
    let verb = match step.verdict {
        Verdict::Regression => "rose",
        Verdict::Improvement => "fell",
        Verdict::NoDifference | Verdict::Inconclusive => return None,
    };
    let Commit { subject, .. } = &commits.list[point.commit];
    Some(format!(
        "{} {verb} by {} at {} ({}), since {}.",
        lane.kind.name(&commits.lanes),
        number::change(step.ratio),
        commits.list[point.commit].short(),
        shortened(subject),
        commits.list[step.since].short(),
    ))
}

/// Returns the verdict on a step in words.
pub(in crate::study::trend) fn word(commits: &Commits, step: &Step) -> String {
    word_for(commits.threshold_percent, step.verdict, step.ratio)
}

/// Returns the rule for a verdict on a step.
pub(in crate::study::trend) fn rule(commits: &Commits) -> String {
    format!(
        "Each commit's overhead is relative to that of the first commit that differences connect it with, by least \
         squares over all differences measured side by side. A step has a verdict if it exceeds {} and is a \
         discovery at a false-discovery rate of 5 % among all steps here (Benjamini–Hochberg).",
        number::up_or_down(commits.threshold_percent)
    )
}

fn each(commits: &Commits) -> Table {
    let columns =
        ["workload and level", "commit", "date", "since the first [95 %]", "step [95 %]", "verdict", "message"];
    let mut table = Table::new(columns.map(left)).grouped_by(1);
    for lane in &commits.lanes {
        let name = lane.kind.name(&commits.lanes);
        for part in &lane.parts {
            for (place, point) in part.iter().enumerate() {
                let commit = &commits.list[point.commit];
                let since_first = if place == 0 { "first".to_owned() } else { number::change(point.ratio) };
                let step = |form: fn(&Commits, &Step) -> String| {
                    point.step.as_ref().map_or(String::new(), |step| form(commits, step))
                };
                table.row([
                    name.clone(),
                    commit.short().to_owned(),
                    commit.date.format("%Y-%m-%d").to_string(),
                    since_first,
                    step(|_, step| number::change(step.ratio)),
                    step(word),
                    shortened(&commit.subject),
                ]);
            }
        }
    }
    table
}

/// Returns the table of the runs of each lane.
fn runs(commits: &Commits) -> Table {
    let mut table = Table::new([
        left("workload and level"),
        right("differences"),
        right("runs"),
        right("machines"),
        right("commits"),
        right("parts"),
        right("χ² ÷ freedom"),
        right("wider by"),
    ]);
    for lane in &commits.lanes {
        let mut machines: Vec<_> = Vec::new();
        for run in &lane.runs {
            let machine = &commits.runs[*run].machine;
            if !machines.iter().any(|other: &&crate::platform::system::Machine| other.is(machine)) {
                machines.push(machine);
            }
        }
        // Agreement needs differences that were measured more than once.
        let (agreement, wider) = if lane.freedom == 0 {
            ("—".to_owned(), "—".to_owned())
        } else {
            let agreement =
                format!("{} of {}", number::decimal(lane.chi_square / lane.freedom as f64, 2), lane.freedom);
            (agreement, format!("×{}", number::factor(lane.widening())))
        };
        table.row([
            lane.kind.name(&commits.lanes),
            lane.differences.to_string(),
            lane.runs.len().to_string(),
            machines.len().to_string(),
            lane.points().count().to_string(),
            lane.parts.len().to_string(),
            agreement,
            wider,
        ]);
    }
    table
}
