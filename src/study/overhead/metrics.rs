//! The figures of overheads for other programs.
//!
//! | measure | meaning |
//! |---|---|
//! | `overhead` | tracked ÷ untracked, of wall time |
//! | `cpu-time` | the same of CPU time, over all threads |
//! | `ns-per-allocation` | (tracked − untracked) ÷ allocations, in nanoseconds of CPU time |
//! | `peak-memory` | tracked ÷ untracked, of peak resident memory |
//! | `page-faults` | tracked − untracked, of the page faults of a run |
//! | `kernel-share` | the kernel's part of the CPU time that tracking adds |
//! | `fidelity` | events recorded ÷ events that happened |
//! | `instructions` | tracked ÷ untracked, of instructions |
//! | `instructions-per-allocation` | (tracked − untracked) ÷ allocations, in instructions |
//!
//! An unknown figure has no measure.

use super::record::Results;
use crate::report::metric::Metric;
use crate::schedule::measurement::{Measurement, Series};
use crate::study::instructions::record::InstructionCount;
use crate::worker::failure::Failure;

/// Returns the figures of results.
pub fn of_results(results: &Results) -> Vec<Metric> {
    let measurements =
        results.measurements.iter().flat_map(|measurement| of_measurement(&name(measurement), measurement));
    let counts = results.instructions.iter().flat_map(|count| {
        let overhead = count.outcome.measured().copied().into_iter();
        overhead.flat_map(move |overhead| {
            let name = name_of_count(count);
            let per_allocation = overhead.per_allocation;
            let per_allocation = per_allocation.map(|value| Metric::plain(&name, "instructions-per-allocation", value));
            [Metric::plain(&name, "instructions", overhead.ratio)].into_iter().chain(per_allocation)
        })
    });
    measurements.chain(counts).collect()
}

/// Returns a line for each benchmark of results that has no overhead, with its outcome.
pub fn left_out_of_results(results: &Results) -> Vec<String> {
    let counts = results.instructions.iter().filter(|count| count.outcome.measured().is_none()).map(|count| {
        let outcome = count.outcome.failure().map_or("no instructions".to_owned(), Failure::to_string);
        format!("{} is left out: {outcome}", name_of_count(count))
    });
    results
        .measurements
        .iter()
        .filter_map(|measurement| left_out(&name(measurement), measurement))
        .chain(counts)
        .collect()
}

/// Returns the line of a measurement that has no overhead.
pub fn left_out(name: &str, measurement: &Measurement) -> Option<String> {
    let outcome = || measurement.failure().map_or_else(|| measurement.lack(), Failure::to_string);
    measurement.overhead().is_none().then(|| format!("{name} is left out: {}", outcome()))
}

/// Returns the figures of a measurement; none if it has no overhead.
pub fn of_measurement(name: &str, measurement: &Measurement) -> Vec<Metric> {
    let Some(overhead) = measurement.overhead() else { return Vec::new() };
    let estimates = [
        ("overhead", Some(overhead.wall)),
        ("cpu-time", overhead.cpu),
        ("ns-per-allocation", measurement.ns_per_allocation()),
        ("peak-memory", overhead.peak_memory),
        ("page-faults", overhead.page_faults),
    ];
    let estimates = estimates.into_iter().filter_map(|(measure, estimate)| Some((measure, estimate?)));
    let plain = [("kernel-share", overhead.kernel_share), ("fidelity", fidelity(measurement))];
    let plain = plain.into_iter().filter_map(|(measure, value)| Some(Metric::plain(name, measure, value?)));
    estimates.map(|(measure, estimate)| Metric::estimate(name, measure, estimate)).chain(plain).collect()
}

/// Returns the name of a measurement: workload, level, and the parameters that distinguish it within its series.
pub fn name(measurement: &Measurement) -> String {
    let Measurement { workload, level, scale, threads, .. } = measurement;
    match measurement.series {
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
fn fidelity(measurement: &Measurement) -> Option<f64> {
    measurement.fidelity.filter(|_| measurement.level.has_fidelity())
}
