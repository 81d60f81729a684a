//! The chart of the trackers: a chart for each workload, a lane for each tracker from the fastest to the slowest,
//! intervals as whiskers, on one log scale. memscope's levels have the same colours as in all charts; the other
//! trackers have none.

use crate::report::chart::axis::RatioAxis;
use crate::report::chart::canvas::{
    dot, ending, finished, rectangle, sheet, small_print, telling, text, where_and_when,
};
use crate::report::chart::words::{LETTER, SMALL_LETTER, clipped};
use crate::report::number;
use crate::schedule::measurement::Measurement;
use crate::study::overhead;
use crate::study::overhead::record::Results;
use crate::study::trackers::summary::{heading, overhead, takes_note};
use crate::study::trackers::{Ranking, Trackers};
use crate::tracking::{Level, RecordingKind};
use std::collections::HashSet;
use svg::node::element::Group;

const WIDTH: f64 = 960.0;
const MARGIN: f64 = 24.0;
/// The left and right ends of the plots; the overheads in words, and what a tracker records, are to their right.
const LEFT: f64 = 170.0;
const RIGHT: f64 = 600.0;
const WORDS: f64 = RIGHT + 18.0;
const NOTE: f64 = 812.0;
/// The space above the first chart, for the title, the subtitle and the legend.
const HEAD: f64 = 112.0;
const LANE: f64 = 21.0;
/// The space above a chart's lanes, for the workload's name, and below them, for the scale.
const ABOVE: f64 = 36.0;
const BELOW: f64 = 38.0;
const FOOT: f64 = 50.0;

/// Draws the trackers.
pub fn draw(trackers: &Trackers) -> String {
    let rankings = trackers.rankings();
    let height = HEAD
        + FOOT
        + rankings.iter().map(|ranking| ABOVE + ranking.measurements.len() as f64 * LANE + BELOW).sum::<f64>();
    let axis = RatioAxis::of(trackers.results.walls(), LEFT, RIGHT);
    let title = "Is it memscope, or is it tracking?";
    let about = "Time under each tracker ÷ time without, on a log scale. Medians of pairs of processes; whiskers are \
     95 % intervals.";
    let mut picture = sheet(WIDTH, height, title, &description(&rankings))
        .add(text(MARGIN, 42.0, "title", title))
        .add(text(MARGIN, 66.0, "faint", about))
        .add(legend());
    let mut y = HEAD;
    for ranking in &rankings {
        let (top, bottom) = (y + ABOVE, y + ABOVE + ranking.measurements.len() as f64 * LANE);
        picture = picture
            .add(text(MARGIN, y + 22.0, "heading", heading(ranking)))
            .add(axis.draw(top, bottom))
            .add(axis.noise(trackers.results.noise_floor().map(|(_, floor)| floor.wall.value), top, bottom));
        for (number, measurement) in ranking.measurements.iter().enumerate() {
            picture = picture.add(lane(trackers, &axis, measurement, top + (number as f64 + 0.5) * LANE));
        }
        y = bottom + BELOW;
    }
    finished(&picture.add(foot(&trackers.results, y)))
}

fn legend() -> Group {
    let mut legend = Group::new();
    let mut x = MARGIN;
    // memscope's levels come first.
    let mut levels: Vec<Level> = Level::ALL.iter().chain(Level::REFERENCES).copied().collect();
    levels.sort_by_key(|level| !level.is_memscope());
    let mut shown = HashSet::new();
    for level in levels {
        let words = level.properties().legend;
        if !shown.insert(words) {
            continue;
        }
        legend = legend.add(dot(x + 5.0, 89.0, 5.0, &mark(level))).add(text(x + 16.0, 93.5, "small", words));
        x += 40.0 + words.len() as f64 * 6.0;
    }
    legend
}

/// Returns the classes of a level's mark: a sampling tracker's is a ring.
fn mark(level: Level) -> String {
    let class = level.properties().class;
    if level.records() == RecordingKind::Samples { format!("{class} ring") } else { class.to_owned() }
}

/// Draws a measurement: its name, its figure, the figure in words, and what the tracker records.
fn lane(trackers: &Trackers, axis: &RatioAxis, measurement: &Measurement, y: f64) -> Group {
    let Measurement { workload, level, .. } = *measurement;
    let class = level.properties().class;
    let words = overhead(measurement);
    let weight = if level.is_memscope() { "strong" } else { "" };
    let name = ending(LEFT - 16.0, y + 4.5, weight, clipped(&level.to_string(), LEFT - 20.0, LETTER));
    let Some(seen) = measurement.overhead() else {
        let shown = clipped(&words, WIDTH - WORDS - MARGIN, SMALL_LETTER);
        return telling(words).add(name).add(text(WORDS, y + 4.5, "small bad", shown));
    };
    let wall = seen.wall;
    let mut told = format!("{workload}/{level}: {}\n{words}\n{} pairs", trackers.about(level), seen.pairs);
    if level.has_fidelity() {
        told += &format!(", fidelity {}", number::fidelity(measurement.fidelity));
    }
    let (from, to) = (axis.x(wall.value.min(1.0)), axis.x(wall.value.max(1.0)));
    telling(told)
        .add(name)
        .add(rectangle(from, y - 3.0, to - from, 6.0, &format!("{class} area")))
        .add(axis.mark(wall, y, class, &mark(level)))
        .add(text(WORDS, y + 4.5, "small", words))
        .add(text(NOTE, y + 4.5, "small faint", takes_note(trackers.records(level))))
}

fn foot(results: &Results, y: f64) -> Group {
    let origin = &results.origin;
    let measured = format!("{}; {}", origin.memscope, overhead::chart::noise_in_words(results));
    small_print([(y + 12.0, measured), (y + 30.0, where_and_when(origin))])
}

/// Describes the chart in words, for readers who cannot see it.
fn description(rankings: &[Ranking<'_>]) -> String {
    let of_ranking = |ranking: &Ranking<'_>| {
        let measurements: Vec<String> = ranking
            .measurements
            .iter()
            .map(|measurement| format!("{} {}", measurement.level, overhead(measurement)))
            .collect();
        format!("{}: {}", ranking.workload, measurements.join(", "))
    };
    rankings.iter().map(of_ranking).collect::<Vec<_>>().join("; ")
}
