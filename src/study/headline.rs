//! The headline: one row for each level, over all workloads.

use super::overhead::record::Results;
use crate::platform::list::each_once;
use crate::report::document::{Document, Table, left, right};
use crate::report::{markdown, number};
use crate::schedule::measurement::{Measurement, Series};
use crate::stats::mean::geometric_mean;
use crate::tracking::Level;

/// Draws the headline of overheads as Markdown: for each level the geometric mean over the workloads, the range, and
/// the time for each allocation.
pub(crate) fn draw(results: &Results) -> String {
    let mut table = Table::new([
        left("level"),
        right("typical overhead"),
        left("lowest"),
        left("highest"),
        left("time per allocation"),
    ]);
    let levels = results.series(Series::Overhead).map(|measurement| measurement.level);
    for level in each_once(levels.filter(|&level| level != Level::Untracked)) {
        table.row(row(results, level));
    }
    let mut document = Document::default();
    document.table(table);
    markdown::draw(&document)
}

fn row(results: &Results, level: Level) -> [String; 5] {
    let measurements = || results.series(Series::Overhead).filter(move |measurement| measurement.level == level);
    let mut overheads: Vec<(&Measurement, f64)> =
        measurements().filter_map(|measurement| Some((measurement, measurement.overhead()?.wall.value))).collect();
    overheads.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut times: Vec<f64> =
        measurements().filter_map(|measurement| Some(measurement.ns_per_allocation()?.value)).collect();
    times.sort_by(f64::total_cmp);
    let mean = geometric_mean(overheads.iter().map(|(_, overhead)| *overhead)).unwrap_or(f64::NAN);
    let end = |end: Option<&(&Measurement, f64)>| {
        end.map_or("unknown".to_owned(), |(measurement, overhead)| {
            format!("{} ({})", number::ratio(*overhead), measurement.workload)
        })
    };
    let time = |time: Option<&f64>| time.map_or("unknown".to_owned(), |&time| number::time(time.max(0.0)));
    [
        level.to_string(),
        number::ratio(mean),
        end(overheads.first()),
        end(overheads.last()),
        format!("{} to {}", time(times.first()), time(times.last())),
    ]
}
