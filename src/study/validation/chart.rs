//! The chart of the validation: each figure of a run as a share with its interval, and its target.

use super::figures::{self, Figure};
use super::summary::{clock, percent, target, verdict};
use super::{KeptRun, Run, Validation};
use crate::report::chart::canvas::{
    centred, dot, ending, finished, line, panel, rectangle, sheet, small_print, telling, text, where_and_when,
};
use crate::schedule::measurement::Clock;
use crate::stats::target::Verdict;
use crate::study::validation::figures::Circumstances;
use svg::node::element::Group;

const WIDTH: f64 = 1_000.0;
const MARGIN: f64 = 20.0;
const HEAD: f64 = 92.0;
const LEFT: f64 = 250.0;
const RIGHT: f64 = 700.0;
const TOP: f64 = 56.0;
const ROW: f64 = 34.0;
/// The space below the rows, for the axis and the origin.
const FOOT: f64 = 58.0;
/// The offset of the marks of wall time and CPU time from the middle of a row, above and below.
const APART: f64 = 7.0;

/// Draws the runs of the present definition; `None` if there are none.
pub(super) fn draw(validation: &Validation) -> Option<String> {
    let runs: Vec<(Circumstances, &Run)> =
        validation.runs().filter_map(|(circumstances, run)| Some((circumstances, KeptRun::present(run)?))).collect();
    let panels: Vec<(f64, Group)> = runs.iter().map(|&(circumstances, run)| of_run(circumstances, run)).collect();
    if panels.is_empty() {
        return None;
    }
    let height = HEAD + panels.iter().map(|(height, _)| height + MARGIN).sum::<f64>();
    let figures = runs.iter().flat_map(|&(circumstances, run)| {
        let title = circumstances.title();
        let words =
            move |figure: &Figure| format!("{title}, {} by {}: {}.", figure.name, clock(figure.clock), percent(figure));
        figures::figures(circumstances, run).iter().map(words).collect::<Vec<_>>()
    });
    let about = "How often an interval contains the true overhead, equal builds seem to differ, and a slower one is \
     found: trackers of known cost.";
    let mut picture = sheet(WIDTH, height, "Is the instrument right?", &figures.collect::<Vec<_>>().join(" "))
        .add(text(MARGIN + 4.0, 42.0, "title", "Is the instrument right?"))
        .add(text(MARGIN + 4.0, 66.0, "faint", about));
    let mut y = HEAD;
    for (height, panel) in panels {
        picture = picture.add(panel.set("transform", format!("translate({MARGIN} {y})")));
        y += height + MARGIN;
    }
    Some(finished(&picture))
}

fn of_run(circumstances: Circumstances, run: &Run) -> (f64, Group) {
    let figures = figures::figures(circumstances, run);
    let rows: Vec<(&Figure, &Figure)> = {
        let (wall, cpu) = figures.split_at(figures.len() / 2);
        wall.iter().zip(cpu).filter(|(wall, cpu)| wall.share.of + cpu.share.of > 0).collect()
    };
    let bottom = TOP + ROW * rows.len() as f64;
    let about = "dots by wall time, rings by CPU time, each with its 95 % interval; a short line is a target: green if \
                 reached, red if missed";
    let mut drawing = panel(WIDTH - 2.0 * MARGIN, bottom + FOOT, circumstances.title(), about);
    for tick in [0.0, 20.0, 40.0, 60.0, 80.0, 100.0] {
        drawing = drawing.add(line(x(tick), TOP, x(tick), bottom, "rule")).add(centred(
            x(tick),
            bottom + 17.0,
            "small faint",
            format!("{tick} %"),
        ));
    }
    for (number, &(wall, cpu)) in rows.iter().enumerate() {
        let y = TOP + ROW * (number as f64 + 0.5);
        drawing = drawing
            .add(ending(LEFT - 14.0, y + 4.0, "", wall.name.replace('`', "")))
            .add(mark(wall, y - APART))
            .add(mark(cpu, y + APART))
            .add(text(RIGHT + 24.0, y - APART + 4.0, "small", label(wall)))
            .add(text(RIGHT + 24.0, y + APART + 4.0, "small faint", label(cpu)));
    }
    (bottom + FOOT, drawing.add(small_print([(bottom + 40.0, where_and_when(&run.origin))])))
}

/// Returns the position of a share in percent.
fn x(percent: f64) -> f64 {
    LEFT + (RIGHT - LEFT) * percent.clamp(0.0, 100.0) / 100.0
}

/// Returns the label of a mark.
fn label(figure: &Figure) -> String {
    if figure.share.of == 0 {
        return String::new();
    }
    let verdict = verdict(figure).map(|verdict| format!(": {verdict}")).unwrap_or_default();
    format!("{}{verdict}", percent(figure))
}

/// Draws a figure by one clock, with its target.
fn mark(figure: &Figure, y: f64) -> Group {
    let Some(share) = figure.share.percent() else { return Group::new() };
    let colour = match figure.verdict() {
        None | Some(Verdict::NotShown) => "one",
        Some(Verdict::Reached) => "good",
        Some(Verdict::Missed) => "bad",
    };
    let to_reach = target(figure).map(|target| format!("; to reach: {target}")).unwrap_or_default();
    let words = format!(
        "{}, by {}: {} of {} {}, {}{to_reach}",
        figure.name,
        clock(figure.clock),
        figure.share.part,
        figure.share.of,
        figure.cases,
        percent(figure)
    );
    let shape = if figure.clock == Clock::Wall { "dot" } else { "ring" };
    let mut drawing = telling(words).add(line(x(share.low), y, x(share.high), y, "whisker faint"));
    if let Some(target) = figure.target {
        drawing = drawing.add(rectangle(x(target.percent) - 1.0, y - 6.0, 2.0, 12.0, colour));
    }
    drawing.add(dot(x(share.value), y, 5.0, &format!("{colour} {shape}")))
}
