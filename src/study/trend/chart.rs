//! The picture of the log: a panel for each workload, and one for the noise floor. In each panel the commits stand
//! side by side from the oldest, grouped by machine, with the overheads above them on a log scale.

use crate::report::chart::canvas::{
    centred, dot, ending, finished, line, panel, rectangle, sheet, short, telling, text,
};
use crate::report::number;
use crate::stats::estimate::Estimate;
use crate::study::trend::summary::{
    RULE, change, claim, count, floor, machine_name, machine_note, record_of, shown, version,
};
use crate::study::trend::{Change, Lane, Log, Point};
use crate::tracking::Level;
use crate::workloads::Workload;
use svg::node::element::{Group, Line};

/// The least width of the picture.
const WIDTH: f64 = 1_000.0;
const MARGIN: f64 = 20.0;
const HEAD: f64 = 122.0;
/// A panel: the frame around its plot, and the plot's height.
const LEFT: f64 = 50.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 66.0;
const PLOT: f64 = 150.0;
const FOOT: f64 = 54.0;
const PANEL: f64 = TOP + PLOT + FOOT;
/// The most panels side by side.
const MOST_COLUMNS: usize = 3;
/// The least room for one level at one commit, and the gap between machines.
const LANE: f64 = 11.0;
const GAP: f64 = 22.0;
/// The room for a commit's hash beside the next one, and for a character of small text.
const HASH: f64 = 14.0;
const CHARACTER: f64 = 6.3;
/// The height of a line of notes.
const NOTE: f64 = 18.0;

/// Draws the log.
pub(crate) fn draw(log: &Log, lanes: &[Lane]) -> String {
    let mut workloads: Vec<Workload> = lanes.iter().map(|lane| lane.workload).collect();
    workloads.dedup();
    let levels = levels(lanes);
    let needed = LEFT + RIGHT + needed(log, levels.len());
    let beside = ((WIDTH - MARGIN) / (needed + MARGIN)) as usize;
    let columns = beside.clamp(1, MOST_COLUMNS).min(workloads.len() + 1);
    let width = WIDTH.max(needed + 2.0 * MARGIN);
    let panel_width = (width - MARGIN) / columns as f64 - MARGIN;
    let axis = CommitAxis::of(log, panel_width);
    let scale = Scale::of_overheads(lanes);

    let mut panels: Vec<Group> = workloads
        .iter()
        .map(|&workload| {
            let shown: Vec<&Lane> = lanes.iter().filter(|lane| lane.workload == workload).collect();
            of_workload(log, workload, &shown, &levels, &axis, &scale)
        })
        .collect();
    panels.push(of_noise(log, &axis));

    let notes = notes(log, lanes);
    let rows = panels.len().div_ceil(columns);
    let bottom = HEAD + rows as f64 * (PANEL + MARGIN);
    let height = bottom + notes.len() as f64 * NOTE + MARGIN;
    let title = "What memscope-rs costs, by commit";
    let about = "Time under tracking ÷ time without, on the same log scale everywhere. Medians of pairs of processes; \
     whiskers are 95 % intervals.";
    let mut picture = sheet(width, height, title, &description(log, lanes))
        .add(text(MARGIN + 4.0, 42.0, "title", title))
        .add(text(MARGIN + 4.0, 66.0, "faint", about))
        .add(legend(&levels));
    for (number, panel) in panels.into_iter().enumerate() {
        let x = MARGIN + (number % columns) as f64 * (panel_width + MARGIN);
        let y = HEAD + (number / columns) as f64 * (PANEL + MARGIN);
        picture = picture.add(panel.set("transform", format!("translate({} {})", short(x), short(y))));
    }
    for (number, note) in notes.into_iter().enumerate() {
        picture = picture.add(text(MARGIN + 4.0, bottom + 12.0 + number as f64 * NOTE, "small faint", note));
    }
    finished(&picture)
}

/// Returns the levels that are shown, in the order of the lanes, each once.
fn levels(lanes: &[Lane]) -> Vec<Level> {
    let mut levels: Vec<Level> = Vec::new();
    for lane in lanes {
        if !levels.contains(&lane.level) {
            levels.push(lane.level);
        }
    }
    levels
}

/// Returns the least width that the commits need.
fn needed(log: &Log, levels: usize) -> f64 {
    log.records().count() as f64 * LANE * levels.max(1) as f64 + log.machines.len().saturating_sub(1) as f64 * GAP
}

/// The commits side by side. Those of one machine stand together, because only they can be compared.
struct CommitAxis {
    width: f64,
    slot: f64,
    machines: Vec<Block>,
}

/// The commits of one machine.
struct Block {
    machine: usize,
    left: f64,
    right: f64,
    /// The index of each in the log, with the middle of its slot.
    commits: Vec<(usize, f64)>,
}

impl CommitAxis {
    fn of(log: &Log, width: f64) -> Self {
        let plot = width - LEFT - RIGHT;
        let gaps = log.machines.len().saturating_sub(1) as f64 * GAP;
        let slot = (plot - gaps) / log.records().count().max(1) as f64;
        let mut left = LEFT;
        let block = |machine| {
            let of_machine = log.records().filter(|(_, record)| record.machine == machine);
            let middle = |number: usize| left + (number as f64 + 0.5) * slot;
            let commits: Vec<(usize, f64)> =
                of_machine.enumerate().map(|(number, (entry, _))| (entry, middle(number))).collect();
            let right = left + commits.len() as f64 * slot;
            let block = Block { machine, left, right, commits };
            left = right + GAP;
            block
        };
        Self { width, slot, machines: (0..log.machines.len()).map(block).collect() }
    }

    /// Returns the middle of a commit's slot.
    fn x(&self, entry: usize) -> f64 {
        let commits = self.machines.iter().flat_map(|block| &block.commits);
        commits.filter(|(place, _)| *place == entry).map(|&(_, x)| x).next().unwrap_or(LEFT)
    }

    /// Draws the machines with their names, the versions, and the hashes of the commits.
    fn draw(&self, log: &Log) -> Group {
        let mut drawing = Group::new();
        for block in &self.machines {
            drawing = drawing.add(self.machine(log, block));
            // Enough commits share one label that labels do not touch.
            let each = (HASH / self.slot).ceil().max(1.0) as usize;
            for &(entry, x) in block.commits.iter().step_by(each) {
                let (x, y) = (x + 4.0, TOP + PLOT + 13.0);
                let turned = format!("rotate(-40 {} {})", short(x), short(y));
                let hash = log.entries[entry].commit.short().to_owned();
                drawing = drawing.add(ending(x, y, "small faint", hash).set("transform", turned));
            }
        }
        drawing
    }

    fn machine(&self, log: &Log, block: &Block) -> Group {
        let machine = &log.machines[block.machine];
        let name = machine_name(block.machine);
        let whole = format!("{name}: {}", machine.processor);
        let fits = whole.chars().count() as f64 * CHARACTER <= block.right - block.left + GAP / 2.0;
        let name = text(block.left + 2.0, TOP - 16.0, "small strong", if fits { whole } else { name });
        let mut drawing = telling(machine_note(block.machine, machine)).add(name).add(line(
            block.left,
            TOP - 9.0,
            block.right,
            TOP - 9.0,
            "rule",
        ));
        // A rule in the gap separates a machine from the one before it.
        if block.left > LEFT {
            let x = block.left - GAP / 2.0;
            drawing = drawing.add(dashed(line(x, TOP - 26.0, x, TOP + PLOT, "rule")));
        }
        drawing.add(self.versions(log, block))
    }

    /// Draws the version at the first commit that has it, with a rule before each change of version.
    fn versions(&self, log: &Log, block: &Block) -> Group {
        let mut drawing = Group::new();
        let (mut before, mut free_from) = (None, block.left);
        for &(entry, x) in &block.commits {
            let version = version(&record_of(log, entry).1.origin.memscope);
            if before.as_ref() == Some(&version) {
                continue;
            }
            let x = x - self.slot / 2.0;
            if before.is_some() {
                drawing = drawing.add(dashed(line(x, TOP - 9.0, x, TOP + PLOT, "rule")));
            }
            let width = version.chars().count() as f64 * CHARACTER + 6.0;
            // A label that would overlap the one before it is left to the commit's tooltip.
            if x >= free_from {
                drawing = drawing.add(text(x + 3.0, TOP + 4.0, "small faint", version.clone()));
                free_from = x + width;
            }
            before = Some(version);
        }
        drawing
    }
}

fn dashed(line: Line) -> Line {
    line.set("stroke-dasharray", "3 3")
}

/// A log scale of ratios, upwards.
struct Scale {
    least: f64,
    greatest: f64,
}

impl Scale {
    /// Returns the scale of all overheads that are shown. It is never so fine that noise fills it, and includes "no
    /// overhead" if the least overhead is near that.
    fn of_overheads(lanes: &[Lane]) -> Self {
        const FINEST: f64 = 1.5;
        let walls = || overheads(lanes).map(|overhead| overhead.wall);
        let least = walls().map(|wall| wall.low).fold(f64::INFINITY, f64::min);
        let greatest = walls().map(|wall| wall.high).fold(0.0, f64::max);
        let (least, greatest) = if least <= greatest { (least, greatest) } else { (1.0, 2.0) };
        let least = if least < 1.6 { least.min(0.97) } else { least };
        let short_by = (FINEST / (greatest / least)).max(1.0).sqrt();
        // The versions stand along the upper edge, which marks should not reach.
        let above = (greatest / least).powf(0.14).max(1.1);
        Self { least: least / 1.1 / short_by, greatest: greatest * above * short_by }
    }

    /// Returns the scale of untracked against itself: as far up as down.
    fn of_noise(log: &Log) -> Self {
        const FINEST: f64 = 1.01;
        let floors = log.records().filter_map(|(_, record)| record.floor);
        let reach = floors.map(|(_, floor)| floor.high.max(1.0 / floor.low)).fold(FINEST, f64::max).powf(1.15);
        Self { least: 1.0 / reach, greatest: reach }
    }

    fn y(&self, ratio: f64) -> f64 {
        let part = (ratio / self.least).ln() / (self.greatest / self.least).ln();
        TOP + PLOT * (1.0 - part.clamp(0.0, 1.0))
    }

    fn holds(&self, ratio: f64) -> bool {
        self.least <= ratio && ratio <= self.greatest
    }

    /// Returns the ratios that are labelled beside the plot. They are round, and few enough not to touch each other
    /// or the versions along the upper edge.
    fn ticks(&self) -> Vec<f64> {
        const APART: f64 = 17.0;
        let decades: Vec<f64> = (-1..6).map(|power| 10_f64.powi(power)).collect();
        let mut ticks: Vec<f64> = Vec::new();
        for digits in [&[1.0][..], &[2.0, 5.0], &[3.0], &[4.0, 6.0, 8.0], &[1.5, 7.0], &[1.2, 2.5, 9.0]] {
            for tick in decades.iter().flat_map(|decade| digits.iter().map(move |digit| decade * digit)) {
                let is_free = ticks.iter().all(|&other| (self.y(other) - self.y(tick)).abs() >= APART);
                if is_free && self.holds(tick) && self.y(tick) > TOP + APART / 2.0 {
                    ticks.push(tick);
                }
            }
        }
        ticks
    }
}

/// Returns the overheads of all lanes.
fn overheads(lanes: &[Lane]) -> impl Iterator<Item = &crate::schedule::measurement::Overhead> {
    lanes.iter().flat_map(|lane| &lane.points).filter_map(|point| point.figure.outcome.measured())
}

/// Draws a rule across the plot, with its label.
fn tick(axis: &CommitAxis, y: f64, label: String, class: &str) -> Group {
    let rules = axis.machines.iter().map(|block| line(block.left, y, block.right, y, "rule"));
    rules.fold(Group::new(), Group::add).add(ending(LEFT - 8.0, y + 4.0, class, label))
}

fn of_workload(
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

/// Returns the distance of a level's marks from the middle of a commit's slot, which keeps levels from covering each
/// other.
fn aside(axis: &CommitAxis, levels: &[Level], level: Level) -> f64 {
    let place = levels.iter().position(|&other| other == level).unwrap_or(0) as f64;
    /// Marks that are this far apart do not touch.
    const APART: f64 = 16.0;
    let step = (axis.slot / levels.len() as f64).min(APART);
    (place - (levels.len() as f64 - 1.0) / 2.0) * step
}

fn of_lane(log: &Log, lane: &Lane, aside: f64, axis: &CommitAxis, scale: &Scale) -> Group {
    let mut drawing = Group::new();
    // Lines come first: the marks with tooltips lie above them.
    for point in &lane.points {
        let before = lane.points.iter().find(|before| Some(before.entry) == point.since);
        let (Some(before), Some(change)) = (before, point.change) else { continue };
        let (Some(old), Some(new)) = (before.figure.outcome.measured(), point.figure.outcome.measured()) else {
            continue;
        };
        let class = match change {
            Change::OtherWork => continue,
            Change::None | Change::Noise => "rule",
            Change::Fell => "line good",
            Change::Rose => "line bad",
        };
        let (from, to) = (axis.x(before.entry) + aside, axis.x(point.entry) + aside);
        drawing = drawing.add(line(from, scale.y(old.wall.value), to, scale.y(new.wall.value), class));
    }
    for point in &lane.points {
        drawing = drawing.add(mark(log, lane, point, axis.x(point.entry) + aside, scale));
    }
    drawing
}

/// Draws one figure: a dot on its interval, with the direction of a detected change. A measurement without an
/// overhead is a cross.
fn mark(log: &Log, lane: &Lane, point: &Point, x: f64, scale: &Scale) -> Group {
    let drawing = telling(told(log, lane, point));
    let Some(overhead) = point.figure.outcome.measured() else {
        return drawing.add(centred(x, TOP + PLOT - 5.0, "strong bad", "×"));
    };
    let Estimate { value, low, high } = overhead.wall;
    let class = lane.level.properties().class;
    let drawing = drawing.add(line(x, scale.y(low), x, scale.y(high), &format!("whisker {class}"))).add(dot(
        x,
        scale.y(value),
        3.5,
        class,
    ));
    match point.change {
        Some(Change::Fell) => drawing.add(dot(x, scale.y(value), 7.0, "ring good")).add(centred(
            x,
            scale.y(low).max(scale.y(value) + 7.0) + 12.0,
            "small good",
            "▼",
        )),
        Some(Change::Rose) => drawing.add(dot(x, scale.y(value), 7.0, "ring bad")).add(centred(
            x,
            scale.y(high).min(scale.y(value) - 7.0) - 4.0,
            "small bad",
            "▲",
        )),
        _ => drawing,
    }
}

/// Returns the tooltip of a figure.
fn told(log: &Log, lane: &Lane, point: &Point) -> String {
    let (_, record) = record_of(log, point.entry);
    let mut lines = vec![
        format!("{}/{}: {}", lane.workload, lane.level, shown(point)),
        format!("{} pairs, fidelity {}", point.figure.pairs, number::fidelity(point.figure.fidelity)),
        commit_told(log, point.entry),
        format!("noise floor {}", floor(record)),
    ];
    lines.push(claim(log, lane, point).unwrap_or_else(|| change(log, point)));
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// Describes a commit, its record and its machine.
fn commit_told(log: &Log, entry: usize) -> String {
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
fn of_noise(log: &Log, axis: &CommitAxis) -> Group {
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
            telling(format!("noise floor {}\n{}", floor(record), commit_told(log, entry)))
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
    let x = MARGIN + 4.0;
    drawing
        .add(text(x, Y + 18.0, "small good", "▼ fell"))
        .add(text(x + 48.0, Y + 18.0, "small bad", "▲ rose"))
        .add(text(x + 100.0, Y + 18.0, "small faint", "grey line: no change is claimed; no line: nothing to compare"))
}

/// Returns the notes below the panels.
fn notes(log: &Log, lanes: &[Lane]) -> Vec<String> {
    let mut notes = vec![count(lanes), RULE.to_owned()];
    notes.extend(log.machines.iter().enumerate().map(|(place, machine)| machine_note(place, machine)));
    let unreadable: Vec<&str> =
        log.entries.iter().filter(|entry| entry.record.is_err()).map(|entry| entry.commit.short()).collect();
    if !unreadable.is_empty() {
        notes.push(format!("Not shown, for they cannot be read: {}.", unreadable.join(", ")));
    }
    notes
}

/// Describes the picture in words, for readers who cannot see it: the last figure of each lane, and the detected
/// changes.
fn description(log: &Log, lanes: &[Lane]) -> String {
    let last = lanes.iter().filter_map(|lane| Some((lane, lane.points.last()?))).map(|(lane, point)| {
        let commit = log.entries[point.entry].commit.short();
        format!("{} under {} at {commit}: {}", lane.workload, lane.level, shown(point))
    });
    let claims = lanes.iter().flat_map(|lane| lane.points.iter().filter_map(|point| claim(log, lane, point)));
    last.chain(claims).chain([count(lanes)]).collect::<Vec<_>>().join("; ")
}
