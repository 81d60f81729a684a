//! `detect` from outside: its findings with this build's memscope, the outcome of a report that fails, and its
//! refusals.

mod common;

use common::{memscope_bench, worker};
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::accuracy::{Detections, Finding, Report, WORKLOADS};
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::tracking::memscope::FindingKind;
use memscope_bench::internal::tracking::memscope::versions::{GENERATIONS, WITHOUT_REPORTS};
use memscope_bench::internal::worker::failure::Failure;
use memscope_bench::internal::worker::task::Task;
use memscope_bench::internal::worker::tasks::detection::Request;
use memscope_bench::internal::workloads::{Scale, Workload};
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::sync::OnceLock;

/// The output of `detect`, and its two files.
type Output = (String, Detections, String);

/// Returns a run at a scale at which `leaks` plants two blocks, and `cycles` a pair of nodes; it runs once for all
/// tests.
fn usual() -> &'static Output {
    static USUAL: OnceLock<Output> = OnceLock::new();
    USUAL.get_or_init(|| detect(&["--scale=0.02"], None))
}

/// Runs `detect`, with a fault if given.
fn detect(arguments: &[&str], fault: Option<&str>) -> Output {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = memscope_bench();
    command.args(["detect", "--output"]).arg(folder.path()).args(arguments);
    if let Some(fault) = fault {
        command.env("MEMSCOPE_BENCH_FAULT", fault);
    }
    let output =
        command.assert().success().stderr(contains("Wrote detection.json, detection.md in ")).get_output().clone();
    let markdown = fs::read_to_string(folder.path().join("detection.md")).expect("a table");
    let detections = files::read(&folder.path().join("detection.json")).expect("a file of detections");
    (String::from_utf8(output.stdout).expect("text"), detections, markdown)
}

#[test]
fn every_report_of_this_build_has_its_row() {
    let (text, detections, markdown) = usual();
    let [build] = detections.builds.as_slice() else { panic!("one build: {detections:?}") };
    let asked: Vec<(Workload, Report)> = build.rows.iter().map(|row| (row.workload, row.report.clone())).collect();
    let expected: Vec<(Workload, Report)> = WORKLOADS
        .into_iter()
        .flat_map(|workload| Report::all().into_iter().map(move |report| (workload, report)))
        .filter(|(workload, report)| report.suits(*workload))
        .collect();
    assert_eq!(asked, expected);
    for report in Report::all() {
        assert!(markdown.contains(&report.call), "{}", report.name());
    }
    assert!(text.contains("Planted by leaks at scale 0.02 with seed 1: 2 blocks"), "{text}");
}

#[test]
fn what_is_planted_is_what_the_scale_says() {
    let (_, detections, _) = usual();
    for row in &detections.builds[0].rows {
        let Some(Finding { planted, held, leaked, alive, .. }) = row.finding else { continue };
        let (leaks, nodes) = if row.workload == Workload::LEAKS { (2, 2) } else { (106, 2) };
        let expected = match (row.report.sought, row.report.level) {
            (FindingKind::Cycles, _) => 1,
            (_, Level::Variables) => nodes,
            _ => leaks,
        };
        let name = format!("{} after {}", row.report.name(), row.workload);
        assert_eq!((planted, leaked), (expected, leaks), "{name}");
        assert!(alive >= leaked, "{name}");
        if row.report.level == Level::Allocator {
            assert_eq!(alive, leaked, "{name}");
        }
        if let Some(held) = held {
            assert_eq!(held.true_positives + held.false_negatives, planted, "{name}");
        }
    }
}

#[test]
fn a_report_that_hangs_or_dies_costs_its_own_row_alone() {
    let name = Report::all().iter().find(|report| report.lacking.is_none()).expect("there is a report").name();
    let outcome = |kind: &str| {
        let (text, detections, markdown) =
            detect(&["--scale=0.001", "--time-limit=10"], Some(&format!("leaks/{name}={kind}")));
        let rows = &detections.builds[0].rows;
        let failed: Vec<_> = rows.iter().filter(|row| row.report.lacking.is_none() && row.failure.is_some()).collect();
        let [row] = failed.as_slice() else { panic!("one row: {failed:?}") };
        assert_eq!((row.workload, row.report.name()), (Workload::LEAKS, name.clone()));
        let failure = row.failure.clone().expect("it failed");
        assert!(text.contains(&failure.label()) && markdown.contains(&failure.to_string()), "{text}");
        failure
    };
    assert_eq!(outcome("hang"), Failure::TimedOut { seconds: 10 });
    assert_eq!(outcome("crash"), Failure::Crashed { how: "SIGABRT".to_owned() });
}

#[test]
fn what_cannot_be_asked_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let refused = |arguments: &[&str], why: &str| {
        let refusal = contains(why.to_owned()).and(contains("error:"));
        memscope_bench().current_dir(folder.path()).args(arguments).assert().code(2).stdout("").stderr(refusal);
    };
    refused(&["detect", "no-such-thing"], "'no-such-thing' is no build");
    refused(&["detect", "--scale=0"], "--scale");
    refused(&["detect", "--format=yaml"], "--format");
    let request = Request { workload: Workload::LEAKS, scale: Scale::FULL, report: "luck".to_owned() };
    let refusal = contains("error: there is no report 'luck'; there are ");
    worker(&Task::Detection(request)).assert().code(2).stdout("").stderr(refusal);
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0, "nothing is left behind");
}

#[test]
#[ignore = "builds many versions of memscope, which takes half an hour the first time: cargo test --test detect -- \
 --ignored"]
fn every_generation_of_the_api_is_asked() {
    // The newest is the one that this program is built with, and the other tests cover it.
    let (text, detections, _) = detect(&[&["--scale=0.001"], GENERATIONS.as_slice()].concat(), None);
    for (build, version) in detections.builds.iter().zip(GENERATIONS) {
        assert_eq!((build.name.as_str(), &build.failure), (version, &None), "{text}");
        for sought in [FindingKind::Leaks, FindingKind::Cycles, FindingKind::Active] {
            assert!(build.rows.iter().any(|row| row.report.sought == sought), "{version}: {text}");
        }
        let lacks = build.rows.iter().any(|row| row.report.lacking.is_some());
        assert_eq!(lacks, WITHOUT_REPORTS.contains(&version), "{version}: {text}");
    }
}
