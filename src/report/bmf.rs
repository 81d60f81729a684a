//! Results in the Bencher Metric Format, which Bencher and what reads its format keep histories of: for each benchmark its
//! measures, each a value with what bounds there are. The format is told at
//! <https://bencher.dev/docs/reference/bencher-metric-format/>.
//!
//! | measure | what it is |
//! |---|---|
//! | `overhead` | the ratio tracked ÷ untracked of the clock's time |
//! | `processor-time` | the same ratio of processor time, over all threads |
//! | `ns-per-allocation` | (tracked − untracked) ÷ allocations, in nanoseconds |
//! | `peak-memory` | the ratio tracked ÷ untracked of peak resident memory |
//! | `fidelity` | events recorded ÷ events that happened |
//! | `instructions` | the ratio tracked ÷ untracked of instructions |
//! | `instructions-per-allocation` | (tracked − untracked) ÷ allocations, in instructions |
//!
//! What is not known has no measure, and a benchmark without an overhead is left out: functions beside those that draw tell which.

use crate::schedule::measurement::{Cell, Series};
use crate::stats::estimate::Estimate;
use crate::study::compare::Comparison;
use crate::study::instructions::record::InstructionCount;
use crate::study::overhead::record::Results;
use crate::worker::failure::Failure;
use serde::Serialize;
use std::collections::BTreeMap;

/// All benchmarks by their names, and the measures of each.
type Benchmarks = BTreeMap<String, BTreeMap<&'static str, Metric>>;

/// One measure of a benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Metric {
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lower_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upper_value: Option<f64>,
}

impl From<Estimate> for Metric {
    fn from(Estimate { value, low, high }: Estimate) -> Self {
        Self { value, lower_value: Some(low), upper_value: Some(high) }
    }
}

impl From<f64> for Metric {
    fn from(value: f64) -> Self {
        Self { value, lower_value: None, upper_value: None }
    }
}

/// Results as JSON in Bencher's format.
pub fn of_results(results: &Results) -> String {
    let mut benchmarks = Benchmarks::new();
    for cell in &results.cells {
        add(&mut benchmarks, name(cell), cell);
    }
    for count in &results.instructions {
        let Some(overhead) = count.overhead else { continue };
        let measures = benchmarks.entry(name_of_count(count)).or_default();
        insert(measures, "instructions", Some(overhead.ratio));
        insert(measures, "instructions-per-allocation", overhead.per_allocation);
    }
    text(benchmarks)
}

/// A line for each benchmark of results that has no overhead, with its outcome.
pub fn left_out_of_results(results: &Results) -> Vec<String> {
    let counts = results.instructions.iter().filter(|count| count.overhead.is_none());
    let of_count = |count: &InstructionCount| {
        let outcome = count.failure.as_ref().map_or("no instructions".to_owned(), Failure::to_string);
        line(&name_of_count(count), &outcome)
    };
    results.cells.iter().filter_map(|cell| of_cell(&name(cell), cell)).chain(counts.map(of_count)).collect()
}

/// A comparison as JSON in Bencher's format: a benchmark for each workload, level and subject.
pub fn of_comparison(comparison: &Comparison) -> String {
    let mut benchmarks = Benchmarks::new();
    for (name, cell) in cells(comparison) {
        add(&mut benchmarks, name, cell);
    }
    text(benchmarks)
}

/// A line for each benchmark of a comparison that has no overhead, with its outcome, and for each subject without any.
pub fn left_out_of_comparison(comparison: &Comparison) -> Vec<String> {
    let not_built =
        comparison.subjects.iter().filter_map(|subject| Some(line(&subject.name, &subject.not_built.as_ref()?.why)));
    cells(comparison).filter_map(|(name, cell)| of_cell(&name, cell)).chain(not_built).collect()
}

fn cells(comparison: &Comparison) -> impl Iterator<Item = (String, &Cell)> {
    let named = |subject: &str, cell: &Cell| format!("{}/{subject}", name(cell));
    comparison
        .subjects
        .iter()
        .flat_map(move |subject| subject.cells.iter().map(move |cell| (named(&subject.name, cell), cell)))
}

/// The text of benchmarks. A figure that is no number is not known: JSON could only say `null`, which no reader takes.
fn text(mut benchmarks: Benchmarks) -> String {
    let known = |bound: &mut Option<f64>| *bound = bound.filter(|bound| bound.is_finite());
    for measures in benchmarks.values_mut() {
        measures.retain(|_, metric| metric.value.is_finite());
        measures.values_mut().flat_map(|metric| [&mut metric.lower_value, &mut metric.upper_value]).for_each(known);
    }
    serde_json::to_string_pretty(&benchmarks).expect("names and numbers are plain data")
}

fn line(name: &str, outcome: &str) -> String {
    format!("{name} is left out: {outcome}")
}

/// The line of a cell that has no overhead.
fn of_cell(name: &str, cell: &Cell) -> Option<String> {
    let outcome = || cell.failure.as_ref().map_or_else(|| cell.lack(), Failure::to_string);
    cell.overhead.is_none().then(|| line(name, &outcome()))
}

/// Adds the measures of a cell, if it has an overhead.
fn add(benchmarks: &mut Benchmarks, name: String, cell: &Cell) {
    let Some(overhead) = cell.overhead else { return };
    let measures = benchmarks.entry(name).or_default();
    insert(measures, "overhead", Some(overhead.wall));
    insert(measures, "processor-time", overhead.cpu);
    insert(measures, "ns-per-allocation", overhead.ns_per_allocation);
    insert(measures, "peak-memory", overhead.peak_memory);
    insert(measures, "fidelity", fidelity(cell));
}

/// Adds a measure, if it is known: JSON has no other numbers than finite ones.
fn insert(measures: &mut BTreeMap<&'static str, Metric>, name: &'static str, metric: Option<impl Into<Metric>>) {
    let Some(Metric { value, lower_value, upper_value }) = metric.map(Into::into) else { return };
    let finite = |bound: Option<f64>| bound.filter(|bound| bound.is_finite());
    if value.is_finite() {
        let metric = Metric { value, lower_value: finite(lower_value), upper_value: finite(upper_value) };
        measures.insert(name, metric);
    }
}

/// What a cell is called: workload and level, and what else tells it from the others of its series.
fn name(cell: &Cell) -> String {
    let Cell { workload, level, scale, threads, .. } = cell;
    match cell.series {
        Series::Overhead => format!("{workload}/{level}"),
        Series::Scaling => format!("{workload}/{level}/scale-{scale}"),
        Series::Threads => format!("{workload}/{level}/threads-{threads}"),
        Series::Control => format!("{workload}/{level}/control"),
    }
}

fn name_of_count(count: &InstructionCount) -> String {
    format!("{}/{}", count.workload, count.level)
}

/// The fidelity of what was tracked. Where it tracks nothing, there is nothing to miss.
fn fidelity(cell: &Cell) -> Option<f64> {
    cell.fidelity.filter(|_| cell.level.has_fidelity())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_not_known() {
        let metric = |value, low, high| Metric::from(Estimate { value, low, high });
        let measures = [("overhead", metric(1.5, 1.2, f64::INFINITY)), ("fidelity", f64::NAN.into())];
        let benchmarks = Benchmarks::from([("cycles/full".to_owned(), measures.into())]);
        let text: String = text(benchmarks).split_whitespace().collect();
        assert_eq!(text, r#"{"cycles/full":{"overhead":{"value":1.5,"lower_value":1.2}}}"#);
    }
}
