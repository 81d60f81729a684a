//! The picture of the latencies: for each number of threads, one plot of allocations and one of frees. A plot shows
//! the time that a part of all calls stays within over that part, both on log scales.

use crate::report::chart::canvas::{
    centred, dot, ending, finished, line, panel, sheet, short, small_print, telling, text, where_and_when,
};
use crate::report::number;
use crate::report::origin::Origin;
use crate::study::latency::summary;
use crate::study::latency::{Latencies, Latency, Operation, QUANTILES};
use crate::tracking::Level;
use svg::node::element::{Group, Polyline};

const WIDTH: f64 = 960.0;
const TOP: f64 = 112.0;
/// The size of a plot's panel, and of the plot within it.
const PANEL: (f64, f64) = (450.0, 250.0);
const BETWEEN: f64 = 12.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 430.0;
const ABOVE: f64 = 44.0;
const BELOW: f64 = 218.0;

/// Draws the latencies.
pub fn draw(latencies: &Latencies) -> String {
    let mut threads: Vec<usize> = latencies.measurements.iter().map(|measurement| measurement.threads).collect();
    threads.dedup();
    let height = TOP + threads.len() as f64 * (PANEL.1 + BETWEEN) + 58.0;
    let Origin { memscope, .. } = &latencies.origin;
    let title = format!("How long an allocation takes under {} {}", memscope.name, memscope.version);
    let axis = Axis::of(latencies);
    let mut picture = sheet(WIDTH, height, &title, &description(latencies))
        .add(text(24.0, 42.0, "title", title.clone()))
        .add(text(
            24.0,
            66.0,
            "faint",
            "The time that a part of all calls stays within. Medians over processes; whiskers are 95 % intervals.",
        ))
        .add(legend(latencies));
    for (row, &threads) in threads.iter().enumerate() {
        for (column, operation) in Operation::TOLD.into_iter().enumerate() {
            let (x, y) = (24.0 + column as f64 * (PANEL.0 + BETWEEN), TOP + row as f64 * (PANEL.1 + BETWEEN));
            let measurements: Vec<&Latency> =
                latencies.measurements.iter().filter(|measurement| measurement.threads == threads).collect();
            let plot = axis.plot(&measurements, operation, threads);
            picture = picture.add(plot.set("transform", format!("translate({} {})", short(x), short(y))));
        }
    }
    finished(&picture.add(foot(latencies, height)))
}

fn legend(latencies: &Latencies) -> Group {
    let mut legend = Group::new();
    let mut x = 24.0;
    let mut levels: Vec<Level> = Vec::new();
    for measurement in &latencies.measurements {
        if !levels.contains(&measurement.level) {
            levels.push(measurement.level);
        }
    }
    let told = levels.iter().map(|&level| match level.has_hook() {
        true => (format!("{level}: {}", level.about()), level.properties().time_class),
        false => (level.to_string(), level.properties().time_class),
    });
    for (words, class) in told.chain([("nothing at all: what timing takes".to_owned(), "faint")]) {
        legend = legend.add(dot(x + 5.0, 89.0, 5.0, class)).add(text(x + 16.0, 93.5, "small", words.clone()));
        x += 40.0 + words.len() as f64 * 6.3;
    }
    legend
}

/// The axis of times, which all plots share.
struct Axis {
    least: f64,
    greatest: f64,
}

impl Axis {
    fn of(latencies: &Latencies) -> Self {
        let mut axis = Self { least: f64::INFINITY, greatest: 100.0 };
        for measurement in &latencies.measurements {
            for operation in [Operation::Allocating, Operation::Freeing, Operation::Timing] {
                for estimate in (0..QUANTILES.len()).filter_map(|place| measurement.at(operation, place)) {
                    axis.least = axis.least.min(estimate.low.max(1.0));
                    axis.greatest = axis.greatest.max(estimate.high);
                }
            }
        }
        Self { least: axis.least.min(50.0) * 0.8, greatest: axis.greatest * 1.3 }
    }

    fn y(&self, nanoseconds: f64) -> f64 {
        let part = (nanoseconds.max(self.least) / self.least).ln() / (self.greatest / self.least).ln();
        BELOW - part * (BELOW - ABOVE)
    }

    /// Draws one plot: an operation on a number of threads.
    fn plot(&self, measurements: &[&Latency], operation: Operation, threads: usize) -> Group {
        let heading = match threads {
            1 => format!("{}, 1 thread", operation.name()),
            threads => format!("{}, {threads} threads", operation.name()),
        };
        let mut plot = panel(PANEL.0, PANEL.1, &heading, "").add(self.grid());
        if let Some(first) = measurements.iter().find(|measurement| measurement.failure.is_none()) {
            plot = plot.add(self.curve(first, Operation::Timing, "faint", "nothing"));
        }
        let mut failed = 0.0;
        for measurement in measurements {
            match &measurement.failure {
                None => {
                    plot = plot.add(self.curve(
                        measurement,
                        operation,
                        measurement.level.properties().time_class,
                        &measurement.level.to_string(),
                    ))
                }
                Some(failure) => {
                    let words = format!("{}: {}", measurement.level, failure.label());
                    plot = plot.add(ending(RIGHT, 30.0 + failed, "small bad", words));
                    failed += 15.0;
                }
            }
        }
        plot
    }

    fn grid(&self) -> Group {
        let mut grid = Group::new();
        for power in 0..11 {
            let time = 10_f64.powi(power);
            if (self.least..=self.greatest).contains(&time) {
                let y = self.y(time);
                grid = grid.add(line(LEFT, y, RIGHT, y, "rule")).add(ending(
                    LEFT - 8.0,
                    y + 4.0,
                    "small faint",
                    number::time(time),
                ));
            }
        }
        for (place, &quantile) in QUANTILES.iter().enumerate() {
            let label = match quantile {
                1.0 => "max".to_owned(),
                0.5 | 0.9 | 0.99 | 0.999 | 0.9999 | 0.99999 => format!("{}", (quantile * 1e7).round() / 1e5),
                _ => continue,
            };
            let label = if quantile == 1.0 { label } else { format!("{label} %") };
            grid = grid.add(centred(x(place), BELOW + 18.0, "small faint", label));
        }
        grid
    }

    fn curve(&self, measurement: &Latency, operation: Operation, class: &str, name: &str) -> Group {
        let figures: Vec<_> =
            (0..QUANTILES.len()).filter_map(|place| Some((place, measurement.at(operation, place)?))).collect();
        let points: Vec<String> = figures
            .iter()
            .map(|(place, estimate)| format!("{},{}", short(x(*place)), short(self.y(estimate.value))))
            .collect();
        let stroke = if class == "faint" { "whisker faint" } else { class };
        let mut curve =
            Group::new().add(Polyline::new().set("points", points.join(" ")).set("class", format!("line {stroke}")));
        for (place, estimate) in figures {
            let x = x(place);
            let part = if place + 1 == QUANTILES.len() {
                "the slowest".to_owned()
            } else {
                format!("{} % within", QUANTILES[place] * 100.0)
            };
            curve = curve.add(
                telling(format!("{name}: {part} {}", summary::told(estimate, measurement.step_ns())))
                    .add(line(x, self.y(estimate.low), x, self.y(estimate.high), &format!("whisker {class}")))
                    .add(dot(x, self.y(estimate.value), 3.0, class)),
            );
        }
        curve
    }
}

/// Returns the place of a quantile: an equal step for each tenfold rarer call, with the maximum at the end.
fn x(place: usize) -> f64 {
    let rarity = |quantile: f64| -(1.0 - quantile).log10();
    let (first, last) = (rarity(QUANTILES[0]), rarity(QUANTILES[QUANTILES.len() - 2]) + 1.0);
    let at = if place + 1 == QUANTILES.len() { last } else { rarity(QUANTILES[place]) };
    LEFT + 14.0 + (at - first) / (last - first) * (RIGHT - LEFT - 28.0)
}

fn foot(latencies: &Latencies, height: f64) -> Group {
    let origin = &latencies.origin;
    let processes = latencies.measurements.iter().map(|measurement| measurement.processes.len()).max().unwrap_or(0);
    let measured = format!(
        "{}; up to {processes} processes a figure; blocks of 16 B to 4 KiB, {} held by each thread",
        origin.memscope,
        number::grouped(latencies.held as u64)
    );
    small_print([(height - 36.0, measured), (height - 18.0, where_and_when(origin))])
}

/// Describes the picture in words, for readers who cannot see it.
fn description(latencies: &Latencies) -> String {
    let told = latencies.measurements.iter().map(|measurement| {
        let figure = |place: usize| {
            measurement.at(Operation::Allocating, place).map(|time| summary::told(time, measurement.step_ns()))
        };
        match (&measurement.failure, figure(0), figure(QUANTILES.len() - 1)) {
            (None, Some(median), Some(slowest)) => {
                format!(
                    "{} on {} threads: half of all allocations within {median}, all of {} within {slowest}",
                    measurement.level,
                    measurement.threads,
                    number::grouped(latencies.calls(measurement.threads))
                )
            }
            (failure, ..) => {
                let why = failure.as_ref().map_or("too few processes".to_owned(), |failure| failure.label());
                format!("{} on {} threads: {why}", measurement.level, measurement.threads)
            }
        }
    });
    told.collect::<Vec<_>>().join("; ")
}
