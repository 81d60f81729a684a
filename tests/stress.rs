//! The stress run from outside: its console, its files, and the picture.

mod common;

use common::memscope_bench;
use memscope_bench::files;
use memscope_bench::stress::Record;
use memscope_bench::workloads::Workload;
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::path::Path;

/// Runs a tiny stress run into a folder.
fn stress(output: &Path, arguments: &[&str]) -> assert_cmd::assert::Assert {
    memscope_bench().args(arguments).arg(format!("--output={}", output.display())).assert().success()
}

fn record(folder: &Path) -> Record {
    files::read(&folder.join("memory_analysis.json")).expect("the record of the run")
}

#[test]
fn the_bare_program_makes_the_stress_run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut console = stress(folder.path(), &["--scale=0.01", "--threads=2"]);
    for (number, workload) in (1..).zip(Workload::ALL) {
        console = console.stdout(contains(format!("Phase {number}: {}", workload.title())));
    }
    console
        .stdout(contains("Total tracked").and(contains("Efficiency")).and(contains("All 8 phases completed")))
        .stdout(contains("memory_analysis.svg"))
        .stderr("");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 2, "the picture and its data, nothing else");
}

#[test]
fn the_record_adds_up() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    stress(folder.path(), &["stress", "--scale=0.02", "--threads=2"]);
    let record = record(folder.path());
    assert_eq!(record.phases.len(), Workload::ALL.len());

    // The whole is its parts, and the parts are their slices.
    let sum: u64 = record.phases.iter().map(|phase| phase.truth.allocations).sum();
    // A runtime's thread may finish something between two phases, and no more.
    assert!(record.truth.allocations - sum < 100, "{sum} of {}", record.truth.allocations);
    for phase in &record.phases {
        let in_slices: u64 = phase.slices.iter().flat_map(|slice| slice.by_class).sum();
        assert_eq!(in_slices, phase.truth.allocations, "{}", phase.workload);
    }

    // memscope's hook misses nothing and invents nothing.
    assert_eq!(record.recorded.allocations, Some(record.truth.allocations));
    assert_eq!(record.recorded.variables, Some(record.variables));
    let named: u64 = record.types.iter().map(|used| used.count).sum();
    assert_eq!(named, record.variables);

    // Each phase is looked at when it is fullest and when it is over.
    for phase in &record.phases {
        let moments: Vec<_> = record.heaps.iter().filter(|heap| heap.workload == phase.workload).collect();
        assert!(moments.len() >= 2, "{}", phase.workload);
        assert_eq!(moments.last().map(|heap| heap.name.as_str()), Some("after the phase"));
    }
    for heap in &record.heaps {
        assert!(heap.utilisation().is_some_and(|full| full > 0.0 && full <= 1.0), "{}: {}", heap.workload, heap.name);
        assert!(heap.strip.iter().all(|full| (0.0..=1.0).contains(full)), "{}: {}", heap.workload, heap.name);
    }
}

#[test]
fn phases_can_be_chosen() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    stress(folder.path(), &["stress", "--scale=0.01", "--workloads=leaks,cycles"])
        .stdout(contains("Phase 2: Circular references").and(contains("Phase 3").not()));
    let phases: Vec<Workload> = record(folder.path()).phases.iter().map(|phase| phase.workload).collect();
    assert_eq!(phases, [Workload::Leaks, Workload::Cycles]);
}

#[test]
fn the_picture_is_valid_and_has_all_its_parts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    stress(folder.path(), &["--scale=0.001", "--threads=1"]);
    let text = fs::read_to_string(folder.path().join("memory_analysis.svg")).expect("the picture");
    let picture = roxmltree::Document::parse(&text).expect("valid XML");
    let words: Vec<&str> = picture.descendants().filter_map(|node| node.text()).map(str::trim).collect();
    for part in ["Dashboard", "Allocations by time and size", "Growth", "Memory by type", "Fragmentation"] {
        assert!(words.contains(&part), "{part}");
    }
    for workload in Workload::ALL {
        assert!(words.contains(&workload.name()), "{workload}");
    }
    assert!(picture.descendants().all(|node| !node.has_tag_name("script")), "no script");
}

#[test]
fn a_run_that_is_killed_leaves_the_earlier_picture() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let picture = folder.path().join("memory_analysis.svg");
    fs::write(&picture, "the earlier one").expect("a file");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_memscope-bench"))
        .args(["stress", "--scale=5"])
        .arg(format!("--output={}", folder.path().display()))
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("the program starts");
    std::thread::sleep(std::time::Duration::from_millis(200));
    child.kill().expect("it can be killed");
    child.wait().expect("it is gone");
    assert_eq!(fs::read_to_string(&picture).expect("the file"), "the earlier one");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "nothing half-written");
}
