//! `memscope-bench latency` from outside: every level runs on every number of threads, and its quantiles are in
//! order.

mod common;

use common::memscope_bench;
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::latency::{Latencies, Operation, QUANTILES};
use predicates::prelude::*;
use predicates::str::contains;

#[test]
fn every_level_is_timed_on_every_number_of_threads() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    memscope_bench()
        .args(["latency", "--threads=1,3", "--processes=6", "--operations=50", "--output"])
        .arg(folder.path())
        .assert()
        .success()
        .stdout(contains("p99.9").and(contains("(timing alone)")));
    let latencies: Latencies = files::read(&folder.path().join("latency.json")).expect("the file");
    let measurements: Vec<(usize, String)> =
        latencies.measurements.iter().map(|measurement| (measurement.threads, measurement.level.to_string())).collect();
    let levels = ["untracked", "counting", "allocator"];
    let wanted: Vec<(usize, String)> =
        [1, 3].into_iter().flat_map(|threads| levels.map(|level| (threads, level.to_owned()))).collect();
    assert_eq!(measurements, wanted);
    for measurement in latencies.measurements.iter().filter(|measurement| measurement.failure.is_none()) {
        assert_eq!(measurement.processes.len(), 6);
        for operation in [Operation::Allocating, Operation::Freeing, Operation::Timing] {
            let times: Vec<f64> =
                (0..QUANTILES.len()).filter_map(|place| Some(measurement.at(operation, place)?.value)).collect();
            assert_eq!(times.len(), QUANTILES.len());
            assert!(times.is_sorted(), "{}: {times:?}", operation.name());
        }
    }
    let picture = std::fs::read_to_string(folder.path().join("latency.svg")).expect("the picture");
    roxmltree::Document::parse(&picture).expect("well-formed");
    assert!(folder.path().join("latency.md").is_file());
}

#[test]
fn named_values_have_no_latency_here() {
    memscope_bench()
        .args(["latency", "--tracking=full"])
        .assert()
        .code(2)
        .stderr(contains("--tracking").and(contains("no named values")));
}
