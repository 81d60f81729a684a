//! The heatmap: allocations by time and size class.
//!
//! memscope 0.2 keeps no list of its hook's events with their times, only live allocations. So the counts are the
//! harness's.

use crate::report::chart::canvas::{ending, panel, rectangle, short, telling, text};
use crate::report::number::{bytes, grouped, short_count};
use crate::study::stress::chart::{HEAT_STEPS, Panel, panel_width, phases};
use crate::study::stress::{Phase, Record};
use crate::tracking::counting::{CLASS_LIMITS, CLASSES};
use svg::node::element::{Definitions, Group, Title, Use};

const TOP: f64 = 62.0;
const ROW: f64 = 19.0;
const HEIGHT: f64 = TOP + ROW * CLASSES as f64 + 50.0;
/// The number of slices of a phase in each column: tooltips for all of them would make the file too large.
const MERGED: usize = 3;

pub(super) fn draw(record: &Record) -> Panel {
    let columns: Vec<(usize, Vec<[u64; CLASSES]>)> = record.phases.iter().map(columns).enumerate().collect();
    let most = columns.iter().flat_map(|(_, columns)| columns.iter().flatten()).max().copied().unwrap_or(0);
    let scale = Heat { most };

    let about = "counted, by size and time; each phase in equal parts";
    let cell = rectangle(0.0, 0.0, column_width(record) - 1.0, ROW - 1.0, "").set("id", "cell");
    let mut drawing = panel(panel_width(), HEIGHT, "Memory Allocation Heatmap", about)
        .add(Definitions::new().add(cell))
        .add(scale.legend())
        .add(phases::bands(record, TOP, TOP + ROW * CLASSES as f64));
    for class in 0..CLASSES {
        drawing = drawing.add(ending(phases::LEFT - 10.0, row(class) + 13.5, "small faint", label(class)));
    }
    for (number, columns) in columns {
        drawing = drawing.add(cells(record, number, &columns, scale));
    }
    Panel { drawing, height: HEIGHT }
}

/// Returns a phase's counts, by column and class.
fn columns(phase: &Phase) -> Vec<[u64; CLASSES]> {
    let sum = |slices: &[crate::study::stress::Slice]| {
        std::array::from_fn(|class| slices.iter().map(|slice| slice.by_class[class]).sum())
    };
    phase.slices.chunks(MERGED).map(sum).collect()
}

/// Returns the upper edge of a class's row; large blocks are above small ones.
fn row(class: usize) -> f64 {
    TOP + ROW * (CLASSES - 1 - class) as f64
}

fn label(class: usize) -> String {
    match CLASS_LIMITS.get(class) {
        Some(&limit) => format!("≤ {}", bytes(limit as f64)),
        None => format!("> {}", bytes(CLASS_LIMITS[CLASSES - 2] as f64)),
    }
}

/// Returns the width of a column of a record whose phases all have their slices.
fn column_width(record: &Record) -> f64 {
    let columns = record.phases.first().map_or(1, |phase| phase.slices.len().div_ceil(MERGED).max(1));
    phases::width(record) / columns as f64
}

fn cells(record: &Record, number: usize, columns: &[[u64; CLASSES]], scale: Heat) -> Group {
    let name = record.phases[number].workload.name();
    let count = columns.len().max(1) as f64;
    let mut cells = Group::new().set("class", "cells");
    for (column, classes) in columns.iter().enumerate() {
        let x = phases::x(record, number, column as f64 / count);
        for (class, &allocations) in classes.iter().enumerate().filter(|&(_, &allocations)| allocations > 0) {
            let told = format!("{name}, {}: {}", label(class), grouped(allocations));
            let cell = Use::new().set("href", "#cell").set("x", short(x + 0.5)).set("y", short(row(class) + 0.5));
            cells = cells.add(cell.set("class", scale.class(allocations)).add(Title::new(told)));
        }
    }
    cells
}

/// A logarithmic colour scale.
#[derive(Clone, Copy)]
struct Heat {
    most: u64,
}

impl Heat {
    const CLASSES: [&str; HEAT_STEPS] = ["h0", "h1", "h2", "h3", "h4", "h5", "h6", "h7"];

    fn class(self, count: u64) -> &'static str {
        let part = (count as f64).ln() / (self.most.max(2) as f64).ln();
        Self::CLASSES[((part * HEAT_STEPS as f64) as usize).min(HEAT_STEPS - 1)]
    }

    /// Returns the minimum count of a step.
    fn least(self, step: usize) -> f64 {
        (self.most.max(2) as f64).powf(step as f64 / HEAT_STEPS as f64).ceil()
    }

    fn legend(self) -> Group {
        let width = 46.0;
        let left = phases::RIGHT - width * HEAT_STEPS as f64;
        let mut legend = telling(format!("from 1 to {} allocations, on a log scale", grouped(self.most))).add(ending(
            left - 10.0,
            30.0,
            "small faint",
            "allocations",
        ));
        for (step, class) in Self::CLASSES.iter().enumerate() {
            let x = left + step as f64 * width;
            legend = legend.add(rectangle(x, 18.0, width, 10.0, class)).add(text(
                x,
                42.0,
                "small faint",
                short_count(self.least(step)),
            ));
        }
        legend
    }
}
