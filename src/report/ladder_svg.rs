//! The picture of the ladder: a chart for each workload, a lane for each rung from the fastest to the slowest, intervals as
//! whiskers, on one log scale. memscope's rungs have the colours that they have in all pictures; the others have none.

use super::drawing::{centred, ending, finished, line, rectangle, sheet, short, telling, text};
use super::ladder_table::{heading, is_memscope, overhead, takes_note};
use super::{figures, overhead_svg};
use crate::ladder::{Flight, Ladder};
use crate::origin::Origin;
use crate::results::{Cell, Results};
use crate::tracking::{Kind, Tracking};
use svg::node::element::{Circle, Group};

const WIDTH: f64 = 960.0;
const MARGIN: f64 = 24.0;
/// Where the plots begin and end; to their right stand the overheads in words, and what a rung takes note of.
const LEFT: f64 = 170.0;
const RIGHT: f64 = 600.0;
const WORDS: f64 = RIGHT + 18.0;
const NOTE: f64 = 812.0;
/// Above the first chart: title, what is shown, and the legend.
const HEAD: f64 = 112.0;
const LANE: f64 = 21.0;
/// Of each chart: above its lanes the workload's name, below them the scale.
const ABOVE: f64 = 36.0;
const BELOW: f64 = 38.0;
const FOOT: f64 = 50.0;

/// Draws the ladder.
pub fn draw(ladder: &Ladder) -> String {
    let flights = ladder.flights();
    let height =
        HEAD + FOOT + flights.iter().map(|flight| ABOVE + flight.rungs.len() as f64 * LANE + BELOW).sum::<f64>();
    let axis = Axis::of(&ladder.0);
    let title = "Is it memscope, or is it tracking?";
    let about = "Time under each tracker ÷ time without, on a log scale. Medians of pairs of processes; whiskers are 95 % intervals.";
    let mut picture = sheet(WIDTH, height, title, &description(&flights))
        .add(text(MARGIN, 42.0, "title", title))
        .add(text(MARGIN, 66.0, "faint", about))
        .add(legend());
    let mut y = HEAD;
    for flight in &flights {
        let (top, bottom) = (y + ABOVE, y + ABOVE + flight.rungs.len() as f64 * LANE);
        picture = picture
            .add(text(MARGIN, y + 22.0, "heading", heading(flight)))
            .add(axis.draw(top, bottom))
            .add(axis.noise(&ladder.0, top, bottom));
        for (number, cell) in flight.rungs.iter().enumerate() {
            picture = picture.add(axis.lane(cell, top + (number as f64 + 0.5) * LANE));
        }
        y = bottom + BELOW;
    }
    finished(&picture.add(foot(&ladder.0, y)))
}

fn legend() -> Group {
    let rungs = [
        ("one", "memscope, variables"),
        ("two", "memscope, allocator"),
        ("three", "memscope, full"),
        ("faint", "other trackers, and none"),
        ("faint ring", "a sampler: most events are never seen"),
    ];
    let mut legend = Group::new();
    let mut x = MARGIN;
    for (class, words) in rungs {
        legend = legend.add(dot(x + 5.0, 89.0, class)).add(text(x + 16.0, 93.5, "small", words));
        x += 40.0 + words.len() as f64 * 6.0;
    }
    legend
}

fn dot(x: f64, y: f64, class: &str) -> Circle {
    Circle::new().set("cx", short(x)).set("cy", short(y)).set("r", 5).set("class", class)
}

/// The log scale that all charts share: from a little under the fastest rung to a little over the slowest.
struct Axis {
    least: f64,
    greatest: f64,
}

impl Axis {
    fn of(results: &Results) -> Self {
        let walls = || results.cells.iter().filter_map(|cell| cell.overhead).map(|overhead| overhead.wall);
        Self {
            least: walls().map(|wall| wall.low).fold(0.9, f64::min) * 0.95,
            greatest: walls().map(|wall| wall.high).fold(2.0, f64::max) * 1.1,
        }
    }

    fn x(&self, ratio: f64) -> f64 {
        let part = (ratio / self.least).ln() / (self.greatest / self.least).ln();
        LEFT + part.clamp(0.0, 1.0) * (RIGHT - LEFT)
    }

    fn draw(&self, top: f64, bottom: f64) -> Group {
        /// A longer scale has only each second or third figure of its decades.
        const LONG: f64 = 30.0;
        let digits: &[f64] = if self.greatest / self.least > LONG { &[1.0, 3.0] } else { &[1.0, 2.0, 3.0, 5.0] };
        let mut axis = Group::new();
        let ticks = (-2..6).flat_map(|power| digits.iter().map(move |digit| digit * 10_f64.powi(power)));
        for ratio in ticks.filter(|&ratio| self.least <= ratio && ratio <= self.greatest) {
            let x = self.x(ratio);
            let is_none = ratio == 1.0;
            let label = if is_none { "none".to_owned() } else { format!("×{}", figures::short_count(ratio)) };
            let class = if is_none { "small strong" } else { "small faint" };
            axis = axis.add(line(x, top, x, bottom, "rule")).add(centred(x, bottom + 16.0, class, label));
        }
        axis
    }

    /// The band in which untracked lies against itself.
    fn noise(&self, results: &Results, top: f64, bottom: f64) -> Group {
        let Some((_, floor)) = results.noise_floor() else { return Group::new() };
        let ratio = floor.wall.value;
        let (from, to) = (self.x(ratio.min(1.0 / ratio)), self.x(ratio.max(1.0 / ratio)));
        telling(format!("Noise floor: untracked against itself shows up to {} %", figures::percent(ratio)))
            .add(rectangle(from, top, (to - from).max(1.0), bottom - top, "faint area"))
    }

    fn lane(&self, cell: &Cell, y: f64) -> Group {
        let Cell { workload, tracking, .. } = *cell;
        let class = overhead_svg::class(tracking);
        let words = overhead(cell);
        let weight = if is_memscope(tracking) { "strong" } else { "" };
        let name = ending(LEFT - 16.0, y + 4.5, weight, tracking.to_string());
        let Some(seen) = &cell.overhead else {
            return Group::new().add(name).add(text(WORDS, y + 4.5, "small bad", words));
        };
        let wall = seen.wall;
        let mut told = format!("{workload}/{tracking}: {}\n{words}\n{} pairs", tracking.about(), seen.pairs);
        if tracking.kind() != Kind::Nothing && tracking != Tracking::Counting {
            told += &format!(", fidelity {}", figures::fidelity(cell.fidelity));
        }
        let (from, to) = (self.x(wall.value.min(1.0)), self.x(wall.value.max(1.0)));
        let mark = if tracking.kind() == Kind::Samples { format!("{class} ring") } else { class.to_owned() };
        telling(told)
            .add(name)
            .add(rectangle(from, y - 3.0, to - from, 6.0, &format!("{class} area")))
            .add(line(self.x(wall.low), y, self.x(wall.high), y, &format!("whisker {class}")))
            .add(dot(self.x(wall.value), y, &mark))
            .add(text(WORDS, y + 4.5, "small", words))
            .add(text(NOTE, y + 4.5, "small faint", takes_note(tracking)))
    }
}

fn foot(results: &Results, y: f64) -> Group {
    let Origin { subject, machine, toolchain, started, .. } = &results.origin;
    let floor = results.noise_floor().map_or("not measured".to_owned(), |(cell, floor)| {
        format!("{} % ({})", figures::percent(floor.wall.value), cell.name())
    });
    let lines = [
        format!("{subject}; noise floor, untracked against itself: {floor}"),
        format!(
            "{}, {} cores, {}; {}; {}",
            machine.processor,
            machine.cores,
            machine.system,
            toolchain.rustc,
            started.format("%Y-%m-%d")
        ),
    ];
    lines
        .into_iter()
        .zip([12.0, 30.0])
        .fold(Group::new(), |foot, (words, below)| foot.add(text(MARGIN, y + below, "small faint", words)))
}

/// The picture in words, for who cannot see it.
fn description(flights: &[Flight<'_>]) -> String {
    let of_flight = |flight: &Flight<'_>| {
        let rungs: Vec<String> =
            flight.rungs.iter().map(|cell| format!("{} {}", cell.tracking, overhead(cell))).collect();
        format!("{}: {}", flight.workload, rungs.join(", "))
    };
    flights.iter().map(of_flight).collect::<Vec<_>>().join("; ")
}
