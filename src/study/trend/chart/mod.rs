//! The chart of a trend: memscope's commits, a panel for each workload, and below them the records of single runs.

mod axis;
mod commits;
mod records;
mod scale;

use crate::platform::list::each_once;
use crate::report::chart::canvas::{dot, finished, sheet, short, text};
use crate::report::chart::words::wrapped;
use crate::study::trend::summary::{NO_VERDICTS, machine_note, rule, sentences, shown};
use crate::study::trend::{CommitLane, Commits, Lane, Log, Trend};
use crate::tracking::Level;
use crate::workloads::Workload;
use axis::CommitAxis;
use scale::Scale;
use svg::node::element::Group;

/// The minimum width of the chart.
const WIDTH: f64 = 1_000.0;
const MARGIN: f64 = 20.0;
const HEAD: f64 = 108.0;
/// The head of a section.
const SECTION: f64 = 34.0;
/// A panel: the frame around its plot, and the plot's height.
const LEFT: f64 = 54.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 66.0;
const PLOT: f64 = 150.0;
const FOOT: f64 = 54.0;
const PANEL: f64 = TOP + PLOT + FOOT;
/// The maximum number of panels side by side.
const MAX_COLUMNS: usize = 3;
/// The minimum width of one level at one commit, and the gap between machines.
const LANE: f64 = 11.0;
const GAP: f64 = 22.0;
/// The width of a commit's hash, and of a character of small text.
const HASH: f64 = 14.0;
const CHARACTER: f64 = 6.3;
/// The height of a line of notes.
const NOTE: f64 = 18.0;

/// Panels below a heading, and notes below them.
struct Section {
    heading: String,
    /// The minimum width of a panel.
    needed: f64,
    /// The number of panels.
    count: usize,
    notes: Vec<String>,
}

impl Section {
    fn of_commits(commits: &Commits) -> Self {
        Self {
            heading: "Commits of memscope-rs, side by side: overhead ÷ that of the first commit".to_owned(),
            needed: LEFT + RIGHT + commits::needed(commits),
            count: commits::workloads(commits).len(),
            notes: notes_of_commits(commits),
        }
    }

    fn of_records(log: &Log, lanes: &[Lane]) -> Self {
        let levels = of_lanes(lanes).1.len().max(1) as f64;
        let gaps = log.machines.len().saturating_sub(1) as f64 * GAP;
        Self {
            heading: "Records of single runs: time under tracking ÷ time without".to_owned(),
            needed: LEFT + RIGHT + log.records().count() as f64 * LANE * levels + gaps,
            count: of_lanes(lanes).0.len() + 1,
            notes: notes_of_records(log),
        }
    }

    /// Returns the number of panels side by side, and the width of each.
    fn columns(&self, width: f64) -> (usize, f64) {
        let beside = ((width - MARGIN) / (self.needed + MARGIN)) as usize;
        let columns = beside.clamp(1, MAX_COLUMNS).min(self.count.max(1));
        (columns, (width - MARGIN) / columns as f64 - MARGIN)
    }

    /// Returns the heights of its head with the panels, and of its notes.
    fn heights(&self, width: f64) -> (f64, f64) {
        let rows = self.count.div_ceil(self.columns(width).0);
        (SECTION + rows as f64 * (PANEL + MARGIN), self.wrapped(width).len() as f64 * NOTE + MARGIN)
    }

    fn wrapped(&self, width: f64) -> Vec<String> {
        self.notes.iter().flat_map(|note| wrapped(note, width - 2.0 * MARGIN, CHARACTER)).collect()
    }

    /// Draws the section with its panels, whose upper edge is at a height.
    fn draw(&self, panels: Vec<Group>, top: f64, width: f64) -> Group {
        let (columns, panel_width) = self.columns(width);
        let mut drawing = Group::new().add(text(MARGIN + 4.0, top + 18.0, "heading", self.heading.clone()));
        for (number, panel) in panels.into_iter().enumerate() {
            let x = MARGIN + (number % columns) as f64 * (panel_width + MARGIN);
            let y = top + SECTION + (number / columns) as f64 * (PANEL + MARGIN);
            drawing = drawing.add(panel.set("transform", format!("translate({} {})", short(x), short(y))));
        }
        let below = top + self.heights(width).0;
        let notes = self.wrapped(width).into_iter().enumerate();
        notes.fold(drawing, |drawing, (number, note)| {
            drawing.add(text(MARGIN + 4.0, below + 8.0 + number as f64 * NOTE, "small faint", note))
        })
    }
}

/// The maximum number of sentences about steps below the panels: each step has a mark and a tooltip.
const MAX_NOTES: usize = 8;

/// Draws the trend.
pub(crate) fn draw(trend: &Trend) -> String {
    let Trend { log, lanes, .. } = trend;
    let commits = trend.commits.as_ref().filter(|commits| !commits.lanes.is_empty());
    let has_records = log.records().next().is_some();
    let of_commits = commits.map(Section::of_commits);
    let of_records = has_records.then(|| Section::of_records(log, lanes));
    let width = of_commits.iter().chain(&of_records).map(|section| section.needed + 2.0 * MARGIN).fold(WIDTH, f64::max);
    let height = of_commits.iter().chain(&of_records).map(|section| {
        let (panels, notes) = section.heights(width);
        panels + notes
    });
    let height = HEAD + height.sum::<f64>() + MARGIN;

    let title = "What memscope-rs costs, by commit";
    let about = "On log scales; whiskers are 95 % intervals. Hover over a mark for its commit.";
    let mut picture = sheet(width, height, title, &description(trend))
        .add(text(MARGIN + 4.0, 42.0, "title", title))
        .add(text(MARGIN + 4.0, 66.0, "faint", about))
        .add(legend(&shown_levels(commits, lanes)));
    let mut top = HEAD;
    if let (Some(commits), Some(section)) = (commits, &of_commits) {
        let panels = commits::panels(commits, section.columns(width).1);
        picture = picture.add(section.draw(panels, top, width));
        let (panels, notes) = section.heights(width);
        top += panels + notes;
    }
    if let Some(section) = &of_records {
        picture = picture.add(section.draw(panels_of_records(log, lanes, section.columns(width).1), top, width));
    }
    finished(&picture)
}

/// Draws the panels of the records.
fn panels_of_records(log: &Log, lanes: &[Lane], width: f64) -> Vec<Group> {
    let (workloads, levels) = of_lanes(lanes);
    let axis = CommitAxis::of(log, width);
    let scale = Scale::of_overheads(lanes);
    let panel = |workload: Workload| {
        let shown: Vec<&Lane> = lanes.iter().filter(|lane| lane.workload == workload).collect();
        records::of_workload(log, workload, &shown, &levels, &axis, &scale)
    };
    workloads.into_iter().map(panel).chain([records::of_noise(log, &axis)]).collect()
}

/// Returns the workloads and the levels of lanes, each once, in their order.
fn of_lanes(lanes: &[Lane]) -> (Vec<Workload>, Vec<Level>) {
    (each_once(lanes.iter().map(|lane| lane.workload)), each_once(lanes.iter().map(|lane| lane.level)))
}

/// Returns the levels of tracking that are shown anywhere.
fn shown_levels(commits: Option<&Commits>, lanes: &[Lane]) -> Vec<Level> {
    let of_commits = commits.iter().flat_map(|commits| &commits.lanes).map(|lane: &CommitLane| lane.kind.level);
    let mut shown: Vec<Level> = of_commits.chain(lanes.iter().map(|lane| lane.level)).collect();
    shown.sort_unstable();
    shown.dedup();
    shown
}

fn legend(levels: &[Level]) -> Group {
    const Y: f64 = 92.0;
    let mut drawing = Group::new();
    let mut x = MARGIN + 4.0;
    for &level in levels {
        let words = format!("{level}: {}", level.about());
        let width = words.chars().count() as f64 * CHARACTER;
        drawing =
            drawing.add(dot(x + 5.0, Y - 4.0, 5.0, level.properties().class)).add(text(x + 16.0, Y, "small", words));
        x += 34.0 + width;
    }
    drawing.add(text(x, Y, "small good", "▼ improvement")).add(text(x + 102.0, Y, "small bad", "▲ regression"))
}

/// Returns the notes below the commits.
fn notes_of_commits(commits: &Commits) -> Vec<String> {
    let machines = commits.machines().into_iter().enumerate().map(|(place, machine)| machine_note(place, machine));
    sentences(commits).into_iter().take(MAX_NOTES).chain([rule(commits)]).chain(machines).collect()
}

/// Returns the notes below the records.
fn notes_of_records(log: &Log) -> Vec<String> {
    let mut notes = vec![NO_VERDICTS.replace('`', "")];
    notes.extend(log.machines.iter().enumerate().map(|(place, machine)| machine_note(place, machine)));
    let unreadable: Vec<&str> =
        log.entries.iter().filter(|entry| entry.record.is_err()).map(|entry| entry.commit.short()).collect();
    if !unreadable.is_empty() {
        notes.push(format!("Not shown, because they cannot be read: {}.", unreadable.join(", ")));
    }
    notes
}

/// Describes the chart in words, for readers who cannot see it: the steps, and the last record of each lane.
fn description(trend: &Trend) -> String {
    let steps = trend.commits.iter().flat_map(sentences);
    let last = trend.lanes.iter().filter_map(|lane| Some((lane, lane.points.last()?))).map(|(lane, point)| {
        let commit = trend.log.entries[point.entry].commit.short();
        format!("{} under {} at {commit}: {}", lane.workload, lane.level, shown(point))
    });
    [steps.collect::<Vec<_>>().join(" "), last.collect::<Vec<_>>().join("; ")].join(" ").trim().to_owned()
}
