//! The report of footprints: the tables and their notes.

use crate::platform::list::each_once;
use crate::platform::text;
use crate::report::circumstances::circumstances;
use crate::report::document::{Document, Table, left, right};
use crate::report::number;
use crate::stats::estimate::Estimate;
use crate::study::footprint::{BuildFootprints, Footprint, Footprints, PEAKS, overview};
use crate::study::overhead::warnings;
use crate::worker::failure::Failure;

/// Returns the report: the answer, an overview, a table for each build, and notes.
pub fn summary(footprints: &Footprints) -> Document {
    let mut document = Document::default();
    document.notes(overview::answer(footprints).into_iter().collect());
    document.table(overview::table(footprints));
    for build in &footprints.builds {
        document.heading(build.memscope.as_ref().map_or(build.name.clone(), ToString::to_string));
        match &build.not_built {
            Some(why) => document.notes(vec![format!("not built: {why}")]),
            None => document.table(table(&build.measurements)),
        }
    }
    document.notes(notes(footprints));
    document
}

fn table(measurements: &[Footprint]) -> Table {
    let mut table = Table::new([
        left("workload"),
        right("threads"),
        left("level"),
        right("fidelity"),
        right("events"),
        right("B/live allocation [range]").short("B/live [range]"),
        right("B/event kept [range]").short("B/event [range]"),
        right("kept at the end").short("kept"),
        right("peak memory [95 %]").short("memory [95 %]"),
    ])
    .grouped_by(1);
    measurements.iter().for_each(|measurement| table.row(row(measurement, measurement.workload.name())));
    table
}

fn row(measurement: &Footprint, name: &str) -> [String; 9] {
    let largest = measurement.points.last();
    let is_whole = measurement.failure.is_none();
    let known = |figure: Option<String>, otherwise: &str| {
        if is_whole { figure.unwrap_or_else(|| otherwise.to_owned()) } else { String::new() }
    };
    [
        name.to_owned(),
        measurement.threads.to_string(),
        measurement.level.to_string(),
        measurement
            .failure
            .as_ref()
            .map_or_else(|| number::fidelity(measurement.fidelity()), |failure| failure.label()),
        known(largest.map(|point| number::grouped(point.events)), "unknown"),
        known(measurement.bytes_per_live_allocation().map(growth), "—"),
        known(measurement.bytes_per_event().map(growth), "—"),
        known(largest.map(|point| number::bytes(point.kept_bytes as f64)), "unknown"),
        known(measurement.peak_memory().map(peak), "unknown"),
    ]
}

/// Formats a growth in bytes with its range.
fn growth(estimate: Estimate) -> String {
    let Estimate { value, low, high } = estimate;
    let [value, low, high] = [value, low, high].map(overview::bytes);
    format!("{} [{low}, {high}]", if is_unclear(estimate) { UNCLEAR } else { &value })
}

/// The text for a growth that is smaller than random variation.
const UNCLEAR: &str = "unclear";

/// Returns whether the interval is so far below zero that only random variation explains it.
pub(in crate::study) fn is_unclear(Estimate { value, low, high }: Estimate) -> bool {
    /// Rounding and the estimate of the fixed part may go below zero by this part of the greatest.
    const SLACK: f64 = 0.1;
    low < -SLACK * high.max(value)
}

fn peak(Estimate { value, low, high }: Estimate) -> String {
    let [value, low, high] = [value, low, high].map(number::factor);
    format!("×{value} [{low}, {high}]")
}

fn notes(footprints: &Footprints) -> Vec<String> {
    let mut lines = warnings::of_origin(&footprints.origin);
    // A level that a version lacks is missing in every measurement.
    lines.extend(each_once(footprints.builds.iter().flat_map(failure_notes)));
    lines.push(overview::note());
    let points = footprints.builds.iter().flat_map(|build| &build.measurements).map(|measured| measured.points.len());
    lines.push(format!(
        "Each row comes from {} scales over three octaves, up to four times the workload's own. Fidelity: the value \
         farthest from 1. Events: allocations and frees (under `variables`, named values) at the largest scale.",
        points.max().unwrap_or(0)
    ));
    lines.push(
        "Range: a map that doubles takes twice as much per entry right after it grew as right before. A figure is the \
         mean over whole octaves of sizes, without the tracker's fixed part. Its range spans the minimum and maximum \
         over all scales; it is not a confidence interval. — marks less than one octave."
            .to_owned(),
    );
    let growths = |measured: &Footprint| [measured.bytes_per_live_allocation(), measured.bytes_per_event()];
    let mut all = footprints.builds.iter().flat_map(|build| &build.measurements).flat_map(growths).flatten();
    if all.any(is_unclear) {
        lines.push(format!(
            "{UNCLEAR}: the bytes vary more by chance than with the size, for example if threads interleave \
             differently in each run."
        ));
    }
    lines.push(
        "B/live allocation: the growth of the tracker's peak bytes per live allocation at the program's peak. It is an \
         upper bound: the peaks inside and outside the hook may occur at different moments. It includes what a tracker \
         keeps of every event."
            .to_owned(),
    );
    lines.push(
        "B/event kept: the growth, per event, of the bytes that the tracker still holds after the program has freed \
         everything. A map that never shrinks keeps its largest capacity: if live allocations grow with the events, \
         the figure includes it."
            .to_owned(),
    );
    lines.push(format!(
        "Bytes are those that the tracker requested, counted in the allocator. Peak memory: the process's peak \
         resident memory, tracked ÷ untracked at the largest scale; the median of {PEAKS} pairs of probes without \
         counting."
    ));
    lines.extend(circumstances(&footprints.origin));
    lines
}

fn failure_notes(build: &BuildFootprints) -> impl Iterator<Item = String> {
    build.measurements.iter().filter_map(|measurement| {
        let failure = measurement.failure.as_ref()?;
        let Footprint { workload, level, threads, points, .. } = measurement;
        let name = &build.name;
        let message = text::quoted_message(&failure.to_string());
        Some(match failure {
            Failure::Unsupported { .. } => format!("{name}: {level} {message}"),
            _ => format!(
                "{name}: {workload}/{level}, threads: {threads}, {message} (after {})",
                number::counted(points.len(), "scale")
            ),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_growth_has_a_range_or_is_unclear() {
        let shown = |value, low, high| growth(Estimate { value, low, high });
        assert_eq!(shown(229.4, 170.6, 286.0), "229 [171, 286]");
        assert_eq!(shown(0.25, -0.01, 0.4), "0.2 [0, 0.4]");
        assert_eq!(shown(-156.0, -451.0, 230.0), "unclear [−451, 230]");
        assert_eq!(shown(0.0, 0.0, 0.0), "0 [0, 0]");
    }
}
