//! `validate --sessions`: complete measurements that are repeated, as a user sees them.

use crate::common::memscope_bench;
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::compare::Journal;
use memscope_bench::internal::study::overhead::record::Results;
use memscope_bench::internal::study::sessions::{Entry, Sessions};
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::path::Path;

const TWO: [&str; 5] = ["validate", "--sessions=2", "--pairs=6", "--workloads=cycles", "--scale=0.001"];

fn sessions(folder: &Path) -> assert_cmd::Command {
    let mut command = memscope_bench();
    command.args(TWO).arg("--output").arg(folder);
    command
}

fn read(folder: &Path) -> Sessions {
    files::read(&folder.join("sessions.json")).expect("a file of sessions")
}

#[test]
fn sessions_are_kept_reported_and_used_by_later_runs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = contains("Of 4 pairs of sessions").and(contains("Each session"));
    sessions(folder.path()).assert().success().stdout(report);
    let kept = read(folder.path());
    assert_eq!(kept.sessions.len(), 2);
    for session in &kept.sessions {
        let pairs: Vec<usize> = session.measurements.iter().map(|measurement| measurement.pairs.len()).collect();
        assert_eq!(pairs, [6; 4], "each level has its pairs");
    }
    assert!(folder.path().join("sessions.md").exists() && !folder.path().join("sessions.journal").exists());

    // A run on this machine with results in that folder reports the spread; another scale has none.
    let measure = |scale: &str| {
        let mut measure = memscope_bench();
        measure.args(["measure", "--workloads=cycles", "--tracking=allocator", "--pairs=6", scale]);
        measure.arg("--output").arg(folder.path()).assert().success()
    };
    measure("--scale=0.001").stdout(contains("Between sessions").and(contains("(2 sessions")));
    let results: Results = files::read(&folder.path().join("overhead.json")).expect("a results file");
    assert!(results.measurements.iter().all(|measurement| results.spread(measurement).is_some()));
    measure("--scale=0.002").stdout(contains("(2 sessions"));
    let results: Results = files::read(&folder.path().join("overhead.json")).expect("a results file");
    assert!(results.measurements.iter().all(|measurement| results.spread(measurement).is_none()));
}

#[test]
fn interrupted_sessions_are_resumed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    sessions(folder.path()).arg("--resume").assert().code(2).stdout("").stderr(contains("nothing to resume"));
    sessions(folder.path()).assert().success();
    let whole = read(folder.path());
    let journal = folder.path().join("sessions.journal");
    let mut kept = Journal::begin(&journal, &whole.plan).expect("it can be begun");
    let entries = [Entry::Began { origin: Box::new(whole.origin.clone()) }, Entry::Session(whole.sessions[0].clone())];
    entries.iter().for_each(|entry| kept.append(entry).expect("it can be written"));
    for resume in [None, Some("--resume")] {
        sessions(folder.path()).args(resume).assert().code(2).stdout("").stderr(contains("is in use by another run"));
    }
    drop(kept);

    sessions(folder.path()).assert().code(2).stdout("").stderr(contains("continue it with --resume"));
    let other = sessions(folder.path()).args(["--over=1", "--resume"]).assert().code(2);
    other.stderr(contains("the journal of another run"));
    assert_eq!(read(folder.path()), whole, "nothing is lost");
    sessions(folder.path()).arg("--resume").assert().success();
    let resumed = read(folder.path());
    assert_eq!((resumed.sessions.len(), &resumed.sessions[0]), (2, &whole.sessions[0]));
    assert_eq!(resumed.origin, whole.origin, "that of the first session");
    assert_ne!(resumed.sessions[1], whole.sessions[1]);
    assert!(!journal.exists());
}

#[test]
fn a_single_session_and_an_unusable_folder_are_refused() {
    memscope_bench().args(["validate", "--sessions=1"]).assert().code(2).stdout("").stderr(contains("1 is not in 2.."));
    memscope_bench().args(["validate", "--over=10"]).assert().code(2).stderr(contains("--sessions <NUMBER>"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("it can be written");
    sessions(&file).assert().code(2).stdout("").stderr(contains("file"));
}
