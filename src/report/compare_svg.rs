//! The picture of a comparison: a small plot for each workload and level, with the subjects side by side.
//!
//! All plots of a level share their scale, which is logarithmic, so that a level reads down and a workload across. The
//! subjects stand in the order in which they were named, which for versions and commits is that of time.

use super::compare_table::{cell, told};
use super::drawing::{
    centred, dot, ending, finished, line, rectangle, sheet, small_print, telling, text, where_and_when,
};
use super::figures;
use crate::compare::{Claim, Compared, Comparison};
use crate::results::{Cell, Clock, Estimate};
use crate::tracking::Tracking;
use crate::workloads::Workload;
use svg::node::element::{Group, Polyline};

const MARGIN: f64 = 24.0;
/// Where the names of the workloads end.
const NAMES: f64 = 128.0;
/// Above the plots: title, what is shown, legend, and the levels.
const HEAD: f64 = 138.0;
const PLOT_HEIGHT: f64 = 104.0;
const BETWEEN_ROWS: f64 = 16.0;
/// Left of each plot, for the scale's figures.
const SCALE: f64 = 46.0;
/// The least and the most room of a subject.
const STEP: (f64, f64) = (17.0, 72.0);
/// The width that plots share if their subjects leave room.
const COMFORT: f64 = 760.0;
/// Below the plots: slanted names of subjects, and the circumstances.
const FOOT: f64 = 150.0;

/// Draws a comparison. `lines` connects the subjects, for those that follow each other in time.
pub fn draw(comparison: &Comparison, title: &str, lines: bool) -> String {
    let levels: Vec<Tracking> =
        comparison.plan.levels.iter().copied().filter(|&level| level != Tracking::Untracked).collect();
    let workloads = &comparison.plan.workloads;
    let subjects = comparison.subjects.len();
    let room = COMFORT / levels.len().max(1) as f64 - SCALE;
    let step = (room / subjects.max(1) as f64).clamp(STEP.0, STEP.1);
    let plot_width = step * subjects as f64;
    let width = (NAMES + levels.len() as f64 * (SCALE + plot_width) + MARGIN).max(760.0);
    let bottom = HEAD + workloads.len() as f64 * (PLOT_HEIGHT + BETWEEN_ROWS);
    let height = bottom + FOOT;

    let time = match comparison.clock {
        Clock::Wall => "Time",
        Clock::Processor => "Processor time",
    };
    let about = format!(
        "{time} under tracking ÷ {} without, on a log scale. Medians of rounds; whiskers are 95 % intervals.",
        time.to_lowercase()
    );
    let mut picture = sheet(width, height, title, &description(comparison))
        .add(text(MARGIN, 42.0, "title", title))
        .add(text(MARGIN, 66.0, "faint", about))
        .add(legend());
    for (column, &level) in levels.iter().enumerate() {
        let scale = Scale::of(comparison, level);
        let left = NAMES + SCALE + column as f64 * (SCALE + plot_width);
        picture = picture.add(text(left, HEAD - 14.0, "strong", format!("{level}")));
        for (row, &workload) in workloads.iter().enumerate() {
            let top = HEAD + row as f64 * (PLOT_HEIGHT + BETWEEN_ROWS);
            if column == 0 {
                picture = picture.add(ending(NAMES, top + PLOT_HEIGHT / 2.0 + 4.0, "strong", workload.name()));
            }
            let plot = Plot { comparison, workload, level, scale, left, top, step };
            picture = picture.add(plot.draw(lines));
        }
        for (place, subject) in comparison.subjects.iter().enumerate() {
            let (x, y) = (left + step * (place as f64 + 0.5) + 4.0, bottom + 2.0);
            let name = ending(0.0, 0.0, "small", shortened(&subject.name));
            picture =
                picture.add(Group::new().set("transform", format!("translate({x:.1} {y:.1}) rotate(-50)")).add(name));
        }
    }
    finished(&picture.add(foot(comparison, height)))
}

/// A name that fits below a plot: its end, which tells versions and revisions apart.
fn shortened(name: &str) -> String {
    const MOST: usize = 16;
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= MOST {
        name.to_owned()
    } else {
        format!("…{}", letters[letters.len() - MOST..].iter().collect::<String>())
    }
}

fn legend() -> Group {
    let kinds =
        [("one", "no difference claimed"), ("bad", "regression"), ("good", "gain"), ("faint", "held against none")];
    let mut legend = Group::new();
    let mut x = MARGIN;
    for (class, words) in kinds {
        legend = legend.add(dot(x + 5.0, 89.0, 4.5, class)).add(text(x + 16.0, 93.5, "small", words));
        x += 40.0 + words.len() as f64 * 6.3;
    }
    legend.add(text(x + 2.0, 93.5, "small bad", "×")).add(text(x + 16.0, 93.5, "small", "no figure: hover over it"))
}

/// The log scale of a level.
#[derive(Clone, Copy)]
struct Scale {
    least: f64,
    greatest: f64,
}

impl Scale {
    fn of(comparison: &Comparison, level: Tracking) -> Self {
        let cells = comparison.subjects.iter().flat_map(|subject| &subject.cells);
        let of_level = cells.filter(|cell| cell.tracking == level);
        let ratios = of_level.filter_map(|cell| comparison.overhead(cell)).collect::<Vec<Estimate>>();
        Self {
            least: ratios.iter().map(|ratio| ratio.low).fold(0.95, f64::min) * 0.97,
            greatest: ratios.iter().map(|ratio| ratio.high).fold(1.3, f64::max) * 1.08,
        }
    }

    /// How far up a ratio is, from 0 to 1.
    fn part(self, ratio: f64) -> f64 {
        ((ratio / self.least).ln() / (self.greatest / self.least).ln()).clamp(0.0, 1.0)
    }

    /// The ratios that are written beside a plot: few enough to be read.
    fn ticks(self) -> Vec<f64> {
        let within = |ratio: &f64| self.least <= *ratio && *ratio <= self.greatest;
        let of = |digits: &'static [f64]| {
            let decades = (0..6).map(|power| 10_f64.powi(power));
            let ticks = decades.flat_map(move |decade| digits.iter().map(move |digit| digit * decade));
            ticks.filter(within).collect::<Vec<f64>>()
        };
        let fine = of(&[1.0, 1.2, 1.5, 2.0, 3.0, 5.0]);
        let middle = of(&[1.0, 2.0, 5.0]);
        if fine.len() <= 5 {
            fine
        } else if middle.len() <= 5 {
            middle
        } else {
            of(&[1.0])
        }
    }
}

/// One workload under one level.
struct Plot<'a> {
    comparison: &'a Comparison,
    workload: Workload,
    level: Tracking,
    scale: Scale,
    left: f64,
    top: f64,
    step: f64,
}

impl Plot<'_> {
    fn draw(&self, lines: bool) -> Group {
        let width = self.step * self.comparison.subjects.len() as f64;
        let mut plot = Group::new().add(rectangle(self.left, self.top, width, PLOT_HEIGHT, "panel"));
        for ratio in self.scale.ticks() {
            let y = self.y(ratio);
            let label = if ratio == 1.0 { "none".to_owned() } else { format!("×{ratio}") };
            plot = plot.add(line(self.left, y, self.left + width, y, "rule"));
            plot = plot.add(ending(self.left - 6.0, y + 4.0, "small faint", label));
        }
        if lines {
            for points in self.stretches() {
                plot = plot.add(Polyline::new().set("points", points).set("class", "line one area"));
            }
        }
        for (place, subject) in self.comparison.subjects.iter().enumerate() {
            plot = plot.add(self.mark(place, subject));
        }
        plot
    }

    fn x(&self, place: usize) -> f64 {
        self.left + self.step * (place as f64 + 0.5)
    }

    fn y(&self, ratio: f64) -> f64 {
        self.top + PLOT_HEIGHT - 4.0 - self.scale.part(ratio) * (PLOT_HEIGHT - 8.0)
    }

    /// The points of subjects that follow each other without one missing.
    fn stretches(&self) -> Vec<String> {
        let value = |subject| Some(self.comparison.overhead(cell(subject, self.workload, self.level)?)?.value);
        let values: Vec<Option<f64>> = self.comparison.subjects.iter().map(value).collect();
        let mut stretches = vec![Vec::new()];
        for (place, value) in values.into_iter().enumerate() {
            match value {
                Some(value) => stretches.last_mut().expect("there is one").push(format!(
                    "{:.1},{:.1}",
                    self.x(place),
                    self.y(value)
                )),
                None => stretches.push(Vec::new()),
            }
        }
        stretches.into_iter().filter(|points| points.len() > 1).map(|points| points.join(" ")).collect()
    }

    fn mark(&self, place: usize, subject: &Compared) -> Group {
        let x = self.x(place);
        let cell = cell(subject, self.workload, self.level);
        let Some((cell, overhead)) = cell.and_then(|cell| Some((cell, self.comparison.overhead(cell)?))) else {
            let told = format!("{}, {}/{}\n{}", heading(subject), self.workload, self.level, why(subject, cell));
            return telling(told).add(centred(x, self.top + 14.0, "bad", "×"));
        };
        let difference = self.comparison.differences.iter().find(|difference| {
            (difference.subject, difference.workload, difference.tracking) == (place, self.workload, self.level)
        });
        let class = match difference.map(|difference| difference.claim) {
            None => "faint",
            Some(Claim::None) => "one",
            Some(Claim::Regression) => "bad",
            Some(Claim::Gain) => "good",
        };
        let mut told = format!(
            "{}, {}/{}\n{}\n{} pairs, fidelity {}",
            heading(subject),
            self.workload,
            self.level,
            figures::overhead(overhead),
            cell.pairs.len(),
            figures::fidelity(cell.fidelity)
        );
        if let Some(difference) = difference {
            told += &format!("\n{}", self::told(self.comparison, difference));
        }
        let whisker = line(x, self.y(overhead.low), x, self.y(overhead.high), &format!("whisker {class}"));
        telling(told).add(whisker).add(dot(x, self.y(overhead.value), 4.0, class))
    }
}

/// A subject's name, and what it is about.
fn heading(subject: &Compared) -> String {
    subject.about.as_ref().map_or_else(|| subject.name.clone(), |about| format!("{} {about}", subject.name))
}

/// Why there is no figure.
fn why(subject: &Compared, cell: Option<&Cell>) -> String {
    let failure = cell.and_then(|cell| cell.failure.as_ref());
    match (&subject.not_built, failure) {
        (Some(_), _) => "not built".to_owned(),
        (None, Some(failure)) => failure.to_string(),
        (None, None) => "too few pairs".to_owned(),
    }
}

fn foot(comparison: &Comparison, height: f64) -> Group {
    let origin = &comparison.origin;
    let rule = format!(
        "Regressions and gains exceed {} %, after correction for {} comparisons, in both of two batches of rounds.",
        comparison.threshold_percent,
        comparison.differences.len()
    );
    small_print([(height - 36.0, rule), (height - 18.0, where_and_when(origin))])
}

/// The picture in words, for who cannot see it.
fn description(comparison: &Comparison) -> String {
    let told = comparison.subjects.iter().flat_map(|subject| {
        let cells = subject.cells.iter().filter(|cell| cell.tracking != Tracking::Untracked);
        cells.map(|cell| {
            let figure = match (&cell.failure, comparison.overhead(cell)) {
                (Some(failure), _) => failure.label(),
                (None, Some(overhead)) => figures::overhead(overhead),
                (None, None) => "too few pairs".to_owned(),
            };
            format!("{}, {} under {}: {figure}", subject.name, cell.workload, cell.tracking)
        })
    });
    told.collect::<Vec<_>>().join("; ")
}
