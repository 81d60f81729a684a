//! Integration tests of the stress run: its console, its files, and the chart.

use crate::common::{linked, memscope_bench};
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::stress::Record;
use memscope_bench::internal::workloads::{Workload, registered};
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::path::Path;

/// The panels, by their names in the published suite.
const PANELS: [&str; 5] = [
    "Performance Dashboard",
    "Memory Allocation Heatmap",
    "Memory Usage by Type",
    "Memory Growth Trends",
    "Memory Fragmentation Analysis",
];

/// The number of the hook's figures in the table, which a version may not all know.
const RECORDED: usize = 6;

/// Runs a tiny stress run into a folder.
fn stress(output: &Path, arguments: &[&str]) -> assert_cmd::assert::Assert {
    memscope_bench().args(arguments).arg(format!("--output={}", output.display())).assert().success()
}

fn record(folder: &Path) -> Record {
    files::read(&folder.join("memory_analysis.json")).expect("the record of the run")
}

#[test]
fn the_program_without_a_command_makes_the_stress_run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut console = stress(folder.path(), &["--scale=0.01", "--threads=2"]);
    // memscope knows every figure of the closing table, or the table reports that it does not.
    let is_unknown = linked::figures().len() < RECORDED;
    console = console.stdout(predicate::function(|text: &str| text.contains(" unknown ") == is_unknown));
    for (number, workload) in (1..).zip(registered()) {
        console = console.stdout(contains(format!("Phase {number}: {}", workload.title())));
    }
    let completed = format!("All {} phases completed", registered().len());
    let console = console
        .stdout(contains("Total tracked").and(contains("Efficiency")).and(contains(completed)))
        .stderr(contains("Wrote memory_analysis.json, memory_analysis.md, memory_analysis.svg in "));
    let mut files: Vec<String> = fs::read_dir(folder.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("letters"))
        .collect();
    files.sort_unstable();
    // memscope's own chart exists, or stderr has the reason.
    let said = String::from_utf8(console.get_output().stderr.clone()).expect("text");
    // memscope's own output is ignored: 0.2.0 warns there of a free that it did not see allocated.
    let is_ours =
        |line: &&str| !["[memscope]", "Wrote ", "memscope writes "].iter().any(|begin| line.starts_with(begin));
    let said = said.lines().filter(is_ours).collect::<String>();
    let is_drawn =
        linked::own_picture().is_none_or(|own| !said.contains(&format!("memscope's own {own} was not written")));
    assert!(!is_drawn || said.is_empty(), "{said}");
    let own = linked::own_picture().filter(|_| is_drawn);
    let expected = ["memory_analysis.json", "memory_analysis.md", "memory_analysis.svg"].into_iter().chain(own);
    assert_eq!(files, expected.collect::<Vec<_>>(), "the record and its reports, and no other file of this program");
}

#[test]
fn the_record_adds_up() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let console = stress(folder.path(), &["stress", "--scale=0.02", "--threads=2"]);
    let record = record(folder.path());
    assert_eq!(record.phases.len(), registered().len());

    // The whole is the sum of its parts, and the parts are the sums of their slices.
    let sum: u64 = record.phases.iter().map(|phase| phase.truth.allocations).sum();
    // A runtime's thread may finish something between two phases, but no more.
    assert!(record.truth.allocations - sum < 100, "{sum} of {}", record.truth.allocations);
    for phase in &record.phases {
        let in_slices: u64 = phase.slices.iter().flat_map(|slice| slice.by_class).sum();
        assert_eq!(in_slices, phase.truth.allocations, "{}", phase.workload);
    }

    // memscope's hook misses nothing and invents nothing; or it misses much, and counts a named value twice.
    let recorded = record.recorded.allocations.expect("every version counts allocations");
    if linked::records_every_event() {
        assert_eq!(recorded, record.truth.allocations);
    } else {
        assert!((1..=record.truth.allocations + record.variables).contains(&recorded), "{recorded}");
    }
    assert_eq!(record.recorded.variables, linked::counts_named_values().then_some(record.variables));
    assert_eq!(record.types_recorded.is_empty(), !linked::counts_named_values());
    let named: u64 = record.types.iter().map(|used| used.count).sum();
    assert_eq!(named, record.variables);

    // Each phase has a snapshot at its peak and one at its end.
    for phase in &record.phases {
        let moments: Vec<_> = record.heaps.iter().filter(|heap| heap.workload == phase.workload).collect();
        if !linked::tells_live_blocks() {
            assert!(moments.is_empty(), "{}", phase.workload);
            continue;
        }
        assert!(moments.len() >= 2, "{}", phase.workload);
        assert_eq!(moments.last().map(|heap| heap.name.as_str()), Some("after the phase"));
    }
    let of_unknown_blocks = if linked::tells_live_blocks() { 0 } else { record.phases.len() };
    console.stdout(contains("live blocks: unknown").count(of_unknown_blocks));
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
    assert_eq!(phases, [Workload::LEAKS, Workload::CYCLES]);
}

#[test]
fn the_picture_is_valid_and_has_all_its_parts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    stress(folder.path(), &["--scale=0.001", "--threads=1"]);
    let text = fs::read_to_string(folder.path().join("memory_analysis.svg")).expect("the picture");
    let picture = roxmltree::Document::parse(&text).expect("valid XML");
    let words: Vec<&str> = picture.descendants().filter_map(|node| node.text()).map(str::trim).collect();
    for part in PANELS {
        assert!(words.contains(&part), "{part}");
    }
    for workload in registered() {
        assert!(words.contains(&workload.name()), "{workload}");
    }
    assert!(picture.descendants().all(|node| !node.has_tag_name("script")), "no script");
}

#[test]
fn an_earlier_picture_is_replaced_and_never_overwritten() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [picture, kept] = ["memory_analysis.svg", "kept"].map(|name| folder.path().join(name));
    fs::write(&picture, "the earlier one").expect("a file");
    fs::hard_link(&picture, &kept).expect("a second name");
    stress(folder.path(), &["stress", "--scale=0.001", "--workloads=cycles", "--threads=1"]);
    // A run that is killed while it writes leaves the file that this name still has.
    assert_eq!(fs::read_to_string(&kept).expect("the file"), "the earlier one");
    assert!(fs::read_to_string(&picture).expect("the picture").starts_with("<svg"));
}

#[test]
fn other_formats_leave_standard_output_to_the_record() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments = ["stress", "--scale=0.001", "--workloads=cycles", "--threads=1", "--format=json"];
    let console = stress(folder.path(), &arguments).stderr(contains("Phase 1: "));
    let printed: Record = serde_json::from_slice(&console.get_output().stdout).expect("the record alone");
    assert_eq!(printed, record(folder.path()));
}
