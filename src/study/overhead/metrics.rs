//! The figures of overheads for other programs.
//!
//! | measure | meaning |
//! |---|---|
//! | `overhead` | tracked ÷ untracked, of wall time |
//! | `processor-time` | the same of CPU time, over all threads |
//! | `ns-per-allocation` | (tracked − untracked) ÷ allocations, in nanoseconds |
//! | `peak-memory` | tracked ÷ untracked, of peak resident memory |
//! | `fidelity` | events recorded ÷ events that happened |
//! | `instructions` | tracked ÷ untracked, of instructions |
//! | `instructions-per-allocation` | (tracked − untracked) ÷ allocations, in instructions |
//!
//! An unknown figure has no measure.

use super::record::Results;
use crate::report::metric::Metric;
use crate::schedule::measurement::{Cell, Series};
use crate::study::instructions::record::InstructionCount;
use crate::worker::failure::Failure;

/// Returns the figures of results.
pub fn of_results(results: &Results) -> Vec<Metric> {
    let cells = results.cells.iter().flat_map(|cell| of_cell(&name(cell), cell));
    let counts = results.instructions.iter().flat_map(|count| {
        let overhead = count.overhead.into_iter();
        overhead.flat_map(move |overhead| {
            let name = name_of_count(count);
            let per_allocation = overhead.per_allocation;
            let per_allocation = per_allocation.map(|value| Metric::plain(&name, "instructions-per-allocation", value));
            [Metric::plain(&name, "instructions", overhead.ratio)].into_iter().chain(per_allocation)
        })
    });
    cells.chain(counts).collect()
}

/// Returns a line for each benchmark of results that has no overhead, with its outcome.
pub fn left_out_of_results(results: &Results) -> Vec<String> {
    let counts = results.instructions.iter().filter(|count| count.overhead.is_none()).map(|count| {
        let outcome = count.failure.as_ref().map_or("no instructions".to_owned(), Failure::to_string);
        format!("{} is left out: {outcome}", name_of_count(count))
    });
    results.cells.iter().filter_map(|cell| left_out(&name(cell), cell)).chain(counts).collect()
}

/// Returns the line of a measurement that has no overhead.
pub fn left_out(name: &str, cell: &Cell) -> Option<String> {
    let outcome = || cell.failure.as_ref().map_or_else(|| cell.lack(), Failure::to_string);
    cell.overhead.is_none().then(|| format!("{name} is left out: {}", outcome()))
}

/// Returns the figures of a measurement; none if it has no overhead.
pub fn of_cell(name: &str, cell: &Cell) -> Vec<Metric> {
    let Some(overhead) = cell.overhead else { return Vec::new() };
    let estimates = [
        ("overhead", Some(overhead.wall)),
        ("processor-time", overhead.cpu),
        ("ns-per-allocation", overhead.ns_per_allocation),
        ("peak-memory", overhead.peak_memory),
    ];
    let estimates = estimates.into_iter().filter_map(|(measure, estimate)| Some((measure, estimate?)));
    let fidelity = fidelity(cell).map(|fidelity| Metric::plain(name, "fidelity", fidelity));
    estimates.map(|(measure, estimate)| Metric::estimate(name, measure, estimate)).chain(fidelity).collect()
}

/// Returns the name of a measurement: workload and level, and what else distinguishes it within its series.
pub fn name(cell: &Cell) -> String {
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

/// Returns the fidelity of a tracker. A level that tracks nothing misses nothing.
fn fidelity(cell: &Cell) -> Option<f64> {
    cell.fidelity.filter(|_| cell.level.has_fidelity())
}
