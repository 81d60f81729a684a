//! Integration tests of `why`: its refusals, and that its groups and functions add up to the counted instructions.

use crate::common::{explains_how_to_get_valgrind, memscope_bench};
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::why::group::Group;
use memscope_bench::internal::study::why::record::{CostProfile, FunctionCost, GroupCost, Why};
use memscope_bench::internal::study::why::{changed, top_changes};
use predicates::prelude::*;
use predicates::str::contains;
use std::path::Path;
use std::process::{Command, Stdio};

const TINY: [&str; 3] = ["--scale=0.001", "--tracking=full", "--workload=cycles"];

/// Returns whether valgrind is installed; if not, prints that the test is skipped.
fn has_valgrind() -> bool {
    let there = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !there {
        eprintln!("skipped: valgrind is not installed");
    }
    there
}

#[test]
fn without_valgrind_one_line_explains_how_to_get_it_and_nothing_is_built() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    explains_how_to_get_valgrind(
        memscope_bench()
            .args(["why", "0.2.4", "0.2.5", "--output=out", "--build-cache=builds"])
            .current_dir(folder.path()),
    );
    assert_eq!(folder.path().read_dir().expect("the folder").count(), 0);
}

#[test]
fn impossible_profiles_are_refused_by_name() {
    for (arguments, names) in [
        (&["--workload=mixed"][..], &["mixed runs on several threads", "structures, hierarchies"][..]),
        (&["--tracking=untracked"], &["every level is compared with untracked"]),
        (&["0.2.3", "0.2.4", "0.2.5"], &["0.2.5"]),
    ] {
        let refused = memscope_bench().arg("why").args(arguments).assert().code(2).stdout("");
        let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(names.iter().all(|name| said.contains(name)), "{said}");
    }
}

fn read(folder: &Path) -> Why {
    files::read(&folder.join("why.json")).expect("a results file")
}

fn only(why: &Why) -> &CostProfile {
    let [build] = &why.builds[..] else { panic!("one build") };
    assert_eq!((&build.failure, build.pairs.failure()), (&None, None));
    build.profile.as_ref().expect("a profile")
}

#[test]
fn the_groups_and_the_functions_are_the_counted_instructions() {
    if !has_valgrind() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = format!("--output={}", folder.path().display());
    memscope_bench()
        .arg("why")
        .args(TINY)
        .arg(&output)
        .assert()
        .success()
        .stdout(contains("full on cycles: ").and(contains("instructions per allocation: ")))
        .stdout(contains("hashing").and(contains("within 0.00 %")));
    let why = read(folder.path());
    let profile = only(&why);
    // callgrind's own sums, which `measure --instructions` reports.
    assert!(profile.untracked > 0 && profile.added() > 0, "{} {}", profile.untracked, profile.tracked);

    let of_groups: i64 = profile.groups.iter().map(GroupCost::added).sum();
    let of_functions: i64 = profile.functions.iter().map(FunctionCost::added).sum();
    let of_paths: i64 = profile.stacks().map(|(_, untracked, tracked)| tracked as i64 - untracked as i64).sum();
    for (what, sum) in [("groups", of_groups), ("functions", of_functions), ("paths", of_paths)] {
        let part = sum as f64 / profile.added() as f64;
        assert!((part - 1.0).abs() < 0.01, "{what}: {sum} of {}", profile.added());
    }
    // The workload executes the same instructions with and without tracking, and no path lost its beginning.
    let added = |group| profile.groups.iter().find(|cost| cost.group == group).map_or(0, GroupCost::added);
    assert!(added(Group::Workload).abs() * 100 <= of_groups, "{:?}", profile.groups);
    assert_eq!(added(Group::Other), 0);
    for group in [Group::Hashing, Group::Maps, Group::Bookkeeping] {
        assert!(added(group) > 0, "{group:?}: {:?}", profile.groups);
    }
    let picture = std::fs::read_to_string(folder.path().join("why.svg")).expect("the picture");
    let picture = roxmltree::Document::parse(&picture).expect("XML");
    let titles = picture.descendants().filter(|node| node.has_tag_name("title")).filter_map(|node| node.text());
    assert!(titles.filter(|title| title.contains("instructions")).count() > 10);

    assert_eq!((changed(profile, profile), top_changes(profile, profile, 3)), (0.0, Vec::new()));
}

#[test]
fn a_failure_is_an_outcome() {
    if !has_valgrind() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    memscope_bench()
        .arg("why")
        .args(TINY)
        .arg(format!("--output={}", folder.path().display()))
        .env("MEMSCOPE_BENCH_FAULT", "cycles/full=exit")
        .assert()
        .success()
        .stdout(contains("crashed: exit code 70"));
    let why = read(folder.path());
    assert!(why.builds[0].failure.is_some() && why.builds[0].profile.is_none());
    assert!(!folder.path().join("why.svg").exists());
}
