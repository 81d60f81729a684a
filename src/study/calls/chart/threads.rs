//! Allocations and frees in a full heap: for each number of threads, one plot of allocations and one of frees. A plot
//! shows the quantiles of the times, on log scales.

use super::{MARGIN, legend, stroke};
use crate::report::chart::canvas::{centred, dot, ending, line, panel, short, telling, text};
use crate::report::number;
use crate::study::calls::latency::{Latencies, Latency, Operation, QUANTILES};
use crate::study::calls::summary::interval_or_step;
use svg::node::element::{Group, Polyline};

/// The room above the first row of plots, for the heading and the legend.
const TOP: f64 = 76.0;
/// The size of a plot's panel, and of the plot within it.
const PANEL: (f64, f64) = (450.0, 250.0);
const BETWEEN: f64 = 12.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 430.0;
const ABOVE: f64 = 44.0;
const BELOW: f64 = 218.0;

fn threads(latencies: &Latencies) -> Vec<usize> {
    let mut threads: Vec<usize> = latencies.measurements.iter().map(|measurement| measurement.threads).collect();
    threads.dedup();
    threads
}

/// Returns the height of the plots with their heading.
pub(super) fn height(latencies: &Latencies) -> f64 {
    TOP + threads(latencies).len() as f64 * (PANEL.1 + BETWEEN)
}

/// Draws the plots with their heading.
pub(super) fn draw(latencies: &Latencies) -> Group {
    let about = format!(
        "The time within which a share of all calls ends; blocks of 16 B to 4 KiB, {} held by each thread. Whiskers \
         are 95 % intervals.",
        number::grouped(latencies.held as u64)
    );
    let levels = latencies.measurements.iter().map(|measurement| measurement.level);
    let mut plots = Group::new()
        .add(text(MARGIN, 18.0, "heading", "An allocation and a free in a full heap"))
        .add(text(MARGIN, 38.0, "small faint", about))
        .add(legend(levels, Some("nothing: the cost of timing"), 57.0));
    let axis = Axis::of(latencies);
    for (row, &threads) in threads(latencies).iter().enumerate() {
        for (column, operation) in Operation::REPORTED.into_iter().enumerate() {
            let (x, y) = (MARGIN + column as f64 * (PANEL.0 + BETWEEN), TOP + row as f64 * (PANEL.1 + BETWEEN));
            let plot = axis.plot(latencies, operation, threads);
            plots = plots.add(plot.set("transform", format!("translate({} {})", short(x), short(y))));
        }
    }
    plots
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
                for estimate in (0..QUANTILES.len()).filter_map(|place| latencies.at(measurement, operation, place)) {
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
    fn plot(&self, latencies: &Latencies, operation: Operation, threads: usize) -> Group {
        let measurements = || latencies.measurements.iter().filter(|measurement| measurement.threads == threads);
        let heading = match threads {
            1 => format!("{}, 1 thread", operation.name()),
            threads => format!("{}, {threads} threads", operation.name()),
        };
        let mut plot = panel(PANEL.0, PANEL.1, &heading, "").add(self.grid());
        if let Some(first) = measurements().find(|measurement| measurement.failure.is_none()) {
            plot = plot.add(self.curve(latencies, first, Operation::Timing, "faint", "nothing"));
        }
        let mut failed = 0.0;
        for measurement in measurements() {
            match &measurement.failure {
                None => {
                    let (class, name) = (measurement.level.properties().time_class, measurement.level.to_string());
                    plot = plot.add(self.curve(latencies, measurement, operation, class, &name));
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

    fn curve(
        &self,
        latencies: &Latencies,
        measurement: &Latency,
        operation: Operation,
        class: &str,
        name: &str,
    ) -> Group {
        let at = |place| Some((place, latencies.at(measurement, operation, place)?));
        let figures: Vec<_> = (0..QUANTILES.len()).filter_map(at).collect();
        let points: Vec<String> = figures
            .iter()
            .map(|(place, estimate)| format!("{},{}", short(x(*place)), short(self.y(estimate.value))))
            .collect();
        let mut curve = Group::new()
            .add(Polyline::new().set("points", points.join(" ")).set("class", format!("line {}", stroke(class))));
        for (place, estimate) in figures {
            let x = x(place);
            let part = if place + 1 == QUANTILES.len() {
                "the slowest".to_owned()
            } else {
                format!("{} % within", QUANTILES[place] * 100.0)
            };
            curve = curve.add(
                telling(format!("{name}: {part} {}", interval_or_step(estimate, measurement.step_ns())))
                    .add(line(x, self.y(estimate.low), x, self.y(estimate.high), &stroke(class)))
                    .add(dot(x, self.y(estimate.value), 3.0, class)),
            );
        }
        curve
    }
}

/// Returns the position of a quantile: an equal step for each tenfold rarer call, with the maximum at the end.
fn x(place: usize) -> f64 {
    let rarity = |quantile: f64| -(1.0 - quantile).log10();
    let (first, last) = (rarity(QUANTILES[0]), rarity(QUANTILES[QUANTILES.len() - 2]) + 1.0);
    let at = if place + 1 == QUANTILES.len() { last } else { rarity(QUANTILES[place]) };
    LEFT + 14.0 + (at - first) / (last - first) * (RIGHT - LEFT - 28.0)
}

/// Describes the plots in words, for readers who cannot see them.
pub(super) fn description(latencies: &Latencies) -> String {
    let levels = latencies.measurements.iter().map(|measurement| {
        let figure = |place: usize| {
            let time = latencies.at(measurement, Operation::Allocating, place);
            time.map(|time| interval_or_step(time, measurement.step_ns()))
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
                let why = failure.as_ref().map_or("too few calls or processes".to_owned(), |failure| failure.label());
                format!("{} on {} threads: {why}", measurement.level, measurement.threads)
            }
        }
    });
    levels.collect::<Vec<_>>().join("; ")
}
