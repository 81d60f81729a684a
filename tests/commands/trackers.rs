//! Integration tests of `trackers`: its measurements, its files, and its messages in a build without the other
//! trackers.

use crate::common::memscope_bench;
use memscope_bench::internal::platform::files;
use memscope_bench::internal::schedule::measurement::Measurement;
use memscope_bench::internal::study::trackers;
use memscope_bench::internal::study::trackers::Trackers;
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::worker::failure::Failure;
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::path::Path;

const TINY: [&str; 4] = ["trackers", "--workloads=cycles", "--scale=0.001", "--pairs=6"];

/// Returns the measurement of a level, on its one workload.
fn measurement(trackers: &Trackers, level: Level) -> Measurement {
    let measurement = trackers.results.measurements.iter().find(|measurement| measurement.level == level);
    measurement.unwrap_or_else(|| panic!("{level} has a measurement")).clone()
}

fn read(folder: &Path) -> Trackers {
    files::read(&folder.join("trackers.json")).expect("a file of trackers")
}

#[test]
fn trackers_are_printed_and_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Without a search path, heaptrack is not found.
    let said = memscope_bench()
        .args(TINY)
        .arg(format!("--output={}", folder.path().display()))
        .env("PATH", "")
        .env("MEMSCOPE_BENCH_FAULT", "cycles/full=crash")
        .assert()
        .success()
        .stdout(contains("unsupported: heaptrack is not installed").and(contains("crashed (SIGABRT)")))
        .stdout(contains("named values").and(contains("Noise floor")));
    if cfg!(not(feature = "references")) {
        said.stderr(contains("cargo run --release --features references -- trackers"));
    }
    let trackers = read(folder.path());
    assert_eq!(
        trackers.results.measurements.iter().map(|measurement| measurement.level).collect::<Vec<_>>(),
        Trackers::levels()
    );
    for level in [Level::Untracked, Level::Counting, Level::Allocator] {
        assert!(measurement(&trackers, level).overhead().is_some(), "{level}");
    }
    let table = fs::read_to_string(folder.path().join("trackers.md")).expect("the table");
    assert!(table.starts_with("## cycles") && table.contains("| allocator (memscope)"), "{table}");
    let picture = fs::read_to_string(folder.path().join("trackers.svg")).expect("the picture");
    assert!(picture.contains("Is it memscope, or is it tracking?"));
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 3, "three files and nothing else");
}

#[test]
fn trackers_are_ordered_by_time_and_those_without_a_figure_come_last() {
    let trackers = crate::common::trackers();
    let [ranking] = &trackers.rankings()[..] else { panic!("one workload") };
    let order: Vec<String> = ranking.measurements.iter().map(|measurement| measurement.level.to_string()).collect();
    let expected = [
        "jemalloc",
        "jemalloc-profiler",
        "untracked",
        "variables",
        "counting",
        "stats_alloc",
        "tracking-allocator",
        "allocator",
        "dhat",
        "full",
        "heaptrack",
    ];
    assert_eq!(order, expected);
}

#[test]
fn samplers_and_recorders_are_distinguished() {
    let table = crate::common::markdown(&crate::common::trackers());
    let row = |measurement: &str| {
        let begins = format!("| {measurement} ");
        let row = table.lines().find(|line| line.starts_with(&begins));
        row.unwrap_or_else(|| panic!("{measurement} has a row in {table}")).to_owned()
    };
    assert!(row("jemalloc-profiler").contains("samples") && row("jemalloc-profiler").contains("unknown"));
    assert!(row("dhat").contains("each event, backtrace") && row("dhat").contains("1.0000"));
    assert!(row("stats_alloc").contains("counts"));
    assert!(row("full (memscope)").contains("timed-out"));
    assert!(row("heaptrack").contains("unsupported: heaptrack is not installed"));
}

#[test]
fn every_build_reads_and_draws_the_trackers_of_other_builds() {
    let trackers = crate::common::trackers();
    let folder = tempfile::tempdir().expect("a temporary folder");
    files::write_json(&folder.path().join("trackers.json"), &trackers).expect("written");
    assert_eq!(read(folder.path()), trackers);
    let picture = trackers::chart::draw(&trackers);
    let parsed = roxmltree::Document::parse(&picture).expect("well-formed");
    let words: Vec<&str> = parsed.descendants().filter_map(|node| node.text()).collect();
    for reference in Level::REFERENCES {
        assert!(words.contains(&reference.properties().name), "{reference}");
    }
    assert!(words.contains(&"unsupported: heaptrack is not installed"));
}

#[test]
fn a_probe_of_heaptrack_is_refused_outside_of_it() {
    memscope_bench()
        .args(["probe", "--workload=cycles", "--scale=0.001", "--tracking=heaptrack"])
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("heaptrack runs"));
}

#[test]
fn heaptrack_records_every_event_if_it_is_installed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    memscope_bench().args(TINY).arg(format!("--output={}", folder.path().display())).assert().success();
    let measurement = measurement(&read(folder.path()), Level::Heaptrack);
    if matches!(measurement.failure(), Some(Failure::Unsupported { .. })) {
        eprintln!("skipped: {measurement:?}");
        return;
    }
    assert_eq!((measurement.failure(), measurement.fidelity), (None, Some(1.0)));
    assert!(measurement.overhead().is_some());
}

#[cfg(not(feature = "references"))]
#[test]
fn other_trackers_are_refused_with_the_feature_that_has_them() {
    for reference in Level::REFERENCES.iter().filter(|reference| !reference.is_built()) {
        for command in [["measure", "--workloads=cycles"], ["probe", "--workload=cycles"]] {
            memscope_bench()
                .args(command)
                .arg(format!("--tracking={reference}"))
                .assert()
                .code(2)
                .stdout("")
                .stderr(contains(reference.to_string()).and(contains("--features references")));
        }
    }
}

#[cfg(feature = "references")]
mod with_references {
    use super::*;
    use assert_cmd::Command;
    use memscope_bench::internal::workloads::registered;

    #[test]
    fn each_is_measured_and_counters_and_recorders_miss_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        memscope_bench().args(TINY).arg(format!("--output={}", folder.path().display())).assert().success();
        let trackers = read(folder.path());
        for reference in [Level::StatsAlloc, Level::TrackingAllocator, Level::Dhat] {
            assert_eq!(measurement(&trackers, reference).fidelity, Some(1.0), "{reference}");
        }
        for reference in [Level::Jemalloc, Level::JemallocProfiler] {
            assert_eq!(measurement(&trackers, reference).fidelity, None, "{reference}");
        }
        for &reference in Level::REFERENCES.iter().filter(|&&reference| reference != Level::Heaptrack) {
            let measurement = measurement(&trackers, reference);
            assert_eq!(measurement.failure(), None, "{reference}");
            assert!(measurement.overhead().is_some(), "{reference}");
        }
    }

    #[test]
    fn they_record_every_event_of_every_workload() {
        for workload in registered() {
            for level in ["stats_alloc", "dhat"] {
                let level = format!("--tracking={level}");
                let seen =
                    crate::common::probe(&[&format!("--workload={workload}"), &level, "--scale=0.001", "--count"]);
                let fidelity = seen.fidelity().expect("both are known");
                if workload.is_parallel() {
                    // A runtime's thread may be within a call when the window closes.
                    assert!((0.99..=1.01).contains(&fidelity), "{workload} {level}: {fidelity}");
                } else {
                    assert_eq!(fidelity, 1.0, "{workload} {level}");
                }
            }
        }
    }

    #[test]
    fn a_level_runs_in_the_program_that_has_it() {
        let probe = ["probe", "--workload=cycles", "--scale=0.001"];
        memscope_bench()
            .args(probe)
            .arg("--tracking=jemalloc")
            .assert()
            .code(2)
            .stdout("")
            .stderr(contains("run memscope-bench-jemalloc"));
        let jemalloc = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_memscope-bench-jemalloc"));
            command.args(probe).env_remove("_RJEM_MALLOC_CONF");
            command
        };
        jemalloc().arg("--tracking=full").assert().code(2).stderr(contains("not for the level 'full'"));
        jemalloc().arg("--tracking=dhat").assert().code(2).stderr(contains("not for the level 'dhat'"));
        // A profiler that is off must not appear as a profiler without cost.
        let profiler = || {
            let mut command = jemalloc();
            command.arg("--tracking=jemalloc-profiler");
            command
        };
        profiler().assert().code(2).stderr(contains("set _RJEM_MALLOC_CONF=prof:true"));
        profiler().env("_RJEM_MALLOC_CONF", "prof:true").assert().success();
    }
}
