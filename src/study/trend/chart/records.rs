//! The panels of records: one for each workload, and one for the noise floor.

use super::axis::CommitAxis;
use super::scale::Scale;
use super::{LEFT, PANEL, PLOT, TOP};
use crate::report::chart::canvas::{centred, dot, ending, line, panel, rectangle, telling};
use crate::report::number;
use crate::stats::estimate::Estimate;
use crate::study::trend::summary::{between_sessions, floor, machine_note, record_of, shown, version};
use crate::study::trend::{Lane, Log, Point};
use crate::tracking::Level;
use crate::workloads::Workload;
use svg::node::element::Group;

/// Draws a rule across the plot, with its label.
fn tick(axis: &CommitAxis, y: f64, label: String, class: &str) -> Group {
    let rules = axis.machines.iter().map(|block| line(block.left, y, block.right, y, "rule"));
    rules.fold(Group::new(), Group::add).add(ending(LEFT - 8.0, y + 4.0, class, label))
}

/// Draws the panel of one workload.
pub(super) fn of_workload(
    log: &Log,
    workload: Workload,
    lanes: &[&Lane],
    levels: &[Level],
    axis: &CommitAxis,
    scale: &Scale,
) -> Group {
    let mut drawing = panel(axis.width, PANEL, workload.name(), "");
    for ratio in scale.ticks() {
        // One tenth has no exact value, so a multiple of it may be slightly off a round number.
        let label = if ratio == 1.0 { "none".to_owned() } else { format!("×{}", (ratio * 1e6).round() / 1e6) };
        let class = if ratio == 1.0 { "small strong" } else { "small faint" };
        drawing = drawing.add(tick(axis, scale.y(ratio), label, class));
    }
    drawing = drawing.add(axis.draw(log));
    for lane in lanes {
        drawing = drawing.add(of_lane(log, lane, aside(axis, levels, lane.level), axis, scale));
    }
    drawing
}

/// Returns the offset of a level's marks from the middle of a commit's slot, so that levels do not overlap.
fn aside(axis: &CommitAxis, levels: &[Level], level: Level) -> f64 {
    let place = levels.iter().position(|&other| other == level).unwrap_or(0) as f64;
    /// Marks that are this far apart do not touch.
    const APART: f64 = 16.0;
    let step = (axis.slot / levels.len() as f64).min(APART);
    (place - (levels.len() as f64 - 1.0) / 2.0) * step
}

fn of_lane(log: &Log, lane: &Lane, aside: f64, axis: &CommitAxis, scale: &Scale) -> Group {
    let mut drawing = Group::new();
    // Lines come first, so the marks with tooltips are above them. They join records of one machine and the same work.
    let mut latest: Vec<Option<(f64, &Point, f64)>> = vec![None; log.machines.len()];
    for point in &lane.points {
        let Some(overhead) = point.figure.outcome.measured() else { continue };
        let (x, y) = (axis.x(point.entry) + aside, scale.y(overhead.wall.value));
        let latest = &mut latest[record_of(log, point.entry).1.machine];
        if let Some((from, before, height)) = latest.filter(|(_, before, _)| before.figure.work.is(&point.figure.work))
        {
            debug_assert!(before.entry < point.entry, "records are in order");
            drawing = drawing.add(line(from, height, x, y, "rule"));
        }
        *latest = Some((x, point, y));
    }
    for point in &lane.points {
        drawing = drawing.add(mark(log, lane, point, axis.x(point.entry) + aside, scale));
    }
    drawing
}

/// Draws one figure: a dot on its interval. A measurement without an overhead is a cross.
fn mark(log: &Log, lane: &Lane, point: &Point, x: f64, scale: &Scale) -> Group {
    let drawing = telling(tip(log, lane, point));
    let Some(overhead) = point.figure.outcome.measured() else {
        return drawing.add(centred(x, TOP + PLOT - 5.0, "strong bad", "×"));
    };
    let Estimate { value, low, high } = overhead.wall;
    let class = lane.level.properties().class;
    drawing.add(line(x, scale.y(low), x, scale.y(high), &format!("whisker {class}"))).add(dot(
        x,
        scale.y(value),
        3.5,
        class,
    ))
}

/// Returns the tooltip of a figure.
fn tip(log: &Log, lane: &Lane, point: &Point) -> String {
    let (_, record) = record_of(log, point.entry);
    let spread = between_sessions(point);
    let mut lines = vec![
        format!("{}/{}: {}", lane.workload, lane.level, shown(point)),
        format!("{} pairs, fidelity {}", point.figure.pairs, number::fidelity(point.figure.fidelity)),
        commit_note(log, point.entry),
        format!("noise floor {}", floor(record)),
    ];
    lines.extend((!spread.is_empty()).then(|| format!("between sessions {spread}")));
    lines.join("\n")
}

/// Describes a commit, its record and its machine.
fn commit_note(log: &Log, entry: usize) -> String {
    let (entry, record) = record_of(log, entry);
    let commit = &entry.commit;
    format!(
        "{} {} {}\nmemscope-rs {}\n{}",
        commit.short(),
        commit.date.format("%Y-%m-%d"),
        commit.subject,
        version(&record.origin.memscope),
        machine_note(record.machine, &log.machines[record.machine]),
    )
}

/// Draws the panel of untracked against itself: anything smaller is noise.
pub(super) fn of_noise(log: &Log, axis: &CommitAxis) -> Group {
    let scale = Scale::of_noise(log);
    let mut drawing = panel(axis.width, PANEL, "noise floor", "untracked against itself");
    let percent = one_digit((scale.greatest.powf(0.6) - 1.0) * 100.0);
    for (ratio, label) in [
        (1.0 - percent / 100.0, format!("−{percent} %")),
        (1.0, "none".to_owned()),
        (1.0 + percent / 100.0, format!("+{percent} %")),
    ] {
        let class = if ratio == 1.0 { "small strong" } else { "small faint" };
        drawing = drawing.add(tick(axis, scale.y(ratio), label, class));
    }
    drawing = drawing.add(axis.draw(log));
    for (entry, record) in log.records() {
        let Some((_, Estimate { value, low, high })) = record.floor else { continue };
        let x = axis.x(entry);
        let (from, to) = (scale.y(value.max(1.0 / value)), scale.y(value.min(1.0 / value)));
        let width = (axis.slot * 0.6).min(24.0);
        drawing = drawing.add(
            telling(format!("noise floor {}\n{}", floor(record), commit_note(log, entry)))
                .add(rectangle(x - width / 2.0, from, width, (to - from).max(1.0), "faint area"))
                .add(line(x, scale.y(low), x, scale.y(high), "whisker faint"))
                .add(dot(x, scale.y(value), 3.5, "faint")),
        );
    }
    drawing
}

/// Rounds a positive percentage to one digit, to at most 90, so that the ratio below 1 stays positive.
fn one_digit(number: f64) -> f64 {
    let unit = 10_f64.powf(number.log10().floor());
    // A power of ten below one has no exact value, so the product may be slightly off a round number.
    ((number / unit).round() * unit * 1e6).round().min(90e6) / 1e6
}
