//! Operations from outside: each runs once in a separate process, and impossible ones are refused.

mod common;

use common::worker;
use memscope_bench::internal::study::operations::{Operation, Timing};
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::tracking::memscope::versions::EMPTY_EXPORTS;
use memscope_bench::internal::tracking::memscope::{CONTAINERS, MemscopeBuild, UPSTREAM_BENCHES};
use memscope_bench::internal::worker::task::Task;
use memscope_bench::internal::worker::tasks::operation::Request;
use predicates::prelude::*;
use predicates::str::contains;
use semver::Version;

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
    Task::Operation(Request { operation: operation.to_owned(), level, repeats })
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
fn what_is_not_to_be_had_is_refused() {
    let refused = |operation: &str, level: Level, repeats: u64, culprit: &str, right: &str| {
        let refusal = contains(culprit).and(contains(right));
        worker(&task(operation, level, repeats)).assert().code(2).stdout("").stderr(refusal);
    };
    refused("allocate", Level::Full, 1, "'allocate'", "allocate-16B, allocate-64B");
    refused("name-vec", Level::Full, 1, "name-vec is not timed under full", "under variables");
    refused("name-vec", Level::Variables, 201, "201 times", "at most 200 times");
}
