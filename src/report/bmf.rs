//! Results in the Bencher Metric Format, which Bencher and what reads its format keep histories of: for each benchmark its
//! measures, each a value with what bounds there are. The format is told at
//! <https://bencher.dev/docs/reference/bencher-metric-format/>.
//!
//! | measure | what it is |
//! |---|---|
//! | `overhead` | the ratio tracked ÷ untracked of the clock's time |
//! | `ns-per-allocation` | (tracked − untracked) ÷ allocations, in nanoseconds |
//! | `peak-memory` | the ratio tracked ÷ untracked of peak resident memory |
//! | `fidelity` | events recorded ÷ events that happened |
//! | `instructions` | the ratio tracked ÷ untracked of instructions |
//! | `instructions-per-allocation` | (tracked − untracked) ÷ allocations, in instructions |
//!
//! What is not known has no measure, and a benchmark without an overhead is left out: [`left_out`] tells which.

use crate::results::{Cell, Estimate, Failure, InstructionCount, Results, Series};
use crate::tracking::Tracking;
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

/// The results as JSON in Bencher's format.
pub fn draw(results: &Results) -> String {
    let benchmarks = benchmarks(results);
    serde_json::to_string_pretty(&benchmarks).expect("names and numbers are plain data")
}

/// A line for each benchmark that has no overhead, with its outcome.
pub fn left_out(results: &Results) -> Vec<String> {
    let line = |name: String, outcome: String| format!("{name} is left out: {outcome}");
    let outcome = |failure: &Option<Failure>, otherwise: String| {
        failure.as_ref().map_or(otherwise, |failure| failure.to_string())
    };
    let cells = results.cells.iter().filter(|cell| cell.overhead.is_none());
    let counts = results.instructions.iter().filter(|count| count.overhead.is_none());
    let of_cell =
        |cell: &Cell| line(name(cell), outcome(&cell.failure, format!("too few pairs ({})", cell.pairs.len())));
    let of_count =
        |count: &InstructionCount| line(name_of_count(count), outcome(&count.failure, "no instructions".to_owned()));
    cells.map(of_cell).chain(counts.map(of_count)).collect()
}

fn benchmarks(results: &Results) -> Benchmarks {
    let mut benchmarks = Benchmarks::new();
    for cell in &results.cells {
        let Some(overhead) = cell.overhead else { continue };
        let measures = benchmarks.entry(name(cell)).or_default();
        measures.insert("overhead", overhead.wall.into());
        measures.extend(overhead.ns_per_allocation.map(|ns| ("ns-per-allocation", ns.into())));
        measures.extend(overhead.peak_memory.map(|memory| ("peak-memory", memory.into())));
        measures.extend(fidelity(cell).map(|fidelity| ("fidelity", fidelity.into())));
    }
    for count in &results.instructions {
        let Some(overhead) = count.overhead else { continue };
        let measures = benchmarks.entry(name_of_count(count)).or_default();
        measures.insert("instructions", overhead.ratio.into());
        let per_allocation = overhead.per_allocation;
        measures.extend(per_allocation.map(|instructions| ("instructions-per-allocation", instructions.into())));
    }
    benchmarks
}

/// What a cell is called: workload and level, and what else tells it from the others of its series.
fn name(cell: &Cell) -> String {
    let Cell { workload, tracking, scale, threads, .. } = cell;
    match cell.series {
        Series::Overhead => format!("{workload}/{tracking}"),
        Series::Scaling => format!("{workload}/{tracking}/scale-{scale}"),
        Series::Threads => format!("{workload}/{tracking}/threads-{threads}"),
        Series::Control => format!("{workload}/{tracking}/control"),
    }
}

fn name_of_count(count: &InstructionCount) -> String {
    format!("{}/{}", count.workload, count.tracking)
}

/// The fidelity of what memscope tracked. Where it tracks nothing, there is nothing to miss.
fn fidelity(cell: &Cell) -> Option<f64> {
    match cell.tracking {
        Tracking::Untracked | Tracking::Counting | Tracking::Synthetic(_) => None,
        Tracking::Variables | Tracking::Allocator | Tracking::Full => cell.fidelity,
    }
}
