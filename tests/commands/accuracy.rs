//! Integration tests of `accuracy`: the accuracy of this build's reports, the outcome of a report that fails, and its
//! refusals; and the detections that `check` compares.

use crate::common::{memscope_bench, worker};
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::accuracy::{Accuracy, Finding, PromiseOutcome, Report, Status};
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::tracking::memscope::versions::GENERATIONS;
use memscope_bench::internal::tracking::memscope::{FindingKind, MemscopeBuild};
use memscope_bench::internal::worker::failure::Failure;
use memscope_bench::internal::worker::task::Task;
use memscope_bench::internal::worker::tasks::detection;
use memscope_bench::internal::worker::tasks::promises::{Promise, Request};
use memscope_bench::internal::workloads::{Scale, Workload};
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::sync::OnceLock;

/// The output of `accuracy`, and its two files.
type Output = (String, Accuracy, String);

/// Returns a run of all promises; it runs once for all tests. Fewer repeats than by default save ten seconds.
fn usual() -> &'static Output {
    static USUAL: OnceLock<Output> = OnceLock::new();
    USUAL.get_or_init(|| accuracy(&["--repeats=2"], None))
}

/// Runs `accuracy`, with a fault if given.
fn accuracy(arguments: &[&str], fault: Option<&str>) -> Output {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = memscope_bench();
    command.args(["accuracy", "--output"]).arg(folder.path()).args(arguments);
    if let Some(fault) = fault {
        command.env("MEMSCOPE_BENCH_FAULT", fault);
    }
    let output =
        command.assert().success().stderr(contains("Wrote accuracy.json, accuracy.md in ")).get_output().clone();
    let markdown = fs::read_to_string(folder.path().join("accuracy.md")).expect("a table");
    let accuracy = files::read(&folder.path().join("accuracy.json")).expect("a file of accuracy");
    (String::from_utf8(output.stdout).expect("text"), accuracy, markdown)
}

#[test]
fn every_promise_of_this_build_has_its_row() {
    let (text, accuracy, markdown) = usual();
    let [build] = accuracy.builds.as_slice() else { panic!("one build: {accuracy:?}") };
    let tested: Vec<&str> = build.promises.iter().map(|outcome| outcome.promise.as_str()).collect();
    let expected: Vec<&str> = Promise::ALL.iter().map(|promise| promise.name).collect();
    assert_eq!(tested, expected);
    for outcome in &build.promises {
        let is_unknown = outcome.status() == Status::Unknown;
        assert!(!is_unknown, "{outcome:?}");
        assert!(markdown.contains(&format!("| {} ", outcome.promise)), "{markdown}");
    }
    assert!(text.starts_with(&format!("{} keeps ", build.name)), "the answer comes first: {text}");
}

/// A published version does not change.
#[test]
fn version_0_2_5_keeps_and_breaks_known_promises() {
    let (_, accuracy, _) = usual();
    let build = MemscopeBuild::of_this_build();
    if (build.version.as_str(), build.source.as_str()) != ("0.2.5", "crates.io") {
        return;
    }
    let status = |name: &str| {
        let outcomes = &accuracy.builds[0].promises;
        outcomes.iter().find(|outcome| outcome.promise == name).map(PromiseOutcome::status)
    };
    for kept in ["live-blocks", "totals", "peak", "threads", "order", "names"] {
        assert_eq!(status(kept), Some(Status::Kept), "{kept}");
    }
    for broken in ["use-after-free", "overflow", "task-memory", "async-tasks", "quick-start-service"] {
        assert_eq!(status(broken), Some(Status::NotKept), "{broken}");
    }
    assert_eq!(status("svg"), Some(Status::Unsupported));
    // Elsewhere memscope can read the values' memory, and takes values of the same content for clones.
    if cfg!(target_os = "linux") {
        assert_eq!(status("clones"), Some(Status::Kept));
    }
}

#[test]
fn a_report_that_hangs_or_crashes_affects_only_its_row() {
    let outcome = |kind: &str| {
        let arguments = ["--promises=live-blocks,totals", "--time-limit=10"];
        let (text, accuracy, _) = accuracy(&arguments, Some(&format!("promise/totals={kind}")));
        let [live, totals] = accuracy.builds[0].promises.as_slice() else { panic!("two promises: {accuracy:?}") };
        assert_eq!(live.failure, None);
        let failure = totals.failure.clone().expect("it failed");
        assert!(text.contains(&totals.status().label()), "{text}");
        (failure, totals.status())
    };
    assert_eq!(outcome("hang"), (Failure::TimedOut { seconds: 10 }, Status::Hangs));
    assert_eq!(outcome("crash"), (Failure::Crashed { how: "SIGABRT".to_owned() }, Status::Crashes));
}

#[test]
fn unknown_promises_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let refused = |arguments: &[&str], why: &str| {
        let refusal = contains(why.to_owned()).and(contains("error:"));
        memscope_bench().current_dir(folder.path()).args(arguments).assert().code(2).stdout("").stderr(refusal);
    };
    refused(&["accuracy", "no-such-thing"], "'no-such-thing' is not a build");
    refused(&["accuracy", "--promises=luck"], "luck");
    refused(&["detect", "--format=yaml"], "--format");
    let request = Request { promise: "luck".to_owned() };
    let refusal = contains("error: unknown promise 'luck'; choose from quick-start, ");
    worker(&Task::Promise(request)).assert().code(2).stdout("").stderr(refusal);
    let request = detection::Request { workload: Workload::LEAKS, scale: Scale::FULL, report: "luck".to_owned() };
    let refusal = contains("error: unknown report 'luck'; choose from ");
    worker(&Task::Detection(request)).assert().code(2).stdout("").stderr(refusal);
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0, "nothing is left behind");
}

/// Runs a report on a workload, as `check` does.
fn finding(workload: Workload, report: &Report) -> Option<Finding> {
    let scale = Scale::new(0.02).expect("positive");
    let request = detection::Request { workload, scale, report: report.name() };
    let output = worker(&Task::Detection(request)).output().expect("it runs");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    serde_json::from_str(printed.lines().last().unwrap_or_default()).ok()
}

#[test]
fn the_scale_determines_the_number_of_planted_objects() {
    for (workload, leaks, nodes) in [(Workload::LEAKS, 2, 2), (Workload::CYCLES, 106, 2)] {
        for report in Report::all().iter().filter(|report| report.lacking.is_none() && report.suits(workload)) {
            let name = format!("{} after {workload}", report.name());
            let Finding { planted, held, leaked, alive, .. } = finding(workload, report).expect(&name);
            let expected = match (report.sought, report.level) {
                (FindingKind::Cycles, _) => 1,
                (_, Level::Variables) => nodes,
                _ => leaks,
            };
            assert_eq!((planted, leaked), (expected, leaks), "{name}");
            assert!(alive >= leaked && (report.level != Level::Allocator || alive == leaked), "{name}");
            if let Some(held) = held {
                assert_eq!(held.true_positives + held.false_negatives, planted, "{name}");
            }
        }
    }
}

#[test]
#[ignore = "builds many versions of memscope, which takes half an hour the first time: cargo test --test \
            commands accuracy -- --ignored"]
fn every_generation_of_the_api_is_tested() {
    // The newest version is the one that this program is built with, and the other tests cover it.
    let arguments = [&["--promises=live-blocks,value-leaks,names,quick-start,json"], GENERATIONS.as_slice()].concat();
    let (text, accuracy, _) = accuracy(&arguments, None);
    for (build, version) in accuracy.builds.iter().zip(GENERATIONS) {
        assert_eq!((build.name.as_str(), &build.failure), (version, &None), "{text}");
        for outcome in &build.promises {
            assert!(outcome.status() != Status::Unknown, "{version}: {outcome:?}");
        }
        let quick_start = build.promises.iter().find(|outcome| outcome.promise == "quick-start").expect("it is tested");
        // The documents of 0.1.10 show functions that its source does not have.
        assert_eq!(quick_start.status() == Status::NotKept, version == "0.1.10", "{version}: {quick_start:?}");
    }
}
