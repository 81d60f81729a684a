//! The chart of the overheads: a row for each workload, a lane for each level, intervals as whiskers, on a log scale.

use crate::report::chart::axis::RatioAxis;
use crate::report::chart::canvas::{self, ending, finished, line, sheet, small_print, telling, text, where_and_when};
use crate::report::chart::words::{LETTER, SMALL_LETTER, clipped};
use crate::report::number;
use crate::schedule::measurement::{Measurement, Series};
use crate::study::overhead::record::Results;
use crate::tracking::Level;
use svg::node::element::Group;

const WIDTH: f64 = 960.0;
/// The left and right ends of the plot; the overheads in words are to its right.
const LEFT: f64 = 170.0;
const RIGHT: f64 = 712.0;
const TOP: f64 = 140.0;
const LANE: f64 = 21.0;
const BETWEEN_ROWS: f64 = 14.0;
const FOOT: f64 = 92.0;

/// Draws the results.
pub fn draw(results: &Results) -> String {
    let rows = rows(results);
    let lanes: usize = rows.iter().map(|row| row.measurements.len()).sum();
    let headings = rows.iter().filter(|row| row.heading.is_some()).count();
    let height = TOP + lanes as f64 * LANE + rows.len() as f64 * BETWEEN_ROWS + headings as f64 * 30.0 + FOOT;
    let axis = RatioAxis::of(results.walls(), LEFT, RIGHT);
    let bottom = height - FOOT;

    let title = format!("What {} {} costs", results.origin.memscope.name, results.origin.memscope.version);
    let mut picture = sheet(WIDTH, height, &title, &description(results))
        .add(text(24.0, 42.0, "title", title.clone()))
        .add(text(
            24.0,
            66.0,
            "faint",
            "Time under tracking ÷ time without, on a log scale. Medians of pairs of \
         processes; whiskers are 95 % intervals.",
        ))
        .add(legend(&rows))
        .add(axis.draw(TOP - 8.0, bottom))
        .add(axis.noise(results.noise_floor().map(|(_, floor)| floor.wall.value), TOP - 8.0, bottom));

    let mut y = TOP;
    for row in rows {
        if let Some(heading) = row.heading {
            y += 30.0;
            picture = picture.add(text(24.0, y - 6.0, "strong", heading));
        }
        let middle = y + row.measurements.len() as f64 * LANE / 2.0 + 4.0;
        picture = picture.add(ending(LEFT - 16.0, middle, "", clipped(&row.name, LEFT - 20.0, LETTER)));
        for measurement in row.measurements {
            picture = picture.add(lane(&axis, measurement, y + LANE / 2.0));
            y += LANE;
        }
        y += BETWEEN_ROWS;
        picture = picture.add(line(24.0, y - BETWEEN_ROWS / 2.0, WIDTH - 24.0, y - BETWEEN_ROWS / 2.0, "rule"));
    }
    finished(&picture.add(foot(results, bottom)))
}

/// A row of the chart: the measurements that share its name.
struct Row<'a> {
    heading: Option<String>,
    name: String,
    measurements: Vec<&'a Measurement>,
}

fn rows(results: &Results) -> Vec<Row<'_>> {
    let mut rows: Vec<Row> = Vec::new();
    for series in Series::SHOWN {
        let mut heading = (series != Series::Overhead).then_some(series.parameter());
        for measurement in results.series(series).filter(|measurement| measurement.level != Level::Untracked) {
            let name = measurement.row_name();
            match rows.last_mut().filter(|row| row.name == name && heading.is_none()) {
                Some(row) => row.measurements.push(measurement),
                None => {
                    let heading = heading.take().map(|parameter| format!("{}, by {parameter}", measurement.workload));
                    rows.push(Row { heading, name, measurements: vec![measurement] });
                }
            }
        }
    }
    rows
}

/// Draws the legend of the measured levels, as far as it fits. Each lane names its level too.
fn legend(rows: &[Row<'_>]) -> Group {
    let measured = |level: Level| rows.iter().flat_map(|row| &row.measurements).any(|one| one.level == level);
    let shown = Level::ALL.iter().filter(|level| level.is_memscope() && measured(**level));
    let entry = |level: &Level| (format!("{level}: {}", level.about()), level.properties().class);
    canvas::legend(shown.map(entry), 24.0, 89.0)
}

/// Draws a level's figure, followed by the level and the figure in words.
fn lane(axis: &RatioAxis, measurement: &Measurement, y: f64) -> Group {
    let class = measurement.level.properties().class;
    let Some(overhead) = measurement.overhead() else {
        let why = measurement.failure().map_or_else(|| measurement.lack(), |failure| failure.label());
        let words = format!("{}: {why}", measurement.level);
        let shown = clipped(&words, WIDTH - RIGHT - 20.0, SMALL_LETTER);
        return telling(words).add(text(RIGHT + 16.0, y + 4.5, "small bad", shown));
    };
    let wall = overhead.wall;
    let words = number::overhead(overhead.wall);
    let told = format!(
        "{}/{}\n{words}\n{} untracked, {} pairs, fidelity {}",
        measurement.workload,
        measurement.level,
        number::time(overhead.untracked_ns),
        overhead.pairs,
        number::fidelity(measurement.fidelity)
    );
    let room = WIDTH - RIGHT - 20.0 - (words.chars().count() + 2) as f64 * SMALL_LETTER;
    let words = format!("{}: {words}", clipped(&measurement.level.to_string(), room, SMALL_LETTER));
    telling(told).add(axis.mark(wall, y, class, class)).add(text(RIGHT + 16.0, y + 4.5, "small", words))
}

fn foot(results: &Results, bottom: f64) -> Group {
    let origin = &results.origin;
    let pairs =
        results.measurements.iter().filter_map(|measurement| measurement.overhead()).map(|overhead| overhead.pairs);
    let (fewest, most) = (pairs.clone().min().unwrap_or(0), pairs.max().unwrap_or(0));
    let pairs = if fewest == most { most.to_string() } else { format!("{fewest} to {most}") };
    let measured = format!("{}; {pairs} pairs per figure; {}", origin.memscope, noise_in_words(results));
    small_print([(bottom + 44.0, measured), (bottom + 62.0, where_and_when(origin))])
}

/// Describes the chart in words, for readers who cannot see it.
fn description(results: &Results) -> String {
    let shown = Series::SHOWN.into_iter().flat_map(|series| results.series(series));
    let told = shown.filter(|measurement| measurement.level != Level::Untracked).map(|measurement| {
        let words = match (measurement.failure(), measurement.overhead()) {
            (Some(failure), _) => failure.label(),
            (None, Some(overhead)) => number::overhead(overhead.wall),
            (None, None) => measurement.lack(),
        };
        format!("{}: {words}", measurement.name())
    });
    told.collect::<Vec<_>>().join("; ")
}

/// Returns the noise floor of results in words, for the notes of a chart.
pub fn noise_in_words(results: &Results) -> String {
    let floor = results.noise_floor().map_or("not measured".to_owned(), |(measurement, floor)| {
        format!("{} % ({})", number::percent(floor.wall.value), measurement.name())
    });
    format!("noise floor, untracked against itself: {floor}")
}
