//! Integration tests of `memscope-bench calls`: each call runs in a separate process, impossible calls are refused, and
//! the record keeps the measurements of another run.

use crate::common::{NO_VALGRIND, has_valgrind, memscope_bench, worker};
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::calls::latency::{Operation as Kind, QUANTILES};
use memscope_bench::internal::study::calls::{Calls, Operation, Timing};
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::tracking::memscope::versions::EMPTY_EXPORTS;
use memscope_bench::internal::tracking::memscope::{CONTAINERS, MemscopeBuild, UPSTREAM_BENCHES};
use memscope_bench::internal::worker::task::Task;
use memscope_bench::internal::worker::tasks::operation::Request;
use predicates::prelude::*;
use predicates::str::contains;
use semver::Version;
use std::fs;
use std::path::Path;

/// Returns whether an operation has too many live allocations to prepare without optimisation. Those with 1,000 test
/// the same.
fn is_large(operation: &Operation) -> bool {
    operation.name.ends_with("0000")
}

/// Returns whether the linked version can lack the operation.
fn may_lack(operation: &Operation) -> bool {
    CONTAINERS.is_err() && operation.name.starts_with("name-")
        || UPSTREAM_BENCHES.is_err() && operation.name.starts_with("published-")
}

/// Returns whether the linked version leaves an empty file.
fn exports_nothing(operation: &Operation) -> bool {
    let version = Version::parse(&MemscopeBuild::of_this_build().version).expect("a version");
    let [first, last] = EMPTY_EXPORTS.map(|version| Version::parse(version).expect("a version"));
    operation.name.starts_with("export-json-") && (first..=last).contains(&version)
}

fn task(operation: &str, level: Level, repeats: u64) -> Task {
    Task::Operation(Request::together(operation, level, repeats))
}

#[test]
fn each_operation_runs_once_under_each_of_its_levels() {
    let is_run = |operation: &&Operation| !is_large(operation) && !may_lack(operation) && !exports_nothing(operation);
    for operation in Operation::all().iter().filter(is_run) {
        for level in operation.levels().iter().filter(|level| level.unsupported_reason().is_none()) {
            let output =
                worker(&task(operation.name, *level, 1)).assert().success().stderr("").get_output().stdout.clone();
            let text = String::from_utf8(output).expect("text");
            let timing: Timing = serde_json::from_str(text.lines().last().expect("a line")).expect("a timing");
            assert_eq!((timing.operation.as_str(), timing.level, timing.repeats), (operation.name, *level, 1));
            assert!(timing.elapsed_ns > 0, "{}/{level}", operation.name);
        }
    }
}

#[test]
fn repeats_are_timed_together() {
    let task = task("allocate-64B", Level::Allocator, 1_000);
    worker(&task).assert().success().stdout(contains("\"repeats\":1000,"));
}

#[test]
fn unavailable_operations_are_refused() {
    let refused = |operation: &str, level: Level, repeats: u64, culprit: &str, right: &str| {
        let refusal = contains(culprit).and(contains(right));
        worker(&task(operation, level, repeats)).assert().code(2).stdout("").stderr(refusal);
    };
    refused("allocate", Level::Full, 1, "'allocate'", "allocate-16B, allocate-64B");
    refused("name-vec", Level::Full, 1, "name-vec is not timed under full", "under variables");
    refused("name-vec", Level::Variables, 201, "201 times", "only 1 to 200 times");
}

#[test]
fn single_calls_are_timed_as_well_as_repeats() {
    let request = Request { singly: true, ..Request::together("allocate-64B", Level::Untracked, 500) };
    let output = worker(&Task::Operation(request)).assert().success().stderr("").get_output().stdout.clone();
    let text = String::from_utf8(output).expect("text");
    let timing: Timing = serde_json::from_str(text.lines().last().expect("a line")).expect("a timing");
    let singly = timing.singly.expect("single calls");
    let times: Vec<u64> = (0..QUANTILES.len()).map(|place| singly.calls.at(place)).collect();
    assert!(times.is_sorted() && times[QUANTILES.len() - 1] > 0, "{times:?}");
}

/// Small enough to end in a second, with two calls of the many.
const SMALL: [&str; 6] =
    ["calls", "--calls=allocate-16B,name-vec", "--threads=1,3", "--processes=6", "--operations=100", "--output"];

#[test]
fn calls_have_means_quantiles_and_instructions() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let assert = memscope_bench().args(SMALL).arg(folder.path()).assert().success();
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(text.starts_with("With ") && text.contains("naming a Vec takes"), "{text}");
    assert!(text.contains("p99.9") && text.contains("(timing alone)"), "{text}");

    let calls: Calls = files::read(&folder.path().join("calls.json")).expect("the file");
    let (batches, singles) = (calls.batches.expect("batches"), calls.singles.expect("singles"));
    let names: Vec<(&str, String)> =
        batches.operations.iter().map(|batch| (batch.operation.as_str(), batch.level.to_string())).collect();
    let levels = ["untracked", "allocator"].map(|level| ("allocate-16B", level.to_owned()));
    assert_eq!(names, [&levels[..], &[("name-vec", "variables".to_owned())]].concat());
    for (batch, single) in batches.operations.iter().zip(&singles.calls).filter(|(batch, _)| batch.failure.is_none()) {
        assert_eq!((batch.samples.len(), single.processes.len()), (6, 6), "{}", batch.operation);
        assert!(batch.ns.is_some() && (2..=100).contains(&single.calls), "{batch:?}");
    }
    if has_valgrind() {
        assert_eq!(singles.not_counted, None);
        let each: Vec<f64> = singles.calls.iter().filter_map(|single| Some(single.counted?.each())).collect();
        assert_eq!(each.len(), batches.operations.iter().filter(|batch| batch.failure.is_none()).count());
        assert!(each[0] >= 10.0 && each[1] > each[0], "the hook executes more: {each:?}");
    }

    let latencies = calls.latencies.expect("latencies");
    let measurements: Vec<(usize, String)> =
        latencies.measurements.iter().map(|measurement| (measurement.threads, measurement.level.to_string())).collect();
    let levels = ["untracked", "counting", "allocator"];
    let wanted: Vec<(usize, String)> =
        [1, 3].into_iter().flat_map(|threads| levels.map(|level| (threads, level.to_owned()))).collect();
    assert_eq!(measurements, wanted);
    for measurement in latencies.measurements.iter().filter(|measurement| measurement.failure.is_none()) {
        assert_eq!(measurement.processes.len(), 6);
        for operation in [Kind::Allocating, Kind::Freeing, Kind::Timing] {
            let times: Vec<f64> =
                (0..QUANTILES.len()).filter_map(|place| Some(measurement.at(operation, place)?.value)).collect();
            assert_eq!(times.len(), QUANTILES.len());
            assert!(times.is_sorted(), "{}: {times:?}", operation.name());
            assert!(measurement.mean(operation).is_some());
        }
    }
    let picture = fs::read_to_string(folder.path().join("calls.svg")).expect("the picture");
    roxmltree::Document::parse(&picture).expect("well-formed");
    assert!(folder.path().join("calls.md").is_file());
}

#[test]
fn the_former_name_works_and_without_valgrind_only_instructions_are_missing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    memscope_bench()
        .env("PATH", "")
        .args(["latency", "--calls=allocate-16B", "--threads=1", "--tracking=untracked"])
        .args(["--processes=6", "--operations=10", "--output"])
        .arg(folder.path())
        .assert()
        .success()
        .stdout(contains("instructions: unknown, because").and(contains(NO_VALGRIND)));
    let calls: Calls = files::read(&folder.path().join("calls.json")).expect("the file");
    assert!(calls.singles.expect("singles").calls.iter().all(|single| single.counted.is_none()));
}

#[test]
fn unknown_calls_are_refused_with_the_known_ones() {
    let known = contains("'allocate'").and(contains("allocate-16B, allocate-64B"));
    memscope_bench().args(["calls", "--calls=allocate"]).assert().code(2).stdout("").stderr(known);
    memscope_bench()
        .args(["calls", "--tracking=full"])
        .assert()
        .code(2)
        .stderr(contains("--tracking").and(contains("no values are named")));
}

/// Returns the record of a file of an earlier version, in which a part had its own file.
fn part(name: &str) -> Calls {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    let assert = memscope_bench().args(["report", "--print", "--format=json"]).arg(&path).assert().success();
    serde_json::from_slice(&assert.get_output().stdout).expect("a file of calls")
}

#[test]
fn new_means_replace_the_earlier_ones_and_keep_the_rest() {
    let latencies = part("latency-v1.json");
    let batches = part("operations-v1.json").batches.expect("batches");
    assert!(latencies.batches.is_none() && latencies.latencies.is_some());
    // They are from different machines.
    let apart = latencies.clone().with_batches(batches.clone());
    assert_eq!((apart.batches.as_ref(), apart.latencies), (Some(&batches), None));

    let mut alike = latencies.clone();
    let origin = &mut alike.latencies.as_mut().expect("latencies").origin;
    origin.machine = batches.origin.machine.clone();
    origin.memscope = batches.origin.memscope.clone();
    let kept = alike.latencies.clone();
    let both = alike.with_batches(batches.clone());
    assert_eq!((both.batches.as_ref(), &both.latencies), (Some(&batches), &kept));
    let again = both.with_batches(batches.clone());
    assert_eq!((again.batches, again.latencies), (Some(batches), kept));
}
