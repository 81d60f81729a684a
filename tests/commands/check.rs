//! Integration tests of `check`: its refusals, the report of a kept check, and, if there is time to build, whole
//! checks.

use crate::common::cargo::{BUILDS, ScriptedCargo};
use crate::common::{explains_how_to_get_valgrind, linked, memscope_bench};
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::check::{Axis, Check, Verdict};
use memscope_bench::internal::study::counts::Judgement;
use predicates::str::contains;
use std::fs;
use std::path::Path;

#[test]
fn impossible_checks_are_refused_before_anything_is_built() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let budget = folder.path().join("budget.toml");
    fs::write(&budget, "[[limit]]\naxis = \"speed\"\nat-most = 3\n").expect("a file");
    let refused = |arguments: &[&str], why: &str| {
        memscope_bench()
            .current_dir(folder.path())
            .arg("check")
            .args(arguments)
            .assert()
            .code(2)
            .stdout("")
            .stderr(contains(why.to_owned()));
        assert!(!folder.path().join("results/check.json").exists(), "nothing was measured");
    };
    refused(&["--base=0.2.5"], "--head");
    refused(&["--head=0.2.5"], "--base");
    refused(&["--base=0.2.5", "--self", "--head=0.2.4"], "cannot be used with");
    refused(&["--base=0.2.5", "--self", "--minutes=0"], "a number of minutes");
    refused(&["--base=0.2.5", "--self", "--tracking=untracked"], "every level is compared with untracked");
    refused(&["--base=0.2.5", "--self", "--budget=budget.toml"], "unknown axis 'speed'");
    refused(&["--base=0.2.5", "--self", "--budget=none.toml"], "none.toml");
    refused(&["--base=no-such-thing", "--head=0.2.5", "--without-counts"], "'no-such-thing' is not a build");
}

#[test]
fn without_valgrind_one_line_explains_how_to_get_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    explains_how_to_get_valgrind(memscope_bench().current_dir(folder.path()).args([
        "check",
        "--base=0.2.5",
        "--head=0.2.4",
    ]));
}

#[test]
fn the_example_of_a_budget_is_valid() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/budget.toml");
    let budget = memscope_bench::internal::study::check::Budget::read(&path).expect("a budget");
    assert!(!budget.limit.is_empty() && !budget.change.is_empty());
}

#[test]
fn a_build_is_checked_against_itself() {
    let Some(linked) = linked::published() else { return };
    let cargo = ScriptedCargo::new(BUILDS);
    let mut check = cargo.memscope_bench();
    check.args(["check", "--self", "--base", &linked, "--workloads=cycles", "--tracking=full", "--without-counts"]);
    check.args(["--links=1", "--scale=0.01", "--minutes=0.1"]).assert().success().stdout(contains("against itself"));
    let found: Check = files::read(&cargo.path("results/check-self.json")).expect("the check");
    assert!(found.record.plan.is_self && !found.resolutions().is_empty());
    let names = [linked.clone(), format!("{linked} (2)")];
    assert_eq!(found.record.builds.each_ref().map(|build| build.name.clone()), names);
    let same = |axis: Axis| {
        let mut rows = found.rows.iter().filter(|row| row.axis == axis).peekable();
        assert!(rows.peek().is_some(), "{axis} has rows");
        rows.all(|row| row.judgement == Judgement::Same)
    };
    let counted = [Axis::Fidelity, Axis::Recall, Axis::Precision, Axis::LiveBytes, Axis::KeptBytes];
    for axis in counted.into_iter().chain([Axis::Crates, Axis::BinarySize]) {
        assert!(same(axis), "{axis}: {:?}", found.rows);
    }
}

#[test]
#[ignore = "builds memscope, which takes minutes: cargo test --test commands check -- --ignored"]
fn a_head_without_a_level_is_worse() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let worse = memscope_bench()
        .current_dir(folder.path())
        .args(["check", "--base=0.2.5", "--head=0.1.0", "--workloads=cycles", "--tracking=variables"])
        .args(["--without-counts", "--links=1", "--scale=0.01", "--minutes=0.2"])
        .assert();
    let text = String::from_utf8_lossy(&worse.get_output().stderr).into_owned();
    worse.code(1).stderr(contains("worse: "));
    let found: Check = files::read(&folder.path().join("results/check.json")).expect("the check");
    assert_eq!(found.verdict, Verdict::Worse, "{text}");
    let page = fs::read_to_string(folder.path().join("results/check.md")).expect("the page");
    assert!(page.starts_with("- worse: 0.1.0 against 0.2.5") && page.lines().count() <= 60, "{page}");
}
