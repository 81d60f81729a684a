//! The picture of the validation: the distance of the shown overhead from the true one, by workload and overhead.

use crate::report::chart::canvas::{centred, dot, ending, finished, line, panel, rectangle, sheet, telling, text};
use crate::study::validation::summary::{aim, results, runs, signed, told_bias};
use crate::study::validation::{Run, Seen, Setting, TARGETS, Validation};
use crate::workloads::{Workload, registered};
use svg::node::element::Group;

const WIDTH: f64 = 1_000.0;
const MARGIN: f64 = 20.0;
const HEAD: f64 = 92.0;
const LEFT: f64 = 140.0;
const RIGHT: f64 = 930.0;
const TOP: f64 = 66.0;
const ROW: f64 = 32.0;
/// The room below the plot, for the axis and the lines of the summary.
const FOOT: f64 = 164.0;
/// The distance of the marks of wall time and CPU time from the middle of a row, above and below.
const APART: f64 = 6.0;
/// The names of the two times in the marks' tooltips.
const CLOCK: &str = "clock";
const PROCESSOR: &str = "processor's time";

/// Draws the validation.
pub fn draw(validation: &Validation) -> String {
    let panels: Vec<(f64, Group)> =
        runs(validation).into_iter().map(|(title, run, goal)| of_run(title, run, goal)).collect();
    let height = HEAD + panels.iter().map(|(height, _)| height + MARGIN).sum::<f64>();
    let told: Vec<String> = runs(validation)
        .into_iter()
        .map(|(title, run, goal)| {
            let results: Vec<String> = results(run, goal).iter().map(ToString::to_string).collect();
            format!("{title}: {}", results.join(" "))
        })
        .collect();
    let about = "What pairs of processes show of a tracker of known cost, less its true cost, in percent of the \
     untracked time.";
    let mut picture = sheet(WIDTH, height, "Is the instrument right?", &told.join(" "))
        .add(text(MARGIN + 4.0, 42.0, "title", "Is the instrument right?"))
        .add(text(MARGIN + 4.0, 66.0, "faint", about));
    let mut y = HEAD;
    for (height, panel) in panels {
        picture = picture.add(panel.set("transform", format!("translate({MARGIN} {y})")));
        y += height + MARGIN;
    }
    finished(&picture)
}

fn of_run(title: &str, run: &Run, goal: f64) -> (f64, Group) {
    let workloads: Vec<Workload> = registered()
        .iter()
        .copied()
        .filter(|&name| run.settings.iter().any(|setting| setting.workload == name))
        .collect();
    let bottom = TOP + ROW * workloads.len() as f64;
    let height = bottom + FOOT;
    let biases = run.settings.iter().flat_map(|setting| [&setting.wall, &setting.cpu]);
    let reach = biases.map(|seen| seen.bias_percent().value.abs()).fold(2.0 * goal, f64::max) * 1.1;
    let x = |percent: f64| (LEFT + RIGHT) / 2.0 + percent / reach * (RIGHT - LEFT) / 2.0;

    let about = format!(
        "from small to large: overheads of none, +1, +3, +10, +100 and +400 %; dots by wall time, rings by CPU \
         time; the band is ±{goal} %"
    );
    let mut drawing = panel(WIDTH - 2.0 * MARGIN, height, title, &about)
        .add(rectangle(x(-goal), TOP, x(goal) - x(-goal), bottom - TOP, "good area"))
        .add(line(x(0.0), TOP, x(0.0), bottom, "rule"));
    for part in [-1.0, -0.5, 0.0, 0.5, 1.0] {
        let percent = part * reach / 1.1;
        drawing = drawing.add(centred(x(percent), bottom + 18.0, "small faint", format!("{} %", signed(percent))));
    }
    for (row, &workload) in workloads.iter().enumerate() {
        let y = TOP + ROW * (row as f64 + 0.5);
        drawing = drawing.add(ending(LEFT - 14.0, y + 4.0, "", workload.name())).add(line(LEFT, y, RIGHT, y, "rule"));
        for setting in run.settings.iter().filter(|setting| setting.workload == workload) {
            for (seen, clock, y) in [(&setting.cpu, PROCESSOR, y + APART), (&setting.wall, CLOCK, y - APART)] {
                drawing = drawing.add(mark(setting, seen, clock, x(seen.bias_percent().value), y));
            }
        }
    }
    // Labels show wall time alone: both would be wider than the picture, and the rings show the other.
    for (number, result) in results(run, goal).into_iter().enumerate() {
        let words = format!("{}: {}", result.name, result.wall);
        drawing = drawing.add(text(20.0, bottom + 48.0 + 18.0 * number as f64, "small", words));
    }
    (height, drawing)
}

/// Draws the mark of one time of a setting: its distance from the truth.
fn mark(setting: &Setting, seen: &Seen, clock: &str, x: f64, y: f64) -> Group {
    let size = TARGETS.iter().position(|&target| target == setting.target_percent).unwrap_or(0);
    let colour = ["faint", "one", "one", "one", "two", "three"][size];
    let shape = if clock == CLOCK { "dot" } else { "ring" };
    let told = format!(
        "{}, {}, by the {clock}: bias {}, {} pairs, covered {} of {}",
        setting.workload,
        aim(setting),
        told_bias(&seen.bias_percent()),
        seen.ratios.len(),
        seen.coverage.covered,
        seen.coverage.blocks
    );
    telling(told).add(dot(x, y, 3.0 + size as f64, &format!("{colour} {shape}")))
}
