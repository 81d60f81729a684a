//! The report of detections: a row for each report of each build, by workload and by the kind of finding.

use crate::platform::text;
use crate::report::circumstances::circumstances_of_other_builds;
use crate::report::document::{Document, Table, left, right};
use crate::report::number::grouped;
use crate::study::accuracy::{Detected, Detections, Finding, Report, Row, Score, WORKLOADS};
use crate::study::overhead::warnings;
use crate::tracking::Level;
use crate::tracking::memscope::FindingKind;
use crate::worker::failure::Failure;
use crate::workloads::Workload;

/// Returns the report: the table and its notes.
pub(super) fn summary(detections: &Detections) -> Document {
    let mut document = Document::default();
    document.table(table(detections));
    document.notes(notes(detections));
    document
}

fn table(detections: &Detections) -> Table {
    let words = ["workload", "sought", "build", "level"].map(left);
    let counts = ["planted", "reported", "true positives", "false negatives", "false positives"].map(right);
    let mut table = Table::new(words.into_iter().chain(counts)).grouped_by(3);
    for workload in WORKLOADS {
        for sought in [FindingKind::Leaks, FindingKind::Cycles, FindingKind::Active] {
            for (name, row) in
                rows(detections).filter(|(_, row)| row.workload == workload && row.report.sought == sought)
            {
                let head = [workload.name(), sought.name(), name].map(str::to_owned);
                table.row(head.into_iter().chain([row.report.level.to_string()]).chain(figures(row)));
            }
        }
    }
    table
}

/// Returns all rows, each with its build's name.
fn rows(detections: &Detections) -> impl Iterator<Item = (&str, &Row)> {
    detections.builds.iter().flat_map(|build| build.rows.iter().map(|row| (build.name.as_str(), row)))
}

/// Returns the counts of a report, or its outcome. The counts are planted, reported, true positives, false negatives
/// and false positives.
fn figures(row: &Row) -> [String; 5] {
    let Some(finding) = row.finding else {
        let label = row.failure.as_ref().map_or("unknown".to_owned(), Failure::label);
        return [String::new(), String::new(), label, String::new(), String::new()];
    };
    let Finding { planted, named, held, .. } = finding;
    let [true_positives, false_negatives, false_positives] = match held {
        Some(Score { true_positives, false_negatives, false_positives }) => {
            let own = own_blocks(row, finding);
            let least = grouped(false_positives.saturating_sub(own));
            [grouped(true_positives), grouped(false_negatives), if own > 0 { format!("≥ {least}") } else { least }]
        }
        None => bounds(planted, named),
    };
    [grouped(planted), grouped(named), true_positives, false_negatives, false_positives]
}

/// Returns the number of memscope's own live blocks. The hook records them, so a report of live blocks at a level with
/// the hook includes them.
fn own_blocks(row: &Row, Finding { alive, leaked, .. }: Finding) -> u64 {
    let Report { sought, level, .. } = row.report;
    if sought == FindingKind::Active && level.has_hook() { alive.saturating_sub(leaked) } else { 0 }
}

/// Returns the bounds that a count alone sets: at most these true positives, at least these false ones.
fn bounds(planted: u64, named: u64) -> [String; 3] {
    let found = planted.min(named);
    [
        format!("≤ {}", grouped(found)),
        format!("≥ {}", grouped(planted - found)),
        format!("≥ {}", grouped(named - found)),
    ]
}

fn notes(detections: &Detections) -> Vec<String> {
    let mut lines = warnings::of_origin(&detections.origin);
    for Detected { name, failure, .. } in &detections.builds {
        lines.extend(failure.as_ref().map(|why| format!("{name} was not tested: {}.", text::quoted_message(why))));
    }
    lines.extend(failures(detections));
    lines.push(
        "True positive: planted, and reported by an address in its block. False negative: planted but not reported. \
         False positive: reported but not planted; the workload has freed everything else by then. A cycle is found if \
         both of its nodes are reported together."
            .to_owned(),
    );
    let findings = || rows(detections).filter_map(|(name, row)| Some((name, row, row.finding?)));
    if findings().any(|(_, _, finding)| finding.held.is_none()) {
        lines.push("A bound (≤, ≥): the report has only a count and does not name the blocks.".to_owned());
    }
    if findings().any(|(_, row, _)| row.report.level == Level::Variables) {
        lines.push(
            "At level `variables`, only named values count as planted: the two nodes of a cycle, not the strings that \
             they own. memscope forgets a freed value when its address is reused, so false positives vary by a few \
             from run to run."
                .to_owned(),
        );
    }
    if let Some(most) = findings().map(|(_, row, finding)| own_blocks(row, finding)).max().filter(|&most| most > 0) {
        lines.push(format!(
            "Where values are named under the hook, up to {} blocks of memscope's own bookkeeping are live beside the \
             planted ones. Reports may include them; they do not count as false positives.",
            grouped(most)
        ));
    }
    lines.extend(grouped_by(rows(detections).filter(|(_, row)| !row.report.call.is_empty()), |row| {
        let Report { call, .. } = &row.report;
        format!("{} is {}", row.report.name(), text::code(call))
    }));
    let sizes: Vec<String> = WORKLOADS.iter().filter_map(|&workload| size(detections, workload)).collect();
    lines.push(format!("Planted by {}.", sizes.join(", ")));
    // The table names the builds, which may not include this program's build.
    lines.extend(circumstances_of_other_builds(&detections.origin));
    lines
}

/// Returns the outcomes of reports without a finding, a line for each outcome.
fn failures(detections: &Detections) -> Vec<String> {
    let failed = rows(detections).filter(|(_, row)| row.failure.is_some());
    grouped_by(failed, |row| match &row.failure {
        // A report that a version lacks is missing after every workload.
        Some(failure @ Failure::Unsupported { .. }) => {
            format!("{}: {}", row.report.name(), text::quoted_message(&failure.to_string()))
        }
        Some(failure) => {
            format!("{} after {}: {}", row.report.name(), row.workload, text::quoted_message(&failure.to_string()))
        }
        None => String::new(),
    })
}

/// Returns a line for each note on the rows, with the builds that it applies to, in the order of the first.
fn grouped_by<'d>(rows: impl Iterator<Item = (&'d str, &'d Row)>, said: impl Fn(&Row) -> String) -> Vec<String> {
    let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
    for (name, row) in rows {
        let text = said(row);
        match lines.iter_mut().find(|(line, _)| *line == text) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => lines.push((text, vec![name])),
        }
    }
    lines.into_iter().map(|(text, names)| format!("{text} ({}).", names.join(", "))).collect()
}

/// Returns the scale of a workload and the number of objects that it planted.
fn size(detections: &Detections, workload: Workload) -> Option<String> {
    let (_, row) = rows(detections).find(|(_, row)| row.workload == workload && row.finding.is_some())?;
    let leaked = grouped(row.finding?.leaked);
    Some(format!("{workload} at scale {} with seed {}: {leaked} blocks", row.scale, row.seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(sought: FindingKind, level: Level, finding: Finding) -> Row {
        let report = Report { sought, level, call: String::new(), lacking: None };
        Row { workload: Workload::LEAKS, scale: 0.2, seed: 1, report, finding: Some(finding), failure: None }
    }

    #[test]
    fn blocks_of_the_tracker_are_not_false_positives() {
        let held = Score { true_positives: 20, false_negatives: 0, false_positives: 896 };
        let finding = Finding { planted: 20, named: 916, held: Some(held), leaked: 20, alive: 900 };
        let shown = |sought, level| figures(&row(sought, level, finding)).join(" ");
        assert_eq!(shown(FindingKind::Active, Level::Full), "20 916 20 0 ≥ 16");
        assert_eq!(shown(FindingKind::Active, Level::Variables), "20 916 20 0 896");
        assert_eq!(shown(FindingKind::Leaks, Level::Full), "20 916 20 0 896");
    }

    #[test]
    fn a_count_gives_only_bounds() {
        assert_eq!(bounds(20, 127), ["≤ 20", "≥ 0", "≥ 107"]);
        assert_eq!(bounds(20, 3), ["≤ 3", "≥ 17", "≥ 0"]);
        assert_eq!(bounds(0, 0), ["≤ 0", "≥ 0", "≥ 0"]);
    }
}
