//! `validate` from outside: its output, its files, and the files that it leaves alone.

mod common;

use common::memscope_bench;
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::validation::{BLOCK, TARGETS, Validation};
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::workloads::Workload;
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::path::Path;

/// Validates on a tiny workload; the figures mean nothing, but their form is tested.
fn validate(output: &Path, arguments: &[&str]) -> assert_cmd::assert::Assert {
    memscope_bench()
        .args(["validate", "--quick", "--workloads=cycles", "--scale=0.001", "--repeats=5", "--durations=0.05"])
        .arg(format!("--output={}", output.display()))
        .args(arguments)
        .assert()
}

#[test]
fn both_circumstances_have_their_place_in_one_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("validation.json");
    validate(folder.path(), &[])
        .success()
        .stdout(contains("At rest").and(contains("Largest bias")).and(contains("Coverage")))
        .stdout(contains("False alarms").and(contains("of 5 repeats")).and(contains("Under load").not()));
    let at_rest = files::read::<Validation>(&path).expect("a validation").at_rest.expect("measured at rest");

    validate(folder.path(), &["--load"]).success().stdout(contains("Under load"));
    let both: Validation = files::read(&path).expect("a validation");
    assert!(both.at_rest == Some(at_rest), "what was measured at rest stays");
    let settings = both.under_load.expect("measured under load").settings;
    assert_eq!(settings.iter().map(|setting| setting.target_percent).collect::<Vec<_>>(), TARGETS);
    assert_eq!(settings[0].level, Level::Untracked);
    for setting in &settings {
        assert_eq!(setting.workload, Workload::CYCLES);
        assert!(setting.wall.ratios.len() >= BLOCK / 2 && setting.wall.ratios.len() == setting.cpu.ratios.len());
        assert_eq!(setting.wall.claims.repeats, 5);
    }
    assert!(settings[5].wall.truth.value > settings[0].wall.truth.value, "work that is burned takes time");

    let picture = fs::read_to_string(folder.path().join("validation.svg")).expect("the picture");
    roxmltree::Document::parse(&picture).expect("valid XML");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 3);
}

#[test]
fn a_file_of_another_kind_is_not_overwritten() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("validation.json");
    fs::write(&path, "[]").expect("a file");
    validate(folder.path(), &[]).code(2).stdout("").stderr(contains("validation.json is not a validation"));
    assert_eq!(fs::read_to_string(&path).expect("the file"), "[]");
}
