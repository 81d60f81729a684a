//! The overview of footprints: a row for each build and level over all workloads, and the answer in a sentence.

use super::summary::is_unclear;
use crate::platform::list::each_once;
use crate::report::document::{Table, left, right};
use crate::report::number;
use crate::stats::median::median;
use crate::study::footprint::{BuildFootprints, Footprint, Footprints};
use crate::tracking::Level;

/// The figures of a build at a level: the median over workloads, with the minimum and the maximum.
struct Overview {
    workloads: usize,
    bytes_per_live_allocation: Option<MedianRange>,
    bytes_per_event: Option<MedianRange>,
    peak_memory: Option<MedianRange>,
    kept_bytes: Option<MedianRange>,
}

/// The marks of a range in a table.
const IN_TABLE: [&str; 3] = ["[", ", ", "]"];
/// The marks of a range in a sentence.
const IN_SENTENCE: [&str; 3] = ["(", " to ", ")"];

/// A median with the minimum and the maximum.
struct MedianRange {
    middle: f64,
    least: f64,
    greatest: f64,
    figures: usize,
}

impl MedianRange {
    fn of(figures: impl Iterator<Item = f64>) -> Option<Self> {
        let figures: Vec<f64> = figures.filter(|figure| figure.is_finite()).collect();
        let least = figures.iter().copied().reduce(f64::min)?;
        let greatest = figures.iter().copied().reduce(f64::max)?;
        Some(Self { middle: median(figures.iter().copied())?, least, greatest, figures: figures.len() })
    }

    /// Returns the median, and the range of several figures between the given marks.
    fn text(&self, [open, between, close]: [&str; 3], shown: fn(f64) -> String) -> String {
        let Self { middle, least, greatest, figures } = self;
        let range = format!(" {open}{}{between}{}{close}", shown(*least), shown(*greatest));
        format!("{}{}", shown(*middle), if *figures > 1 { &range } else { "" })
    }
}

impl Overview {
    /// Returns the figures of a build at a level; `None` if it was not measured at it, or always failed. A parallel
    /// workload counts once, with its fewest threads, so all workloads have the same weight.
    fn of(build: &BuildFootprints, level: Level) -> Option<Self> {
        let mut measured: Vec<&Footprint> = Vec::new();
        let whole = build.measurements.iter().filter(|one| one.level == level && one.failure.is_none());
        for one in whole {
            match measured.iter_mut().find(|known| known.workload == one.workload) {
                Some(known) if known.threads <= one.threads => {}
                Some(known) => *known = one,
                None => measured.push(one),
            }
        }
        let clear = |estimate| Some(estimate).filter(|&estimate| !is_unclear(estimate)).map(|clear| clear.value);
        let each = || measured.iter();
        (!measured.is_empty()).then(|| Self {
            workloads: measured.len(),
            bytes_per_live_allocation: MedianRange::of(
                each().filter_map(|one| clear(one.bytes_per_live_allocation()?)),
            ),
            bytes_per_event: MedianRange::of(each().filter_map(|one| clear(one.bytes_per_event()?))),
            peak_memory: MedianRange::of(each().filter_map(|one| Some(one.peak_memory()?.value))),
            kept_bytes: MedianRange::of(each().filter_map(|one| Some(one.points.last()?.kept_bytes as f64))),
        })
    }
}

/// Returns the levels of a build, in order.
fn levels(build: &BuildFootprints) -> Vec<Level> {
    each_once(build.measurements.iter().map(|measurement| measurement.level))
}

/// Returns the table: a row for each build and level.
pub(super) fn table(footprints: &Footprints) -> Table {
    let mut table = Table::new([
        left("build"),
        left("level"),
        right("workloads"),
        right("B/live allocation [range]").short("B/live [range]"),
        right("B/event kept [range]").short("B/event [range]"),
        right("kept at the end [range]").short("kept [range]"),
        right("peak memory [range]").short("memory [range]"),
    ])
    .grouped_by(1);
    for build in &footprints.builds {
        for level in levels(build) {
            let text = |range: Option<MedianRange>, shown| {
                range.map_or_else(|| "—".to_owned(), |range| range.text(IN_TABLE, shown))
            };
            let head = [build.name.clone(), level.to_string()];
            table.row(match Overview::of(build, level) {
                None => head.into_iter().chain(["0", "—", "—", "—", "—"].map(str::to_owned)).collect::<Vec<_>>(),
                Some(of) => head
                    .into_iter()
                    .chain([
                        of.workloads.to_string(),
                        text(of.bytes_per_live_allocation, bytes),
                        text(of.bytes_per_event, bytes),
                        text(of.kept_bytes, number::bytes),
                        text(of.peak_memory, factor),
                    ])
                    .collect(),
            });
        }
    }
    table
}

/// Returns the answer: for each build, the bytes that its last measured level takes and keeps. `None` without a figure.
pub(super) fn answer(footprints: &Footprints) -> Option<String> {
    let builds: Vec<String> = footprints.builds.iter().filter_map(of_build).collect();
    (!builds.is_empty()).then(|| format!("{}.", builds.join("; ")))
}

fn of_build(build: &BuildFootprints) -> Option<String> {
    let (level, of) = levels(build).into_iter().rev().find_map(|level| Some((level, Overview::of(build, level)?)))?;
    let live = of.bytes_per_live_allocation.map(|range| {
        format!("takes {} per live allocation", range.text(IN_SENTENCE, |each| format!("{} B", bytes(each))))
    });
    let peak =
        of.peak_memory.map(|range| format!("multiplies peak memory by {}", range.text(IN_SENTENCE, number::factor)));
    let kept = of.kept_bytes.map(|range| {
        format!("keeps {} after the program has freed everything", range.text(IN_SENTENCE, number::bytes))
    });
    let parts: Vec<String> = [live, peak, kept].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("{} under {level} {}", build.name, number::list(&parts)))
}

/// Returns the note on the table.
pub(super) fn note() -> String {
    "The overview shows the median over workloads, with the minimum and maximum; parallel workloads count only with \
     the fewest threads. — marks a figure that cannot be determined."
        .to_owned()
}

/// Formats bytes, to a tenth if that is significant.
pub(super) fn bytes(bytes: f64) -> String {
    let text = number::decimal(bytes, if bytes.abs() < 99.95 { 1 } else { 0 });
    text.trim_end_matches(".0").to_owned()
}

fn factor(ratio: f64) -> String {
    format!("×{}", number::factor(ratio))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::origin::Origin;
    use crate::study::footprint::{PEAKS, Point, SCHEMA};
    use crate::worker::failure::Failure;
    use crate::workloads::Workload;

    /// Returns a measurement whose tracker takes `each` bytes for each live allocation, and keeps one for each event.
    fn measured(workload: Workload, threads: usize, each: u64, peak: f64) -> Footprint {
        let point = |n: u64| Point {
            scale: n as f64,
            events: n * 1_000,
            fidelity: Some(1.0),
            live_allocations: n * 100,
            peak_bytes: 5_000 + n * 100 * each,
            kept_bytes: n * 1_000,
        };
        let (level, points, peaks) = (Level::Full, (1..9).map(point).collect(), vec![peak; PEAKS]);
        Footprint { workload, level, threads, seed: 1, points, peaks, failure: None }
    }

    fn footprints(measurements: Vec<Footprint>) -> Footprints {
        let build = BuildFootprints { name: "0.2.5".to_owned(), memscope: None, not_built: None, measurements };
        Footprints { schema: SCHEMA, origin: Origin::here("x".to_owned()), builds: vec![build] }
    }

    #[test]
    fn a_workload_counts_once_and_figures_have_a_range() {
        let all = footprints(vec![
            measured(Workload::CYCLES, 1, 200, 2.0),
            measured(Workload::MIXED, 4, 9_000, 9.0),
            measured(Workload::MIXED, 1, 300, 3.0),
            measured(Workload::LEAKS, 1, 50, 1.5),
        ]);
        let rows = table(&all).rows;
        let kept = "7.81 KiB [7.81 KiB, 7.81 KiB]";
        assert_eq!(rows, [["0.2.5", "full", "3", "200 [50, 300]", "1 [1, 1]", kept, "×2.00 [×1.50, ×3.00]"]]);
        assert_eq!(
            answer(&all).as_deref(),
            Some(
                "0.2.5 under full takes 200 B (50 B to 300 B) per live allocation, multiplies peak memory by 2.00 \
                 (1.50 to 3.00), and keeps 7.81 KiB (7.81 KiB to 7.81 KiB) after the program has freed everything."
            )
        );
    }

    #[test]
    fn failed_measurements_have_no_figure() {
        let failure = Some(Failure::TimedOut { seconds: 1 });
        let failed = footprints(vec![Footprint { failure, ..measured(Workload::CYCLES, 1, 200, 2.0) }]);
        assert_eq!(table(&failed).rows, [["0.2.5", "full", "0", "—", "—", "—", "—"]]);
        assert_eq!(answer(&failed), None);
    }
}
