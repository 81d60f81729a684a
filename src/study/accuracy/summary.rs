//! The table of what memscope found: by workload and by what was sought, a row for each subject's report.

use crate::platform::text;
use crate::report::number::grouped;
use crate::study::accuracy::{Detected, Detections, Finding, Held, Report, Row, WORKLOADS};
use crate::study::overhead::summary::{Form, circumstances};
use crate::study::overhead::warnings;
use crate::tracking::Level;
use crate::tracking::memscope::FindingKind;
use crate::worker::failure::Failure;
use crate::workloads::Workload;
use comfy_table::{CellAlignment, Table};

/// The table, and the notes below it.
pub fn draw(detections: &Detections, form: Form) -> String {
    [table(detections, form), form.notes(&notes(detections))].join(form.between())
}

fn table(detections: &Detections, form: Form) -> String {
    let mut table = Table::new();
    table.load_style(form.style());
    table.set_header(["workload", "sought", "subject", "level", "planted", "named", "found", "missed", "false"]);
    for workload in WORKLOADS {
        for sought in [FindingKind::Leaks, FindingKind::Cycles, FindingKind::Active] {
            let mut above = None;
            for (name, row) in
                rows(detections).filter(|(_, row)| row.workload == workload && row.report.sought == sought)
            {
                let said = |text: &str, repeats: bool| {
                    if repeats && form == Form::Terminal { String::new() } else { text.to_owned() }
                };
                let head = [
                    said(workload.name(), above.is_some()),
                    said(sought.name(), above.is_some()),
                    said(name, above == Some(name)),
                    row.report.level.to_string(),
                ];
                table.add_row(form.row(head.into_iter().chain(figures(row))));
                above = Some(name);
            }
        }
    }
    for numeric in 4..9 {
        table.column_mut(numeric).expect("the header has nine").set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// All rows, each with its subject's name.
fn rows(detections: &Detections) -> impl Iterator<Item = (&str, &Row)> {
    detections.subjects.iter().flat_map(|subject| subject.rows.iter().map(|row| (subject.name.as_str(), row)))
}

/// Planted, named, found, missed and false; or how it ended.
fn figures(row: &Row) -> [String; 5] {
    let Some(finding) = row.finding else {
        let label = row.failure.as_ref().map_or("unknown".to_owned(), Failure::label);
        return [String::new(), String::new(), label, String::new(), String::new()];
    };
    let Finding { planted, named, held, .. } = finding;
    let [found, missed, false_finds] = match held {
        Some(Held { found, missed, false_finds }) => {
            let own = own_blocks(row, finding);
            let least = grouped(false_finds.saturating_sub(own));
            [grouped(found), grouped(missed), if own > 0 { format!("≥ {least}") } else { least }]
        }
        None => bounds(planted, named),
    };
    [grouped(planted), grouped(named), found, missed, false_finds]
}

/// The blocks of memscope's own that are alive beside the planted ones, where they are sought too: the hook sees them.
fn own_blocks(row: &Row, Finding { alive, leaked, .. }: Finding) -> u64 {
    let Report { sought, level, .. } = row.report;
    if sought == FindingKind::Active && level.has_hook() { alive.saturating_sub(leaked) } else { 0 }
}

/// What a count alone leaves open: at the most found, at the least missed, at the least false.
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
    for Detected { name, failure, .. } in &detections.subjects {
        lines.extend(failure.as_ref().map(|why| format!("{name} was not asked: {}.", text::said(why))));
    }
    lines.extend(failures(detections));
    lines.push(
        "Found: planted, and named by an address in its block. Missed: planted, and not named. False: named, and not planted. \
         Everything else that a workload made is freed by then. A cycle is found if both of its nodes are named together."
            .to_owned(),
    );
    let findings = || rows(detections).filter_map(|(name, row)| Some((name, row, row.finding?)));
    if findings().any(|(_, _, finding)| finding.held.is_none()) {
        lines.push(
            "Counts only, where found is ≤: the report does not say which, and the rest is what its count allows."
                .to_owned(),
        );
    }
    if findings().any(|(_, row, _)| row.report.level == Level::Variables) {
        lines.push(
            "Under `variables` a tracker is told of named values alone, and planted are those: of a pair of nodes the two \
             nodes, and not the strings that they own. What is gone is forgotten once its address comes again, so that what is \
             false moves by a few from run to run."
                .to_owned(),
        );
    }
    if let Some(most) = findings().map(|(_, row, finding)| own_blocks(row, finding)).max().filter(|&most| most > 0) {
        lines.push(format!(
            "Where values are named under the hook, blocks of memscope's own bookkeeping are alive beside the planted ones, \
             up to {}. They may be among those named, and are taken off what is false.",
            grouped(most)
        ));
    }
    lines.extend(grouped_by(rows(detections).filter(|(_, row)| !row.report.call.is_empty()), |row| {
        let Report { call, .. } = &row.report;
        format!("{} is {}", row.report.name(), text::code(call))
    }));
    let sizes: Vec<String> = WORKLOADS.iter().filter_map(|&workload| size(detections, workload)).collect();
    lines.push(format!("Planted by {}.", sizes.join(", ")));
    // The subjects stand in the table; that of this program need be none of them.
    lines.extend(circumstances(&detections.origin).into_iter().skip(1));
    lines
}

/// How reports ended that said nothing, with those that ended alike in one line.
fn failures(detections: &Detections) -> Vec<String> {
    let failed = rows(detections).filter(|(_, row)| row.failure.is_some());
    grouped_by(failed, |row| match &row.failure {
        // What is lacking is lacking after every workload.
        Some(failure @ Failure::Unsupported { .. }) => {
            format!("{}: {}", row.report.name(), text::said(&failure.to_string()))
        }
        Some(failure) => {
            format!("{} after {}: {}", row.report.name(), row.workload, text::said(&failure.to_string()))
        }
        None => String::new(),
    })
}

/// A line for each thing that is said of rows, with the subjects that it is said of; in the order of the first.
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

/// At which scale a workload planted what.
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
    fn blocks_of_its_own_are_taken_off_what_is_false() {
        let held = Held { found: 20, missed: 0, false_finds: 896 };
        let finding = Finding { planted: 20, named: 916, held: Some(held), leaked: 20, alive: 900 };
        let shown = |sought, level| figures(&row(sought, level, finding)).join(" ");
        assert_eq!(shown(FindingKind::Active, Level::Full), "20 916 20 0 ≥ 16");
        assert_eq!(shown(FindingKind::Active, Level::Variables), "20 916 20 0 896");
        assert_eq!(shown(FindingKind::Leaks, Level::Full), "20 916 20 0 896");
    }

    #[test]
    fn a_count_leaves_open_which() {
        assert_eq!(bounds(20, 127), ["≤ 20", "≥ 0", "≥ 107"]);
        assert_eq!(bounds(20, 3), ["≤ 3", "≥ 17", "≥ 0"]);
        assert_eq!(bounds(0, 0), ["≤ 0", "≥ 0", "≥ 0"]);
    }
}
