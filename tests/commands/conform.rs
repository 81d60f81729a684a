//! Integration tests of `conform`: levels pass, each mock fails the one test of its defect, and wrong use is explained.

use crate::common::memscope_bench;
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::conformance::{Conformance, Test, TestOutcome, Verdict};
use predicates::prelude::*;
use predicates::str::contains;
use std::sync::Mutex;
use std::thread;

const MOCK: &str = env!("CARGO_BIN_EXE_memscope-bench-mock");

/// The defects of the mock, each with the test that it fails.
const DEFECTS: [(&str, &str); 15] = [
    ("calloc-not-zeroed", "zeroed"),
    ("realloc-loses-tail", "realloc"),
    ("alignment-ignored", "alignment"),
    ("block-handed-out-twice", "blocks"),
    ("failed-allocation-counted", "out-of-memory"),
    ("abort-on-null", "out-of-memory"),
    ("reallocation-not-counted", "counts"),
    ("live-count-wraps", "midway"),
    ("concurrent-updates-lost", "threads"),
    ("foreign-free-not-counted", "other-threads"),
    ("ended-thread-forgotten", "thread-exit"),
    ("thread-local-needed", "thread-locals"),
    ("interrupted-call-fails", "signals"),
    ("lock-held-across-fork", "fork"),
    ("report-locks-allocator", "re-entrancy"),
];

/// The tests whose defect is a hang.
const HANGING: [&str; 1] = ["re-entrancy"];

/// Runs the suite, and returns its file. The exit code is 0 if all pass, or else 1.
fn conform(arguments: &[&str], defect: Option<&str>) -> Conformance {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = memscope_bench();
    command.arg("conform").args(arguments).arg("--output").arg(folder.path());
    if let Some(defect) = defect {
        command.env("MEMSCOPE_BENCH_DEFECT", defect);
    }
    let assert = command.assert();
    let conformance: Conformance = files::read(&folder.path().join("conform.json")).expect("the file");
    let failed = failed(&conformance);
    let assert = assert.code(i32::from(!failed.is_empty()));
    if let Some(first) = failed.first() {
        assert.stderr(contains(format!("/{first}")));
    }
    conformance
}

/// Returns the tests that a mock fails, of some tests within a time limit.
fn failed_by(defect: Option<&str>, tests: &[&str], limit: &str) -> Vec<String> {
    let conformance = conform(&[MOCK, "--time-limit", limit, "--tests", &tests.join(",")], defect);
    failed(&conformance).into_iter().map(str::to_owned).collect()
}

fn failed(conformance: &Conformance) -> Vec<&str> {
    conformance.with(Verdict::Fail).map(|(_, test)| test.test.as_str()).collect()
}

#[test]
fn each_defect_fails_exactly_its_test() {
    let all = DEFECTS.iter().map(|&(defect, test)| (Some(defect), vec![test])).chain([(None, vec![])]);
    // Tests are taken from the end, so the hanging ones begin early, and the others run meanwhile.
    let left = Mutex::new(all.collect::<Vec<_>>());
    let wrong = Mutex::new(Vec::new());
    let next = || left.lock().expect("no panic").pop();
    let run = || {
        while let Some((defect, expected)) = next() {
            // A hang is detected after the time limit, which is long for tests that must end on a busy machine.
            let hangs = |test: &&str| HANGING.contains(test) && expected.contains(test);
            let (short, long): (Vec<&str>, Vec<&str>) = Test::ALL.iter().map(|test| test.name).partition(hangs);
            let mut found = failed_by(defect, &long, "20");
            if !short.is_empty() {
                found.extend(failed_by(defect, &short, "2"));
            }
            if found != expected {
                let line = format!("{defect:?} fails {found:?}, and should fail {expected:?}");
                wrong.lock().expect("no panic").push(line);
            }
        }
    };
    thread::scope(|scope| (0..4).for_each(|_| _ = scope.spawn(run)));
    let wrong = wrong.into_inner().expect("no panic");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_test_has_a_mock_that_fails_it() {
    for test in Test::ALL {
        assert!(DEFECTS.iter().any(|(_, fails)| *fails == test.name), "{} can fail", test.name);
    }
}

#[test]
fn the_system_s_allocator_and_the_counters_pass() {
    let conformance = conform(&["untracked", "counting", "--time-limit=60"], None);
    assert_eq!(failed(&conformance), Vec::<&str>::new());
    let [untracked, counting] = &conformance.trackers[..] else { panic!("two trackers") };
    let verdict = |tests: &[TestOutcome], name: &str| {
        tests.iter().find(|test| test.test == name).expect("it is listed").verdict()
    };
    assert_eq!(verdict(&untracked.tests, "counts"), Verdict::Inapplicable);
    assert_eq!(verdict(&counting.tests, "counts"), Verdict::Pass);
}

#[test]
fn the_table_and_the_files_name_the_failed_tests() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = format!("--output={}", folder.path().display());
    memscope_bench()
        .args(["conform", "counting", MOCK, "--tests=zeroed,counts", &output])
        .env("MEMSCOPE_BENCH_DEFECT", "reallocation-not-counted")
        .assert()
        .code(1)
        .stdout(contains("passes 2 tests").and(contains("fails 1 of 2 tests")).and(contains("--tests counts")))
        .stderr(contains("failed: own:mock/counts"));
    let table = std::fs::read_to_string(folder.path().join("conform.md")).expect("the table");
    assert!(table.contains("| zeroed | pass     | pass     |"), "{table}");
    assert!(table.contains("expected 400 allocations; found 300"), "{table}");
}

#[test]
fn subjects_that_are_not_trackers_are_refused_with_the_reason() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = format!("--output={}", folder.path().display());
    let refused = |subject: &str| memscope_bench().args(["conform", subject, &output]).assert().code(2).stdout("");
    refused("fool").stderr(contains("unknown level 'fool'").and(contains("no such file or folder")));
    refused("quick-start").stderr(contains("cannot drive quick-start"));
    refused(env!("CARGO_BIN_EXE_memscope-bench")).stderr(contains("is not a tracker's program"));
    let empty = tempfile::tempdir().expect("a temporary folder");
    refused(&empty.path().display().to_string()).stderr(contains("it has no Cargo.toml"));
}

#[test]
fn the_guide_shows_the_example() {
    let package = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(package.join(path)).expect("a text");
    let guide = read("docs/TRACKERS.md");
    for source in ["src/lib.rs", "examples/tracker.rs"] {
        let code = read(&format!("examples/own-tracker/{source}"));
        let shown = format!("<!-- example: {source} -->\n```rust\n{code}```\n<!-- end of the example -->");
        assert!(guide.contains(&shown), "docs/TRACKERS.md has another {source}");
    }
    for test in Test::ALL {
        assert!(
            guide.contains(&format!("| `{}` | {} |", test.name, test.about)),
            "docs/TRACKERS.md lacks {}",
            test.name
        );
    }
}
