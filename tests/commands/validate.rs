//! Integration tests of `validate`: its output, its files, and the files that it leaves alone.

use crate::common::memscope_bench;
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::validation::{KeptRun, Run, Validation};
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::workloads::Workload;
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::path::Path;

/// Validates on a tiny workload; the figures are meaningless, but their form is tested.
fn validate(output: &Path, arguments: &[&str]) -> assert_cmd::Command {
    let mut command = memscope_bench();
    command
        .args(["validate", "--quick", "--rounds=12", "--workloads=cycles", "--scale=0.001"])
        .arg(format!("--output={}", output.display()))
        .args(arguments);
    command
}

fn present(run: Option<KeptRun>) -> Run {
    run.as_ref().and_then(KeptRun::present).expect("a run").clone()
}

#[test]
fn a_failed_run_is_resumed_and_one_file_holds_all_circumstances() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("validation.json");
    let journal = folder.path().join("validation-load.journal");
    // A file of the earlier definition is read, and one of its two runs is measured again.
    let earlier = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/validation-v2.json");
    fs::copy(&earlier, &path).expect("a copy");
    // Full tracking is measured in the second part.
    validate(folder.path(), &["--load"])
        .env("MEMSCOPE_BENCH_FAULT", "cycles/full=crash")
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("This takes about 2 minutes").and(contains("--resume continues it")))
        .stderr(contains("error: the validation ended at cycles/full").and(contains("which crashed: SIGABRT")))
        .stderr(contains("run it alone: cargo run --release -- probe --workload=cycles --tracking=full"));
    let first = fs::read_to_string(&journal).expect("the journal");
    assert_eq!(first.lines().count(), 3, "the plan, the calibration and the first part");
    assert_eq!(fs::read(&path).expect("the file"), fs::read(earlier).expect("the file"), "it is unchanged");
    validate(folder.path(), &["--load"]).assert().code(2).stderr(contains("continue it with --resume"));

    validate(folder.path(), &["--load", "--resume"])
        .assert()
        .success()
        .stdout(contains("At rest").and(contains("Measured by an earlier definition")))
        .stdout(contains("Under load").and(contains("A quick run: its measurements have 6 pairs")))
        .stdout(contains(": coverage, none and up to +10 %, by CPU time: "))
        .stdout(contains("Target not measured: false alarms in 24 comparisons, by CPU time: no runs"));
    let both: Validation = files::read(&path).expect("a validation");
    assert!(matches!(both.at_rest, Some(KeptRun::Earlier(_))), "measurements at rest are kept");
    let run = present(both.under_load);
    assert_eq!((run.pairs, run.rounds, run.settings.len()), (6, 12, 6));
    assert_eq!(run.settings[0].level, Level::Untracked);
    for setting in &run.settings {
        assert_eq!((setting.workload, setting.stretches.len()), (Workload::CYCLES, 1));
        // Two levels of twelve rounds are four measurements of six pairs.
        assert_eq!(setting.stretches[0].measurements.len(), 4);
        let is_deadline = matches!(setting.level, Level::Deadline(_));
        assert_eq!(setting.stretches[0].ns_per_allocation.is_some(), is_deadline);
    }
    let [slowed] = &run.slowed[..] else { panic!("one workload: {:?}", run.slowed.len()) };
    let compared: Vec<(Level, bool)> =
        slowed.iter().map(|compared| (compared.level, compared.is_identical())).collect();
    assert_eq!(compared, [(Level::Untracked, true), (Level::Variables, false), (Level::Full, false)]);

    let picture = fs::read_to_string(folder.path().join("validation.svg")).expect("the picture");
    roxmltree::Document::parse(&picture).expect("valid XML");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 3, "no journal is left");
}

#[test]
fn a_run_that_fails_before_its_first_part_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    validate(folder.path(), &[])
        .env("MEMSCOPE_BENCH_FAULT", "cycles/untracked=exit")
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("which crashed: exit code 70"));
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
    validate(folder.path(), &["--resume"]).assert().code(2).stderr(contains("nothing to resume"));
}

#[test]
fn a_file_of_another_kind_is_not_overwritten() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("validation.json");
    fs::write(&path, "[]").expect("a file");
    validate(folder.path(), &[]).assert().code(2).stdout("").stderr(contains("validation.json is not a validation"));
    assert_eq!(fs::read_to_string(&path).expect("the file"), "[]");
}
