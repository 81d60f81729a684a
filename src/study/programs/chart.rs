//! The chart: for each level the overhead over the rate of its events, both on log scales, with the curve, its
//! prediction band, and each workload by its name.

use super::Programs;
use super::curve::{Curve, Point};
use crate::platform::list::each_once;
use crate::report::chart::axis::part;
use crate::report::chart::canvas::{
    centred, dot, ending, finished, line, panel, sheet, short, small_print, telling, text, where_and_when,
};
use crate::report::chart::labels::{Label, placed};
use crate::report::number;
use crate::stats::estimate::Estimate;
use svg::node::element::{Group, Polygon, Polyline};

const WIDTH: f64 = 960.0;
const TOP: f64 = 106.0;
/// The size of a panel, and the plot within it.
const PANEL: (f64, f64) = (912.0, 420.0);
const BETWEEN: f64 = 14.0;
const LEFT: f64 = 74.0;
const RIGHT: f64 = 890.0;
const ABOVE: f64 = 48.0;
const BELOW: f64 = 366.0;
/// The average width of a letter of a label.
const LETTER: f64 = 6.3;

/// Draws the programs.
pub fn draw(programs: &Programs) -> String {
    let curves = programs.curves();
    let height = TOP + curves.len() as f64 * (PANEL.1 + BETWEEN) + 48.0;
    let title = "What tracking costs, by how often a program allocates";
    let about = "CPU time that tracking adds, by how often a program has events. In 95 % of cases, another program \
                 lies within the band.";
    let mut picture = sheet(WIDTH, height, title, &description(&curves))
        .add(text(24.0, 42.0, "title", title))
        .add(text(24.0, 66.0, "faint", about))
        .add(legend());
    for (row, curve) in curves.iter().enumerate() {
        let y = TOP + row as f64 * (PANEL.1 + BETWEEN);
        picture = picture.add(plot(curve).set("transform", format!("translate(24 {})", short(y))));
    }
    if curves.is_empty() {
        picture = picture.add(text(24.0, TOP + 12.0, "small bad", "no level has a curve"));
    }
    let mut pairs = each_once(programs.measurements.iter().map(|measurement| measurement.pairs.len()));
    pairs.sort_unstable();
    let pairs = match pairs.as_slice() {
        [fewest, .., most] => format!("{fewest} to {most} pairs"),
        [all] => format!("{all} pairs"),
        [] => "no pairs".to_owned(),
    };
    let measured = format!("{}; {pairs} per figure", programs.origin.memscope);
    finished(&picture.add(small_print([(height - 30.0, measured), (height - 12.0, where_and_when(&programs.origin))])))
}

fn legend() -> Group {
    let entries = [("dot", "a real program"), ("ring", "a stress workload")];
    let mut x = 24.0;
    let legend = entries.into_iter().fold(Group::new(), |legend, (mark, words)| {
        let entry =
            legend.add(dot(x + 5.0, 89.0, 5.0, &format!("faint {mark}"))).add(text(x + 16.0, 93.5, "small", words));
        x += 46.0 + words.len() as f64 * LETTER;
        entry
    });
    let limit = "A line down to the axis: not significant, and at most this much.";
    legend.add(text(x, 93.5, "small faint", limit))
}

/// Draws the plot of a curve.
fn plot(curve: &Curve) -> Group {
    let axes = Axes::of(curve);
    let class = curve.level.properties().class;
    let heading = format!("{}: {}", curve.level, curve.level.about());
    let plot = panel(PANEL.0, PANEL.1, &heading, "").add(axes.grid(curve)).add(axes.band(curve, class));
    let places: Vec<(f64, f64, f64)> = curve
        .points
        .iter()
        .map(|point| (axes.x(point.rate), axes.y(point.added()), point.workload.name().len() as f64 * LETTER))
        .collect();
    let labels = placed(&places, (LEFT, ABOVE, RIGHT, BELOW));
    let points = curve.points.iter().zip(places).zip(labels);
    points.fold(plot, |plot, ((point, (x, y, _)), label)| plot.add(axes.point(point, (x, y), label, class)))
}

/// The axes of a plot.
struct Axes {
    rates: (f64, f64),
    added: (f64, f64),
}

impl Axes {
    /// Returns the axes that fit all points.
    fn of(curve: &Curve) -> Self {
        let range = |values: &dyn Fn(&Point) -> f64| {
            let values = || curve.points.iter().map(values);
            (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max))
        };
        let ((slowest, fastest), (least, greatest)) = (range(&|point| point.rate), range(&Point::added));
        Self { rates: (slowest / 2.0, fastest * 2.0), added: (least / 2.0, greatest * 2.0) }
    }

    fn x(&self, rate: f64) -> f64 {
        LEFT + part(rate, self.rates) * (RIGHT - LEFT)
    }

    fn y(&self, added: f64) -> f64 {
        BELOW - part(added, self.added) * (BELOW - ABOVE)
    }

    fn grid(&self, curve: &Curve) -> Group {
        let within = |value: f64, range: (f64, f64)| (range.0..=range.1).contains(&value);
        let tens = || (-4..8).map(|power| 10_f64.powi(power));
        let mut grid = Group::new();
        for added in tens().filter(|&added| within(added, self.added)) {
            let y = self.y(added);
            let label = if added < 1.0 {
                format!("+{} %", number::short_count(added * 100.0))
            } else {
                format!("×{}", number::short_count(1.0 + added))
            };
            grid = grid.add(line(LEFT, y, RIGHT, y, "rule")).add(ending(LEFT - 8.0, y + 4.0, "small faint", label));
        }
        for rate in tens().filter(|&rate| within(rate, self.rates)) {
            let x = self.x(rate);
            let label = number::short_count(rate);
            grid = grid.add(line(x, ABOVE, x, BELOW, "rule")).add(centred(x, BELOW + 18.0, "small faint", label));
        }
        let axis = format!("{} per millisecond", curve.events.name());
        grid.add(ending(RIGHT, BELOW + 36.0, "small faint", axis))
    }

    /// Draws the curve and the band around it.
    fn band(&self, curve: &Curve, class: &str) -> Group {
        /// The number of points of the curve, so that it is straight up to the edge of the plot.
        const STEPS: u32 = 96;
        let ratio = (self.rates.1 / self.rates.0).powf(f64::from(STEPS).recip());
        let rates: Vec<f64> = (0..=STEPS).map(|step| self.rates.0 * ratio.powf(f64::from(step))).collect();
        let point = |rate: f64, added: f64| format!("{},{}", short(self.x(rate)), short(self.y(added)));
        let points = |of: &dyn Fn(Estimate) -> f64| -> Vec<String> {
            rates.iter().map(|&rate| point(rate, of(curve.at(rate)) - 1.0)).collect()
        };
        let within = |&(_, added): &(f64, f64)| (self.added.0..=self.added.1).contains(&added);
        let middle = rates.iter().map(|&rate| (rate, curve.at(rate).value - 1.0)).filter(within);
        let middle: Vec<String> = middle.map(|(rate, added)| point(rate, added)).collect();
        let mut edge = points(&|at| at.high);
        edge.extend(points(&|at| at.low).into_iter().rev());
        Group::new()
            .add(Polygon::new().set("points", edge.join(" ")).set("class", format!("{class} area")))
            .add(Polyline::new().set("points", middle.join(" ")).set("class", format!("line {class}")))
    }

    /// Draws a workload: its overhead with the interval, or its limit, and its name.
    fn point(&self, point: &Point, (x, y): (f64, f64), label: Label, class: &str) -> Group {
        let Point { workload, rate, overhead, lies_within } = *point;
        let mark = if workload.is_program() { class.to_owned() } else { format!("{class} ring") };
        let bottom = if point.is_significant() { self.y(overhead.low - 1.0) } else { BELOW };
        let words = if lies_within == Some(false) { "small bad" } else { "small" };
        let held_out = match lies_within {
            Some(true) => "within the curve of the others",
            Some(false) => "outside the curve of the others",
            None => "too few others for a curve",
        };
        let told = format!("{workload}, {}: {}\n{held_out}", number::amount(rate), number::overhead(overhead));
        let told = telling(told)
            .add(line(x, self.y(overhead.high - 1.0), x, bottom, &format!("whisker {class}")))
            .add(dot(x, y, 5.0, &mark))
            .add(text(label.at.0, label.at.1, words, workload.name()));
        match label.leader {
            Some([from, to]) => told.add(line(from.0, from.1, to.0, to.1, "ring faint")),
            None => told,
        }
    }
}

/// Describes the chart in words, for readers who cannot see it.
fn description(curves: &[Curve]) -> String {
    let of = |curve: &Curve| {
        let points = curve.points.iter();
        let points: Vec<String> = points
            .map(|Point { workload, rate, overhead, .. }| {
                format!("{workload} at {}: {}", number::amount(*rate), number::overhead(*overhead))
            })
            .collect();
        format!("{} by {} per millisecond: {}", curve.level, curve.events.name(), points.join(", "))
    };
    curves.iter().map(of).collect::<Vec<_>>().join("; ")
}
