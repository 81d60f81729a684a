//! The picture of a comparison: the difference of each build's overhead from its reference's.
//!
//! Few builds make a list, with a row for each workload. Many builds make a small plot for each workload and level.
//! Its builds stand in the order in which they were named, which for versions and commits is chronological. All plots
//! of a level share their scale, so that levels compare down a column and workloads across a row.

use crate::report::chart::canvas::{
    centred, dot, ending, finished, line, rectangle, sheet, small_print, telling, text, where_and_when,
};
use crate::report::number;
use crate::schedule::measurement::{Clock, Measurement};
use crate::stats::estimate::Estimate;
use crate::study::compare::summary::{described, levels, measurement, rule, shortened};
use crate::study::compare::verdicts::{detectable, sentences, word, word_of_typical};
use crate::study::compare::{Against, ComparedBuild, Comparison, Difference, Typical, Verdict};
use crate::tracking::Level;
use crate::workloads::Workload;
use std::collections::BTreeMap;
use svg::node::element::Group;

const MARGIN: f64 = 24.0;
/// The least width of the picture.
const LEAST_WIDTH: f64 = 900.0;
/// The right edge of the workloads' names.
const NAMES: f64 = 128.0;
/// The height of a line of text.
const LINE: f64 = 19.0;

/// The height of a plot of several builds.
const PLOT_HEIGHT: f64 = 110.0;
const BETWEEN_PLOTS: f64 = 16.0;
/// The room to the left of each plot, for its scale's labels.
const SCALE: f64 = 54.0;
/// The least and the most room of a build.
const STEP: (f64, f64) = (17.0, 72.0);
/// The slant of the builds' names, in degrees.
const SLANT: f64 = 50.0;
/// The width that plots share if their builds leave room.
const COMFORT: f64 = 760.0;

/// The most blocks of a list; a block is a build at a level.
const MOST_BLOCKS: usize = 4;
/// The height of a row of the list.
const ROW: f64 = 26.0;
/// The ends of the axis, between the columns of text.
const AXIS: (f64, f64) = (150.0, 480.0);
const CHANGE: f64 = 496.0;
const VERDICT: f64 = 652.0;

/// Draws a comparison.
pub fn draw(comparison: &Comparison) -> String {
    let title = title(&comparison.against);
    let blocks = blocks(comparison);
    if blocks.len() <= MOST_BLOCKS { list(comparison, &blocks, title) } else { grid(comparison, title) }
}

/// Returns the title, which names the reference.
const fn title(against: &Against) -> &'static str {
    match against {
        Against::First => "What memscope-rs costs, against the first build",
        Against::Previous => "What memscope-rs costs, from build to build",
        Against::Each(_) => "What memscope-rs costs, commit by commit",
    }
}

fn grid(comparison: &Comparison, title: &str) -> String {
    let levels: Vec<Level> = levels(comparison).collect();
    let rows = rows(comparison);
    let builds = comparison.builds.len();
    let room = COMFORT / levels.len().max(1) as f64 - SCALE;
    let step = (room / builds.max(1) as f64).clamp(STEP.0, STEP.1);
    let plot_width = step * builds as f64;
    let width = (NAMES + levels.len() as f64 * (SCALE + plot_width) + MARGIN).max(LEAST_WIDTH);
    let head = head(comparison, title, width);
    let top = head.height + 2.0 * LINE;
    let bottom = top + rows.len() as f64 * (PLOT_HEIGHT + BETWEEN_PLOTS);
    let foot = Foot::of(comparison, width);
    let longest = (0..builds).map(|build| shortened(comparison, build).chars().count()).max().unwrap_or(0);
    // The builds' names are slanted.
    let height = bottom + longest as f64 * 6.4 * SLANT.to_radians().sin() + 2.0 * LINE + foot.height();

    let mut picture = sheet(width, height, title, &description(comparison)).add(head.drawing);
    for (column, &level) in levels.iter().enumerate() {
        let axis = Axis::of(comparison, level);
        let left = NAMES + SCALE + column as f64 * (SCALE + plot_width);
        picture = picture.add(text(left, top - 14.0, "strong", format!("{level}")));
        for (number, &row) in rows.iter().enumerate() {
            let top = top + number as f64 * (PLOT_HEIGHT + BETWEEN_PLOTS);
            if column == 0 {
                picture = picture.add(ending(NAMES, top + PLOT_HEIGHT / 2.0 + 4.0, "strong", row.name()));
            }
            picture = picture.add(Plot { comparison, row, level, axis, left, top, step }.draw());
        }
        for place in 0..builds {
            let (x, y) = (left + step * (place as f64 + 0.5) + 4.0, bottom + 2.0);
            let name = ending(0.0, 0.0, "small", shortened(comparison, place));
            picture = picture
                .add(Group::new().set("transform", format!("translate({x:.1} {y:.1}) rotate(-{SLANT})")).add(name));
        }
    }
    finished(&picture.add(foot.draw(height)))
}

/// A build and its reference at a level.
struct Block {
    level: Level,
    build: usize,
    reference: usize,
}

/// Returns the builds that are compared at each level. The reference is that of the typical change, or else that of
/// the first row.
fn blocks(comparison: &Comparison) -> Vec<Block> {
    let builds = 0..comparison.builds.len();
    let places = levels(comparison).flat_map(|level| builds.clone().map(move |build| (level, build)));
    let block = |(level, build)| {
        let row = comparison.differences.iter().find(|row| (row.level, row.build) == (level, build))?;
        let typical = comparison.typical_change(build, level);
        let reference = typical.map_or(row.reference, |typical| typical.reference);
        Some(Block { level, build, reference })
    };
    places.filter_map(block).collect()
}

/// Draws few builds: a row for each workload, a block for each build and level.
fn list(comparison: &Comparison, blocks: &[Block], title: &str) -> String {
    let rows = rows(comparison);
    let step = 3.0 * LINE + rows.len() as f64 * ROW;
    let head = head(comparison, title, LEAST_WIDTH);
    let foot = Foot::of(comparison, LEAST_WIDTH).after(outcomes(comparison), LEAST_WIDTH);
    let height = head.height + blocks.len() as f64 * step + LINE + foot.height();

    let mut picture = sheet(LEAST_WIDTH, height, title, &description(comparison)).add(head.drawing);
    for (number, block) in blocks.iter().enumerate() {
        let axis = Axis::of(comparison, block.level);
        let top = head.height + number as f64 * step + 2.0 * LINE;
        let name = |place: usize| shortened(comparison, place);
        let heading = format!("{}: {} against {}", block.level, name(block.build), name(block.reference));
        picture = picture.add(text(AXIS.0, top - 14.0, "strong", heading));
        picture = picture.add(axis.across(rows.len() as f64 * ROW, top));
        for (number, &row) in rows.iter().enumerate() {
            let y = top + (number as f64 + 0.5) * ROW;
            picture =
                picture.add(ending(NAMES, y + 4.0, "strong", row.name())).add(listed(comparison, row, block, axis, y));
        }
    }
    finished(&picture.add(foot.draw(height)))
}

/// Draws a row of the list: the mark, the change and the verdict, or the reason for their absence.
fn listed(comparison: &Comparison, row: Row, block: &Block, axis: Axis, y: f64) -> Group {
    let Shown { found, about } = Shown::of(comparison, row, block.level, block.build);
    let mut group = telling(about);
    let words = match found {
        Found::Change { ratio, verdict, mut words, reference } => {
            let x = |ratio| AXIS.0 + axis.part(ratio) * (AXIS.1 - AXIS.0);
            let class = class(verdict);
            if reference != block.reference {
                words += &format!(" (against {})", shortened(comparison, reference));
            }
            group = group
                .add(stem(x(1.0), y, x(ratio.value), y, class))
                .add(line(x(ratio.low), y, x(ratio.high), y, &format!("line whisker {class}")))
                .add(mark(x(ratio.value), y, verdict))
                .add(text(CHANGE, y + 4.0, "small", number::change(ratio)));
            return group.add(text(VERDICT, y + 4.0, "small", clipped(&words, LEAST_WIDTH - VERDICT - MARGIN, 6.0)));
        }
        Found::Reference => "no reference has a figure".to_owned(),
        Found::Nothing(why) => why,
    };
    group.add(text(CHANGE, y + 4.0, "small faint", clipped(&words, LEAST_WIDTH - CHANGE - MARGIN, 6.4)))
}

/// A row of plots: the typical change, or a workload.
#[derive(Clone, Copy)]
enum Row {
    Typical,
    Of(Workload),
}

impl Row {
    fn name(self) -> &'static str {
        match self {
            Self::Typical => "typical",
            Self::Of(workload) => workload.name(),
        }
    }
}

/// Returns the rows, from the top.
fn rows(comparison: &Comparison) -> Vec<Row> {
    let typical = (!comparison.typical.is_empty()).then_some(Row::Typical);
    typical.into_iter().chain(comparison.plan.workloads.iter().copied().map(Row::Of)).collect()
}

/// A build in a plot, with its tooltip.
struct Shown {
    found: Found,
    about: String,
}

/// The content of a build's place in a plot.
enum Found {
    /// A change against its reference.
    Change { ratio: Estimate, verdict: Verdict, words: String, reference: usize },
    /// A figure without a reference.
    Reference,
    /// No figure, with the reason.
    Nothing(String),
}

impl Shown {
    fn of(comparison: &Comparison, row: Row, level: Level, place: usize) -> Self {
        let build = &comparison.builds[place];
        match row {
            Row::Typical => Self::typical(comparison, build, level, place),
            Row::Of(workload) => Self::workload(comparison, build, workload, level, place),
        }
    }

    fn workload(
        comparison: &Comparison,
        build: &ComparedBuild,
        workload: Workload,
        level: Level,
        place: usize,
    ) -> Self {
        let measurement = measurement(build, workload, level);
        let heading = format!("{}, {workload} at {level}", heading(build));
        let Some((measurement, overhead)) =
            measurement.and_then(|measurement| Some((measurement, comparison.overhead(measurement)?)))
        else {
            let why = why(build, measurement);
            return Self { about: format!("{heading}\n{why}"), found: Found::Nothing(why) };
        };
        let difference = comparison.difference(place, workload, level);
        let found = match difference {
            None => Found::Reference,
            Some(difference) => match difference.ratio {
                None => Found::Nothing(word(comparison, difference)),
                Some(ratio) => {
                    let Difference { verdict, reference, detectable_percent, .. } = *difference;
                    let words = with_detectable(word(comparison, difference), verdict, detectable_percent);
                    Found::Change { ratio, verdict, words, reference }
                }
            },
        };
        let change = difference
            .map_or("reference: compared with no other".to_owned(), |difference| described(comparison, difference));
        let about = format!(
            "{heading}\n{change}\noverhead {}\n{} pairs, fidelity {}",
            number::overhead(overhead),
            measurement.pairs.len(),
            number::fidelity(measurement.fidelity)
        );
        Self { found, about }
    }

    fn typical(comparison: &Comparison, build: &ComparedBuild, level: Level, place: usize) -> Self {
        let heading = format!("{}, typical at {level}", heading(build));
        let Some(typical) = comparison.typical_change(place, level) else {
            let is_reference =
                comparison.typical.iter().any(|typical| (typical.reference, typical.level) == (place, level));
            let found = if is_reference { Found::Reference } else { Found::Nothing(String::new()) };
            let about = if is_reference { "reference: compared with no other" } else { "no typical change" };
            return Self { found, about: format!("{heading}\n{about}") };
        };
        let Typical { ratio, reference, workloads, verdict, detectable_percent, .. } = typical;
        let word = word_of_typical(comparison, typical);
        let about = format!(
            "{heading}\n{} against {}: {word} (detectable: {})\ngeometric mean of {} workloads",
            number::change(*ratio),
            comparison.builds[*reference].name,
            detectable(*detectable_percent),
            workloads.len()
        );
        let words = with_detectable(word, *verdict, *detectable_percent);
        Self { found: Found::Change { ratio: *ratio, verdict: *verdict, words, reference: *reference }, about }
    }
}

/// Returns a verdict in words, with the detectable difference if no change was found.
fn with_detectable(word: String, verdict: Verdict, percent: Option<f64>) -> String {
    match verdict {
        Verdict::Regression | Verdict::Improvement => word,
        Verdict::NoDifference | Verdict::Inconclusive => format!("{word} (detectable: {})", detectable(percent)),
    }
}

/// The scale of a level. It is about linear near a ratio of 1 and logarithmic beyond [`FINE`](Self::FINE), so that a
/// change of 10 % is visible beside one of ×10.
#[derive(Clone, Copy)]
struct Axis {
    least: f64,
    greatest: f64,
    /// The threshold, as a ratio.
    threshold: f64,
}

impl Axis {
    /// The change, as a logarithm, up to which the scale is about linear.
    const FINE: f64 = 0.08;
    /// The ratios that get a tick if there is room, the most important first.
    const TICKS: [f64; 21] = [
        1.0, 10.0, 0.1, 100.0, 0.01, 2.0, 0.5, 1.2, 0.8, 1.1, 0.9, 1.05, 0.95, 1.5, 0.7, 3.0, 0.3, 5.0, 0.2, 1.02, 0.98,
    ];

    fn of(comparison: &Comparison, level: Level) -> Self {
        let rows = comparison.differences.iter().filter(|row| row.level == level).filter_map(|row| row.ratio);
        let typical = comparison.typical.iter().filter(|row| row.level == level).map(|row| row.ratio);
        let ratios: Vec<Estimate> = rows.chain(typical).collect();
        let threshold = 1.0 + comparison.threshold_percent / 100.0;
        Self {
            least: ratios.iter().map(|ratio| ratio.low).fold(0.92, f64::min),
            greatest: ratios.iter().map(|ratio| ratio.high).fold(1.08, f64::max),
            threshold,
        }
    }

    fn place(ratio: f64) -> f64 {
        (ratio.ln() / Self::FINE).asinh()
    }

    /// Returns the place of a ratio along the scale, from 0 to 1.
    fn part(self, ratio: f64) -> f64 {
        /// The room beyond the extremes, so that no mark touches the edge.
        const ROOM: f64 = 0.03;
        let (from, to) = (Self::place(self.least), Self::place(self.greatest));
        (ROOM + (Self::place(ratio) - from) / (to - from) * (1.0 - 2.0 * ROOM)).clamp(0.0, 1.0)
    }

    /// Returns both ends of the band of changes below the threshold.
    fn band(self) -> (f64, f64) {
        (self.part(1.0 / self.threshold), self.part(self.threshold))
    }

    /// Returns the ticks that are at least this far apart on a scale of this length, with their labels.
    fn ticks(self, length: f64, apart: f64) -> Vec<(f64, String)> {
        let mut ticks: Vec<f64> = Vec::new();
        for ratio in Self::TICKS.into_iter().filter(|&ratio| self.least <= ratio && ratio <= self.greatest) {
            let is_free = |&other: &f64| (self.part(other) - self.part(ratio)).abs() * length >= apart;
            if ticks.iter().all(is_free) {
                ticks.push(ratio);
            }
        }
        let word = |ratio: f64| match ratio {
            1.0 => "0 %".to_owned(),
            large if large > 2.0 => format!("×{large}"),
            small => format!("{:+.0} %", (small - 1.0) * 100.0).replace('-', "−"),
        };
        ticks.into_iter().map(|ratio| (ratio, word(ratio))).collect()
    }

    /// Draws the scale of the list at a height.
    fn across(self, height: f64, top: f64) -> Group {
        let length = AXIS.1 - AXIS.0;
        let x = |part: f64| AXIS.0 + part * length;
        let (from, to) = self.band();
        let mut axis = Group::new().add(rectangle(AXIS.0, top, length, height, "panel")).add(rectangle(
            x(from),
            top,
            x(to) - x(from),
            height,
            "none",
        ));
        for (ratio, word) in self.ticks(length, 46.0) {
            let x = x(self.part(ratio));
            axis = axis.add(rule_at(x, top, x, top + height, ratio)).add(centred(
                x,
                top + height + 15.0,
                "small faint",
                word,
            ));
        }
        axis
    }
}

/// Draws the rule of a tick; that of no change is darker.
fn rule_at(x1: f64, y1: f64, x2: f64, y2: f64, ratio: f64) -> svg::node::element::Line {
    let rule = line(x1, y1, x2, y2, "rule");
    if ratio == 1.0 { rule.set("style", "stroke: var(--faint)") } else { rule }
}

/// Returns the class of a verdict's colour.
const fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Regression => "bad",
        Verdict::Improvement => "good",
        Verdict::NoDifference => "faint",
        Verdict::Inconclusive => "two",
    }
}

/// Draws the mark of a verdict: full for a change, hollow for none.
fn mark(x: f64, y: f64, verdict: Verdict) -> Group {
    let class = class(verdict);
    match verdict {
        Verdict::Regression | Verdict::Improvement => Group::new().add(dot(x, y, 4.5, class)),
        Verdict::NoDifference | Verdict::Inconclusive => {
            // A hollow mark hides what lies behind it.
            Group::new().add(dot(x, y, 4.0, "paper")).add(dot(x, y, 4.0, &format!("ring {class}")))
        }
    }
}

/// Draws a pale line from no change to a mark.
fn stem(x1: f64, y1: f64, x2: f64, y2: f64, class: &str) -> svg::node::element::Line {
    let class = if class == "faint" { "whisker faint".to_owned() } else { format!("line {class}") };
    line(x1, y1, x2, y2, &class).set("style", "stroke-opacity: 0.3")
}

/// A row at a level.
struct Plot<'a> {
    comparison: &'a Comparison,
    row: Row,
    level: Level,
    axis: Axis,
    left: f64,
    top: f64,
    step: f64,
}

impl Plot<'_> {
    fn draw(&self) -> Group {
        let width = self.step * self.comparison.builds.len() as f64;
        let (from, to) = self.axis.band();
        let [low, high] = [from, to].map(|part| self.at(part));
        let mut plot = Group::new().add(rectangle(self.left, self.top, width, PLOT_HEIGHT, "panel")).add(rectangle(
            self.left,
            high,
            width,
            low - high,
            "none",
        ));
        for (ratio, word) in self.axis.ticks(PLOT_HEIGHT, 13.0) {
            let y = self.y(ratio);
            plot = plot.add(rule_at(self.left, y, self.left + width, y, ratio));
            plot = plot.add(ending(self.left - 6.0, y + 4.0, "small faint", word));
        }
        (0..self.comparison.builds.len()).fold(plot, |plot, place| plot.add(self.build(place)))
    }

    /// Returns the height of a part of the scale.
    fn at(&self, part: f64) -> f64 {
        self.top + (1.0 - part) * PLOT_HEIGHT
    }

    fn y(&self, ratio: f64) -> f64 {
        self.at(self.axis.part(ratio))
    }

    fn build(&self, place: usize) -> Group {
        let x = self.left + self.step * (place as f64 + 0.5);
        let Shown { found, about } = Shown::of(self.comparison, self.row, self.level, place);
        let group = telling(about);
        match found {
            Found::Change { ratio, verdict, .. } => {
                let class = class(verdict);
                group
                    .add(stem(x, self.y(1.0), x, self.y(ratio.value), class))
                    .add(line(x, self.y(ratio.low), x, self.y(ratio.high), &format!("line whisker {class}")))
                    .add(mark(x, self.y(ratio.value), verdict))
            }
            Found::Reference => {
                // Upright, around the line of no change, within the plot.
                const HALF: f64 = 30.0;
                let y = self.y(1.0).clamp(self.top + HALF, self.top + PLOT_HEIGHT - HALF);
                let word = centred(0.0, 0.0, "small faint", "reference");
                group.add(
                    Group::new().set("transform", format!("translate({:.1} {y:.1}) rotate(-90)", x + 4.0)).add(word),
                )
            }
            Found::Nothing(why) if why.is_empty() => group,
            Found::Nothing(_) => group.add(centred(x, self.top + 14.0, "bad", "×")),
        }
    }
}

/// The top of the picture: title, answer, subtitle and legend.
struct Head {
    drawing: Group,
    height: f64,
}

fn head(comparison: &Comparison, title: &str, width: f64) -> Head {
    let mut drawing = Group::new().add(text(MARGIN, 42.0, "title", clipped(title, width - 2.0 * MARGIN, 13.5)));
    let mut y = 68.0;
    let answer = sentences(comparison).swap_remove(0);
    for words in wrapped(&answer, width - 2.0 * MARGIN, 7.2) {
        drawing = drawing.add(text(MARGIN, y, "", words));
        y += LINE;
    }
    let time = match comparison.clock {
        Clock::Wall => "wall time",
        Clock::Cpu => "CPU time",
    };
    let reference = match comparison.against {
        Against::First => "of the first build",
        Against::Previous => "of the build before it",
        Against::Each(_) => "of its parent among the commits shown",
    };
    let about = format!(
        "Overhead ({time} tracked ÷ untracked) of each build ÷ that {reference}. Whiskers are 95 % intervals; the \
         band is the threshold of {} %. The scale is even near 0 and logarithmic beyond.",
        comparison.threshold_percent
    );
    for words in wrapped(&about, width - 2.0 * MARGIN, 7.2) {
        drawing = drawing.add(text(MARGIN, y, "faint", words));
        y += LINE;
    }
    Head { drawing: drawing.add(legend(y + 4.0)), height: y + LINE }
}

fn legend(y: f64) -> Group {
    let kinds = [
        (Verdict::Regression, "regression"),
        (Verdict::Improvement, "improvement"),
        (Verdict::NoDifference, "no difference"),
        (Verdict::Inconclusive, "inconclusive"),
    ];
    let mut legend = Group::new();
    let mut x = MARGIN;
    for (verdict, words) in kinds {
        legend = legend.add(mark(x + 5.0, y, verdict)).add(text(x + 16.0, y + 4.0, "small", words));
        x += 40.0 + words.chars().count() as f64 * 6.4;
    }
    legend.add(text(x + 2.0, y + 4.0, "small bad", "×")).add(text(
        x + 16.0,
        y + 4.0,
        "small",
        "no figure: hover over it",
    ))
}

/// Returns a build's name and, for a commit, its build line.
fn heading(build: &ComparedBuild) -> String {
    build.about.as_ref().map_or_else(|| build.name.clone(), |about| format!("{} {about}", build.name))
}

/// Returns the reason for a missing figure.
fn why(build: &ComparedBuild, measurement: Option<&Measurement>) -> String {
    let failure = measurement.and_then(|measurement| measurement.failure());
    match (&build.not_built, failure) {
        (Some(failed), _) => failed.outcome.label().to_owned(),
        (None, Some(failure)) => failure.to_string(),
        (None, None) => measurement.map_or_else(|| "too few pairs".to_owned(), Measurement::lack),
    }
}

/// Returns the outcomes without a figure, a line for each build and level: the list has no room for their marks.
fn outcomes(comparison: &Comparison) -> Vec<String> {
    let mut lines = Vec::new();
    for build in &comparison.builds {
        if let Some(failed) = &build.not_built {
            lines.push(format!("{}: {}", build.name, failed.outcome.label()));
        }
        for level in levels(comparison) {
            let of_level =
                |measurement: &&Measurement| measurement.level == level && comparison.overhead(measurement).is_none();
            let measurements = build.measurements.iter().filter(of_level);
            let mut by_label: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            measurements.for_each(|measurement| {
                by_label.entry(label(measurement)).or_default().push(measurement.workload.name())
            });
            let words = by_label.into_iter().map(|(label, workloads)| format!("{label} on {}", workloads.join(", ")));
            let words: Vec<String> = words.collect();
            if !words.is_empty() {
                lines.push(format!("{} at {level} has no figure: {}", build.name, words.join("; ")));
            }
        }
    }
    lines
}

/// Returns the outcome of a measurement without a figure, in a word or two.
fn label(measurement: &Measurement) -> String {
    measurement.failure().map_or_else(|| measurement.lack(), |failure| failure.label())
}

/// The notes below the picture.
struct Foot(Vec<String>);

impl Foot {
    fn of(comparison: &Comparison, width: f64) -> Self {
        let room = width - 2.0 * MARGIN;
        let lines = [rule(comparison), where_and_when(&comparison.origin)];
        Self(lines.iter().flat_map(|words| wrapped(words, room, 6.3)).collect())
    }

    /// Appends the notes to other lines.
    fn after(self, lines: Vec<String>, width: f64) -> Self {
        let wrapped = lines.iter().flat_map(|words| wrapped(words, width - 2.0 * MARGIN, 6.3));
        Self(wrapped.chain(self.0).collect())
    }

    fn height(&self) -> f64 {
        (self.0.len() as f64 + 1.0) * LINE
    }

    fn draw(self, height: f64) -> Group {
        let top = height - self.height() + LINE;
        self.0
            .into_iter()
            .enumerate()
            .fold(Group::new(), |print, (number, words)| print.add(small_print([(top + number as f64 * LINE, words)])))
    }
}

/// Wraps words at a width, for an average width of a letter.
fn wrapped(words: &str, room: f64, letter: f64) -> Vec<String> {
    let most = (room / letter) as usize;
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        let line = lines.last_mut().expect("there is one");
        if line.is_empty() {
            *line = clipped(word, room, letter);
        } else if line.chars().count() + 1 + word.chars().count() <= most {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(clipped(word, room, letter));
        }
    }
    lines
}

/// Cuts words to a width.
fn clipped(words: &str, room: f64, letter: f64) -> String {
    let most = (room / letter) as usize;
    if words.chars().count() <= most {
        words.to_owned()
    } else {
        format!("{}…", words.chars().take(most.saturating_sub(1)).collect::<String>())
    }
}

/// Describes the picture in words, for readers who cannot see it.
fn description(comparison: &Comparison) -> String {
    let of_build = |(place, build): (usize, &ComparedBuild)| {
        let measurements = build.measurements.iter().filter(|measurement| measurement.level != Level::Untracked);
        let measurement = |measurement: &Measurement| {
            let figure = comparison.overhead(measurement).map_or_else(|| label(measurement), number::overhead);
            let change = comparison.difference(place, measurement.workload, measurement.level);
            let change = change.map(|change: &Difference| format!(", {}", described(comparison, change)));
            format!(
                "{}, {} at {}: {figure}{}",
                build.name,
                measurement.workload,
                measurement.level,
                change.unwrap_or_default()
            )
        };
        measurements.map(measurement).collect::<Vec<_>>()
    };
    let rows = comparison.builds.iter().enumerate().flat_map(of_build);
    [sentences(comparison).join(" "), rows.collect::<Vec<_>>().join("; ")].join(" ")
}
