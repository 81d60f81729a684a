//! Integration tests of `memscope-bench claims`: its table has figures only from files that exist.

use crate::common::memscope_bench;
use memscope_bench::internal::study::claims::{CLAIMS, Claims, Verdict};
use memscope_bench::internal::tracking::memscope::MemscopeBuild;
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;

#[test]
fn without_files_nothing_can_be_tested() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    memscope_bench().args(["claims", "--results"]).arg(folder.path()).assert().success().stdout(
        contains("cannot be tested here").and(contains("not measured")).and(contains("overhead.json is missing")),
    );
    let table = fs::read_to_string(folder.path().join("claims.md")).expect("the table");
    let rows = table.lines().filter(|line| line.contains("| not measured: ")).count();
    assert_eq!(rows, CLAIMS.iter().map(|claim| claim.settings.len()).sum::<usize>());
    assert!(!table.lines().any(|line| line.starts_with('|') && line.contains("does not hold")), "{table}");
}

#[test]
fn figures_come_from_the_files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    memscope_bench()
        .args(["measure", "--workloads=cycles", "--scale=0.01", "--tracking=allocator", "--pairs=6", "--output"])
        .arg(folder.path())
        .assert()
        .success();
    memscope_bench()
        .args(["claims", "--results"])
        .arg(folder.path())
        .assert()
        .success()
        .stdout(contains("(cycles)").and(contains("overhead.json: measured")));
}

#[test]
fn a_missing_folder_is_named_and_not_created() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let missing = folder.path().join("resutls");
    memscope_bench().args(["claims", "--results"]).arg(&missing).assert().code(2).stderr(contains("resutls"));
    assert!(!missing.exists());
}

#[test]
fn a_file_of_another_kind_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("latency.json"), "{}").expect("written");
    memscope_bench().args(["claims", "--results"]).arg(folder.path()).assert().code(2).stderr(contains("latency.json"));
    assert!(!folder.path().join("claims.md").exists(), "nothing incomplete is left");
}

#[test]
fn the_accuracy_comes_from_the_kept_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    memscope_bench()
        .args(["accuracy", "--promises=live-blocks,use-after-free", "--output"])
        .arg(folder.path())
        .assert()
        .success();
    let assert = memscope_bench().args(["claims", "--format=json", "--results"]).arg(folder.path()).assert().success();
    let claims: Claims = serde_json::from_slice(&assert.get_output().stdout).expect("a file of claims");
    let verdict = |id: &str| claims.settings.iter().find(|setting| setting.id == id).expect("it is listed").verdict;
    let is_0_2_5 = MemscopeBuild::of_this_build().version == "0.2.5";
    let of_this_build = |verdict| if is_0_2_5 { verdict } else { Verdict::CannotBeTested };
    assert_eq!(verdict("blocks-0.2.5"), of_this_build(Verdict::Holds));
    assert_eq!(verdict("use-after-free-0.2.5"), of_this_build(Verdict::DoesNotHold(1)));
    assert_eq!(verdict("names-0.2.5"), Verdict::CannotBeTested, "it was not tested");
}
