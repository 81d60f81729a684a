//! The memory analysis: the chart of a stress run, with one file for each panel.
//!
//! The panels are named as in the published suite, so that its readers recognise them. Every panel is drawn from the
//! run's record, and names the source of its figures: memscope, or the harness's counters.

mod dashboard;
mod fragmentation;
mod growth;
mod heatmap;
mod phases;
mod types;

use crate::report::chart::canvas::{ending, finished, sheet, text};
use crate::report::number::{grouped, time};
use crate::report::origin::Origin;
use crate::study::stress::Record;
use crate::study::stress::summary;
use svg::node::element::{Group, Style};

/// The chart's width, and the margin around its panels.
const WIDTH: f64 = 1_200.0;
const MARGIN: f64 = 20.0;
const HEAD: f64 = 104.0;
const FOOT: f64 = 64.0;

/// The colours of the heat scale, from few to many, in light and in dark.
const HEAT: &str = "
.h0 { --heat: #e1edfb; } .h1 { --heat: #bfd9f6; } .h2 { --heat: #92c0ee; } .h3 { --heat: #5ca1e3; }
.h4 { --heat: #2f7fd0; } .h5 { --heat: #1661ad; } .h6 { --heat: #0b4584; } .h7 { --heat: #062c58; }
@media (prefers-color-scheme: dark) {
.h0 { --heat: #13263f; } .h1 { --heat: #163962; } .h2 { --heat: #1a4e88; } .h3 { --heat: #2268b0; }
.h4 { --heat: #3a87d4; } .h5 { --heat: #66a9eb; } .h6 { --heat: #9accf8; } .h7 { --heat: #d4e9ff; }
}
use.h0, use.h1, use.h2, use.h3, use.h4, use.h5, use.h6, use.h7,
rect.h0, rect.h1, rect.h2, rect.h3, rect.h4, rect.h5, rect.h6, rect.h7 { fill: var(--heat); }
path.h0, path.h1, path.h2, path.h3, path.h4, path.h5, path.h6, path.h7 { stroke: var(--heat); stroke-width: 12; }
.ring { fill: none; stroke-width: 9; } .track { stroke: var(--none); }
.ring.good { fill: none; stroke: var(--good); } .ring.bad { fill: none; stroke: var(--bad); }
.ring.one { stroke: var(--one); }
.peak { stroke: var(--bad); stroke-dasharray: 5 4; }
.cells use:hover { stroke: var(--ink); stroke-width: 1.5; }
";

/// The steps of the heat scale.
const HEAT_STEPS: usize = 8;

/// A panel: its drawing, with the origin at the upper left corner, and its height.
struct Panel {
    drawing: Group,
    height: f64,
}

/// Draws the record.
pub fn draw(record: &Record) -> String {
    let panels = [
        dashboard::draw(record),
        heatmap::draw(record),
        growth::draw(record),
        types::draw(record),
        fragmentation::draw(record),
    ];
    let height = HEAD + panels.iter().map(|panel| panel.height + MARGIN).sum::<f64>() + FOOT;
    let title = format!(
        "Memory analysis of a stress run under {} {}",
        record.origin.memscope.name, record.origin.memscope.version
    );
    let mut picture =
        sheet(WIDTH, height, &title, &description(record)).add(Style::new(HEAT)).add(head(record, &title));
    let mut y = HEAD;
    for Panel { drawing, height } in panels {
        picture = picture.add(drawing.set("transform", format!("translate({MARGIN} {y})")));
        y += height + MARGIN;
    }
    finished(&picture.add(foot(record, y)))
}

/// Returns the width of a panel.
fn panel_width() -> f64 {
    WIDTH - 2.0 * MARGIN
}

fn head(record: &Record, title: &str) -> Group {
    let run = format!(
        "{}, under full tracking at scale {}: {} allocations in {}.",
        match record.phases.len() {
            1 => "One workload".to_owned(),
            all => format!("{all} workloads, one after the other"),
        },
        record.scale,
        grouped(record.truth.allocations),
        time(record.duration_ns as f64)
    );
    let whose = "Figures marked memscope come from its tracker; the harness's own allocator counts the others.";
    Group::new().add(text(MARGIN + 4.0, 42.0, "title", title)).add(text(MARGIN + 4.0, 66.0, "faint", run)).add(text(
        MARGIN + 4.0,
        86.0,
        "faint",
        whose,
    ))
}

fn foot(record: &Record, y: f64) -> Group {
    let Origin { machine, toolchain, memscope, started, .. } = &record.origin;
    let made = format!("memscope-bench, {}", started.format("%Y-%m-%d %H:%M UTC"));
    let on = format!(
        "{memscope}; {}, {} cores, {}; {} threads per pool; {}; {}",
        machine.processor, machine.cores, machine.system, record.threads, toolchain.rustc, toolchain.allocator
    );
    Group::new()
        .add(text(MARGIN + 4.0, y + 14.0, "small faint", on))
        .add(text(
            MARGIN + 4.0,
            y + 32.0,
            "small faint",
            "Hover over a gauge, a cell, a bar or a strip for its exact figures.",
        ))
        .add(ending(WIDTH - MARGIN - 4.0, y + 32.0, "small faint", made))
}

/// Describes the chart in words, for readers who cannot see it.
fn description(record: &Record) -> String {
    let figures = summary::figures(record).map(|figure| {
        format!(
            "{}: {} by memscope, {} counted",
            figure.name,
            figure.text(figure.recorded),
            figure.text(figure.counted)
        )
    });
    let phases = record.phases.iter().map(|phase| {
        let took = time((phase.ended_ns - phase.began_ns) as f64);
        format!("{}: {} allocations in {took}", phase.workload, grouped(phase.truth.allocations))
    });
    format!("{}. Phases: {}.", figures.join("; "), phases.collect::<Vec<_>>().join("; "))
}
