//! Many builds: a small plot for each workload and level.

use super::axis::{Axis, rule_at};
use super::frame::{Foot, description, head};
use super::mark::{class, mark, stem};
use super::row::{Found, Row, Shown, rows};
use super::{LINE, MARGIN, MIN_WIDTH, NAMES};
use crate::report::chart::canvas::{centred, ending, finished, line, rectangle, sheet, telling, text};
use crate::study::compare::Comparison;
use crate::study::compare::summary::{levels, shortened};
use crate::tracking::Level;
use svg::node::element::Group;

/// The height of a plot of several builds.
const PLOT_HEIGHT: f64 = 110.0;
const BETWEEN_PLOTS: f64 = 16.0;
/// The space to the left of each plot, for its scale's labels.
const SCALE: f64 = 54.0;
/// The minimum and maximum width of a build.
const STEP: (f64, f64) = (17.0, 72.0);
/// The slant of the builds' names, in degrees.
const SLANT: f64 = 50.0;
/// The width that plots share if their builds fit.
const COMFORT: f64 = 760.0;

pub(super) fn draw(comparison: &Comparison, title: &str) -> String {
    let levels: Vec<Level> = levels(comparison).collect();
    let rows = rows(comparison);
    let builds = comparison.builds.len();
    let room = COMFORT / levels.len().max(1) as f64 - SCALE;
    let step = (room / builds.max(1) as f64).clamp(STEP.0, STEP.1);
    let plot_width = step * builds as f64;
    let width = (NAMES + levels.len() as f64 * (SCALE + plot_width) + MARGIN).max(MIN_WIDTH);
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
