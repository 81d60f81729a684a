//! The panels of commits: side by side from the oldest, the overhead of each relative to the first, with its interval
//! and step.

use super::scale::Scale;
use super::{HASH, LANE, LEFT, PANEL, PLOT, RIGHT, TOP};
use crate::report::chart::canvas::{centred, dot, ending, line, panel, short, telling};
use crate::report::number;
use crate::study::compare::Verdict;
use crate::study::trend::summary::word;
use crate::study::trend::{CommitLane, CommitPoint, Commits};
use crate::workloads::Workload;
use svg::node::element::Group;

/// Marks of lanes that are this far apart do not touch.
const APART: f64 = 16.0;

/// Returns the workloads that have differences, each once.
pub(super) fn workloads(commits: &Commits) -> Vec<Workload> {
    let mut workloads: Vec<Workload> = commits.lanes.iter().map(|lane| lane.kind.workload).collect();
    workloads.dedup();
    workloads
}

/// Returns the minimum width of a plot.
pub(super) fn needed(commits: &Commits) -> f64 {
    let beside = |workload: &Workload| of_workload(commits, *workload).count();
    let most = workloads(commits).iter().map(beside).max().unwrap_or(1);
    commits.list.len() as f64 * LANE * most as f64
}

/// Draws a panel for each workload. All have the same axes.
pub(super) fn panels(commits: &Commits, width: f64) -> Vec<Group> {
    let axis = Axis { slot: (width - LEFT - RIGHT) / commits.list.len().max(1) as f64, width };
    let scale = Scale::of_commits(commits);
    workloads(commits).into_iter().map(|workload| of_one(commits, workload, &axis, &scale)).collect()
}

fn of_workload(commits: &Commits, workload: Workload) -> impl Iterator<Item = &CommitLane> {
    commits.lanes.iter().filter(move |lane| lane.kind.workload == workload)
}

/// The commits from left to right.
struct Axis {
    width: f64,
    slot: f64,
}

impl Axis {
    /// Returns the middle of a commit's slot.
    fn x(&self, commit: usize) -> f64 {
        LEFT + (commit as f64 + 0.5) * self.slot
    }

    /// Draws as many hashes of commits as fit without touching.
    fn draw(&self, commits: &Commits) -> Group {
        let each = (HASH / self.slot).ceil().max(1.0) as usize;
        commits.list.iter().enumerate().step_by(each).fold(Group::new(), |drawing, (place, commit)| {
            let (x, y) = (self.x(place) + 4.0, TOP + PLOT + 13.0);
            let turned = format!("rotate(-40 {} {})", short(x), short(y));
            drawing.add(ending(x, y, "small faint", commit.short()).set("transform", turned))
        })
    }
}

fn of_one(commits: &Commits, workload: Workload, axis: &Axis, scale: &Scale) -> Group {
    let mut drawing = panel(axis.width, PANEL, workload.name(), "");
    for (ratio, label) in scale.changes() {
        let (y, class) = (scale.y(ratio), if ratio == 1.0 { "small strong" } else { "small faint" });
        drawing =
            drawing.add(line(LEFT, y, axis.width - RIGHT, y, "rule")).add(ending(LEFT - 8.0, y + 4.0, class, label));
    }
    drawing = drawing.add(axis.draw(commits));
    let lanes: Vec<&CommitLane> = of_workload(commits, workload).collect();
    let step = (axis.slot / lanes.len() as f64).min(APART);
    for (place, lane) in lanes.iter().enumerate() {
        let aside = (place as f64 - (lanes.len() as f64 - 1.0) / 2.0) * step;
        drawing = drawing.add(of_lane(commits, lane, aside, axis, scale));
    }
    drawing
}

fn of_lane(commits: &Commits, lane: &CommitLane, aside: f64, axis: &Axis, scale: &Scale) -> Group {
    let mut drawing = Group::new();
    // Lines come first, so the marks with tooltips are above them.
    for part in &lane.parts {
        for (point, step) in part.iter().filter_map(|point| Some((point, point.step?))) {
            let Some(since) = part.iter().find(|other| other.commit == step.since) else { continue };
            let class = match step.verdict {
                Verdict::Regression => "line bad",
                Verdict::Improvement => "line good",
                Verdict::NoDifference | Verdict::Inconclusive => "rule",
            };
            let [from, to] = [since, point].map(|point| (axis.x(point.commit) + aside, scale.y(point.ratio.value)));
            drawing = drawing.add(line(from.0, from.1, to.0, to.1, class));
        }
    }
    lane.parts.iter().flatten().fold(drawing, |drawing, point| {
        let first = lane.parts.iter().find(|part| part.contains(point)).map_or(point.commit, |part| part[0].commit);
        drawing.add(mark(commits, lane, (point, first), axis.x(point.commit) + aside, scale))
    })
}

/// Draws one commit: a dot on its interval, with the direction of a step.
fn mark(commits: &Commits, lane: &CommitLane, (point, first): (&CommitPoint, usize), x: f64, scale: &Scale) -> Group {
    let class = lane.kind.level.properties().class;
    let [value, low, high] = [point.ratio.value, point.ratio.low, point.ratio.high].map(|ratio| scale.y(ratio));
    let drawing = telling(tip(commits, lane, point, first))
        .add(line(x, low, x, high, &format!("whisker {class}")))
        .add(dot(x, value, 3.5, class));
    match point.step.map(|step| step.verdict) {
        Some(Verdict::Improvement) => {
            drawing.add(dot(x, value, 7.0, "ring good")).add(centred(x, low.max(value + 7.0) + 12.0, "small good", "▼"))
        }
        Some(Verdict::Regression) => {
            drawing.add(dot(x, value, 7.0, "ring bad")).add(centred(x, high.min(value - 7.0) - 4.0, "small bad", "▲"))
        }
        _ => drawing,
    }
}

/// Returns the tooltip of a mark: the commit, its overhead relative to the first, and the verdict on the step to it.
fn tip(commits: &Commits, lane: &CommitLane, point: &CommitPoint, first: usize) -> String {
    let commit = &commits.list[point.commit];
    let mut lines = vec![
        lane.kind.name(&commits.lanes),
        format!("{} {} {}", commit.short(), commit.date.format("%Y-%m-%d"), commit.subject),
    ];
    lines.push(if first == point.commit {
        "the first commit: others are relative to it".to_owned()
    } else {
        format!("{} since the first, {}", number::change(point.ratio), commits.list[first].short())
    });
    lines.extend(point.step.map(|step| {
        let since = commits.list[step.since].short();
        format!("step {} since {since}: {}", number::change(step.ratio), word(commits, &step))
    }));
    lines.join("\n")
}
