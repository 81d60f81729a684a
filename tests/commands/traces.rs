//! `validate --traces` and the level `recording`: traces of workloads, as a user sees them.

use crate::common::{memscope_bench, worker};
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::traces::Traces;
use memscope_bench::internal::trace::Trace;
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::worker::probe::{self, Observation};
use memscope_bench::internal::worker::task::Task;
use memscope_bench::internal::worker::tasks::recorded::Request;
use memscope_bench::internal::workloads::{Scale, Workload, registered};
use predicates::prelude::*;
use predicates::str::contains;

fn probe_of(workload: Workload) -> probe::Request {
    let scale = Scale::new(0.001).expect("positive");
    probe::Request { workload, level: Level::Recording, scale, threads: 2, count: true }
}

#[test]
fn a_recorded_window_has_the_events_that_the_counters_saw() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for &workload in registered() {
        let path = folder.path().join(format!("{workload}.trace"));
        let task = Task::Record(Request { probe: probe_of(workload), trace: path.display().to_string() });
        let output = worker(&task).assert().success().stderr("").get_output().stdout.clone();
        let seen: Observation = serde_json::from_slice(&output).expect("an observation");
        let truth = seen.truth.expect("the counters ran");
        let trace = Trace::read(&path).expect("a trace").summary();
        let allocations = trace.operations.allocate + trace.operations.zeroed + trace.operations.reallocate;
        assert_eq!((allocations, trace.bytes), (truth.allocations, truth.allocated_bytes), "{workload}");
        let frees = trace.operations.free + trace.operations.reallocate + trace.unknown_frees;
        assert_eq!(frees, truth.deallocations, "{workload}");
        assert!(!trace.ended_early, "{workload}");
    }
}

#[test]
fn the_recorder_is_a_level_that_sees_each_event() {
    let output = memscope_bench()
        .args(["probe", "--workload=cycles", "--tracking=recording", "--scale=0.001", "--count"])
        .assert()
        .success()
        .get_output()
        .stdout
        .clone();
    let seen: Observation = serde_json::from_slice(&output).expect("an observation");
    let truth = seen.truth.expect("the counters ran");
    assert_eq!(seen.recorded.allocations, Some(truth.allocations));
    assert_eq!(seen.recorded.deallocations, Some(truth.deallocations));
}

#[test]
fn estimates_are_compared_with_the_workloads_themselves() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Six pairs may be too few to determine the accuracy, so the sentence after the colon depends on the machine.
    let report = contains("Replays: ")
        .and(contains("Predictions: "))
        .and(contains("The recorder itself typically costs"))
        .and(contains("Without a prediction: ").and(contains("calls.json is missing")));
    memscope_bench()
        .args([
            "validate",
            "--traces",
            "--pairs=6",
            "--scale=0.001",
            "--workloads=structures,cycles,leaks,fragmentation",
        ])
        .arg("--output")
        .arg(folder.path())
        .assert()
        .success()
        .stdout(report);
    let traces: Traces = files::read(&folder.path().join("traces.json")).expect("a file of traces");
    assert_eq!(traces.programs.len(), 4);
    for program in &traces.programs {
        assert_eq!(program.recorded.program, program.direct.workload.name());
        assert_eq!([program.direct.level, program.replayed.level], [Level::Allocator; 2]);
        assert_eq!(program.replayed.pairs.len(), 6);
    }
}

#[test]
fn traces_exclude_the_other_validations() {
    for other in ["--load", "--quick", "--sessions=2", "--resume"] {
        let mut command = memscope_bench();
        command.args(["validate", "--traces", other]).assert().code(2).stderr(contains("cannot be used with"));
    }
    memscope_bench().args(["validate", "--pairs=6"]).assert().code(2).stderr(contains("required"));
}
