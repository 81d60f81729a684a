//! The dashboard: a gauge for each of the run's six figures, with memscope's value next to the counted one.

use crate::report::chart::canvas::{centred, panel, short, telling, text};
use crate::report::number::{bytes, fidelity, grouped};
use crate::study::stress::Record;
use crate::study::stress::chart::{Panel, panel_width};
use crate::study::stress::summary::{Figure, figures};
use std::f64::consts::TAU;
use svg::node::element::{Circle, Group};

const HEIGHT: f64 = 246.0;
const RADIUS: f64 = 52.0;
/// The relative distance within which a recorded figure equals the counted one.
const SAME: f64 = 0.001;

pub(super) fn draw(record: &Record) -> Panel {
    let figures = figures(record);
    let about =
        "A ring shows the share of the counted events that memscope recorded; for the efficiency, the figure itself.";
    let mut drawing = panel(panel_width(), HEIGHT, "Performance Dashboard", about);
    let step = panel_width() / figures.len() as f64;
    for (number, figure) in figures.iter().enumerate() {
        drawing = drawing.add(gauge(figure, (number as f64 + 0.5) * step));
    }
    let own = format!(
        "Live at the end: {} deliberate leaks of {}; the rest is what memscope keeps of the {} named variables. {} of \
         all allocations are memscope's own.",
        grouped(record.leaked_allocations),
        bytes(record.leaked_bytes as f64),
        grouped(record.variables),
        grouped(record.of_tracker.allocations)
    );
    Panel { drawing: drawing.add(text(20.0, HEIGHT - 16.0, "small faint", own)), height: HEIGHT }
}

fn gauge(figure: &Figure, x: f64) -> Group {
    let y = 106.0;
    let is_part = figure.name == "Efficiency";
    let part = if is_part { figure.recorded } else { figure.ratio() };
    let class = match figure.ratio() {
        Some(ratio) if (ratio - 1.0).abs() <= SAME => "ring good",
        Some(_) => "ring bad",
        None => "ring track",
    };
    let around = TAU * RADIUS;
    let shown = part.unwrap_or(0.0).clamp(0.0, 1.0) * around;
    let ring = |class: &str| Circle::new().set("cx", short(x)).set("cy", y).set("r", RADIUS).set("class", class);
    telling(format!(
        "{}\nmemscope: {}\ncounted: {}\nrecorded ÷ counted: {}",
        figure.name,
        figure.text(figure.recorded),
        figure.text(figure.counted),
        fidelity(figure.ratio())
    ))
    .add(ring("ring track"))
    .add(
        ring(class)
            .set("stroke-dasharray", format!("{shown:.1} {around:.1}"))
            .set("transform", format!("rotate(-90 {} {y})", short(x))),
    )
    .add(centred(x, y + 4.0, "strong", figure.text(figure.recorded)))
    .add(centred(x, y + 20.0, "small faint", "memscope"))
    .add(centred(x, y + RADIUS + 24.0, "strong", figure.name))
    .add(centred(x, y + RADIUS + 41.0, "small faint", format!("counted {}", figure.text(figure.counted))))
}
