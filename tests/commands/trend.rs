//! Integration tests of `trend`: the steps in a file of differences, and, on small repositories, the records of single
//! runs, the unreadable versions and the refusals.

use crate::common::git::{git_at, has_git};
use crate::common::{memscope_bench, run_of};
use assert_cmd::assert::Assert;
use memscope_bench::internal::schedule::measurement::Outcome;
use memscope_bench::internal::study::overhead::record::Results;
use memscope_bench::internal::worker::failure::Failure;
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const FILE: &str = "results/overhead.json";

/// A repository in a temporary folder, whose history is independent of the tester's own configuration.
struct Repository {
    folder: TempDir,
    commits: u32,
}

impl Repository {
    fn new() -> Self {
        let repository = Self { folder: tempfile::tempdir().expect("a temporary folder"), commits: 0 };
        fs::create_dir(repository.path().join("code")).expect("a folder");
        repository.git(&["init", "--quiet", "--template=", "code"]);
        repository
    }

    /// Returns the folder of all of a test's files.
    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn code(&self) -> PathBuf {
        self.path().join("code")
    }

    fn git(&self, arguments: &[&str]) -> String {
        let date = format!("2026-01-{:02}T00:00:00Z", self.commits.max(1));
        git_at(self.path(), &date, arguments)
    }

    /// Commits the results file with this text, and returns the beginning of the commit's hash.
    fn commit(&mut self, text: &str, message: &str) -> String {
        fs::create_dir_all(self.code().join("results")).expect("a folder");
        fs::write(self.code().join(FILE), text).expect("a file");
        self.git(&["-C", "code", "add", "--all"]);
        self.record(message)
    }

    fn commit_results(&mut self, results: &Results, message: &str) -> String {
        self.commit(&serde_json::to_string(results).expect("serialises"), message)
    }

    fn record(&mut self, message: &str) -> String {
        self.commits += 1;
        self.git(&["-C", "code", "commit", "--quiet", "--message", message]);
        self.git(&["-C", "code", "rev-parse", "--short=8", "HEAD"])
    }

    fn log(&self, arguments: &[&str]) -> Assert {
        memscope_bench()
            .current_dir(self.path())
            .arg("trend")
            .args(Some("--output=out").filter(|_| !arguments.iter().any(|argument| argument.starts_with("--output"))))
            .args(arguments)
            .assert()
    }

    /// Runs `trend` with arguments that it must refuse in one line, with nothing written.
    fn refused(&self, arguments: &[&str], culprit: &str, why: &str) {
        self.log(arguments)
            .code(2)
            .stdout("")
            .stderr(contains(culprit).and(contains(why)))
            .stderr(predicate::function(|text: &str| text.lines().count() == 1));
        assert!(!self.path().join("out").exists(), "nothing is written");
    }
}

/// The note on stderr after a run.
const WROTE: &str = "Wrote trend.json, trend.md, trend.svg in out\n";

fn text_of(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).expect("text")
}

/// Returns the one line that contains all of these.
fn line_with<'a>(text: &'a str, words: &[&str]) -> &'a str {
    let lines: Vec<&str> = text.lines().filter(|line| words.iter().all(|word| line.contains(word))).collect();
    let [line] = lines[..] else { panic!("{words:?} are in {} lines of {text}", lines.len()) };
    line
}

/// Returns the tooltips of a chart.
fn tips(picture: &roxmltree::Document) -> Vec<String> {
    let titles = picture.descendants().filter(|node| node.has_tag_name("title")).filter_map(|node| node.text());
    titles.map(str::to_owned).collect()
}

#[test]
fn records_of_single_runs_are_shown_without_a_verdict() {
    if !has_git() {
        return;
    }
    let mut repository = Repository::new();
    let first = repository.commit_results(&run_of("0.2.4", "Example 9000", 8.0), "Measure memscope-rs 0.2.4");
    let broken = repository.commit("{ \"schema\": 1, <<<<<<< HEAD", "A merge that went wrong");
    let newer = repository.commit("{ \"schema\": 99 }", "From the future");
    let other = repository.commit_results(&run_of("0.2.4", "Another 1", 2.5), "Measure on another machine");
    let bumped =
        repository.commit_results(&run_of("0.2.5", "Example 9000", 6.0), "Bump memscope-rs <to> 0.2.5 & measure");

    let assert = repository.log(&["--repository=code"]).success().stderr(WROTE);
    let text = text_of(&assert);
    let places = [&first, &broken, &newer, &other, &bumped].map(|commit| text.find(commit).expect("a row"));
    assert!(places.is_sorted(), "oldest first: {text}");

    assert!(line_with(&text, &[&first, "Measure memscope-rs 0.2.4"]).contains("2026-01-01"), "{text}");
    for (commit, why) in [(&broken, "is not a results file"), (&newer, "schema 99")] {
        line_with(&text, &[commit, "cannot be read", "2026-01-0"]);
        line_with(&text, &[commit, "cannot be read: results/overhead.json", why]);
    }
    line_with(&text, &["structures", "full", &first, " A ", "×8.0"]);
    // The same machine, another version, and disjoint intervals: a single run is still no evidence.
    line_with(&text, &["A record is one run at one time", "no verdict"]);
    for verdict in ["fell", "rose", "regression", "improvement", "Change"] {
        assert!(!text.contains(verdict), "{verdict}: {text}");
    }
    line_with(&text, &["No differences of commits yet", "memscope-bench history", "trend.jsonl"]);
    line_with(&text, &["Machine A: Example 9000, 2 cores, Example OS 1.0"]);
    line_with(&text, &["Machine B: Another 1, 2 cores"]);
    assert!(!text.contains("variables"), "only full, unless others are requested: {text}");

    let picture = fs::read_to_string(repository.path().join("out/trend.svg")).expect("the picture");
    let picture = roxmltree::Document::parse(&picture).expect("valid XML");
    let tips = tips(&picture);
    let tip = tips.iter().find(|tip| tip.contains(&bumped) && tip.contains("structures/full"));
    let tip = tip.unwrap_or_else(|| panic!("a tip for each figure: {tips:?}"));
    for part in ["2026-01-05 Bump memscope-rs <to> 0.2.5 & measure", "20 pairs", "noise floor", "Machine A"] {
        assert!(tip.contains(part), "{part} in {tip}");
    }
    let texts = || picture.descendants().filter(|node| node.has_tag_name("text")).filter_map(|node| node.text());
    assert!(!texts().any(|text| text == "▼" || text == "▲"), "no step is marked");
    assert!(texts().any(|text| text == format!("Not shown, because they cannot be read: {broken}, {newer}.")));
}

/// The differences of two runs, on two machines that share two commits: `structures` rose by 12 % at the third commit,
/// and `cycles` fell by 8 % at the seventh.
const DIFFERENCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/trend-v1.jsonl");

#[test]
fn steps_are_found_over_runs_and_machines_without_a_repository() {
    let repository = Repository { folder: tempfile::tempdir().expect("a temporary folder"), commits: 0 };
    repository.refused(
        &["--differences", DIFFERENCES, "--repository=nowhere"],
        "git cannot read nowhere",
        "No such file",
    );
    let assert = repository.log(&["--differences", DIFFERENCES]).success().stderr(WROTE);
    let text = text_of(&assert);
    line_with(&text, &["12 steps between commits: 1 regression, 1 improvement"]);
    line_with(&text, &["structures/full rose by +1", "(Keep a history of frees)"]);
    line_with(&text, &["cycles/full fell by −", "(Do not lock twice)"]);
    assert_eq!(text.matches(" rose by ").count() + text.matches(" fell by ").count(), 2, "{text}");
    for workload in ["structures/full", "cycles/full"] {
        // Seven commits of two runs on two machines, in one part, and one contrast that both measured.
        let row = line_with(&text, &[workload, " of 1 "]);
        let words: Vec<&str> = row.split_whitespace().collect();
        let place = words.iter().position(|word| *word == workload).expect("the name");
        assert_eq!(
            words[place + 1..place + 6].concat(),
            "132271",
            "differences, runs, machines, commits, parts: {row}"
        );
    }
    line_with(&text, &["Machine B: Another 1, 8 cores"]);
    line_with(&text, &["No records of single runs are shown: ", "git repository"]);

    let picture = fs::read_to_string(repository.path().join("out/trend.svg")).expect("the picture");
    let picture = roxmltree::Document::parse(&picture).expect("valid XML");
    let tips = tips(&picture);
    let tip = tips.iter().find(|tip| tip.contains("structures/full") && tip.contains("Keep a history of frees"));
    assert!(tip.expect("a tip").contains(": regression"), "{tips:?}");
    assert!(tips.iter().any(|tip| tip.contains("Rename <Tracker> & friends")), "{tips:?}");
    let marks =
        |mark: &str| picture.descendants().filter(|node| node.text() == Some(mark) && node.is_element()).count();
    assert_eq!((marks("▲"), marks("▼")), (1, 1));

    // A smaller step is not a step with a greater threshold, and lanes that were not requested are ignored.
    let text = text_of(&repository.log(&["--differences", DIFFERENCES, "--threshold=20"]).success());
    line_with(&text, &["12 steps between commits: 0 regressions, 0 improvements"]);
    let text = text_of(&repository.log(&["--differences", DIFFERENCES, "--workloads=cycles"]).success());
    line_with(&text, &["6 steps between commits: 0 regressions, 1 improvement,"]);
    let bmf = repository.log(&["--differences", DIFFERENCES, "--format=bmf"]).success();
    let bmf: serde_json::Value = serde_json::from_str(&text_of(&bmf)).expect("Bencher's format");
    assert_eq!(bmf.as_object().expect("benchmarks").len(), 14);
}

#[test]
fn a_file_of_differences_that_is_cut_off_is_read_and_one_that_is_damaged_is_refused() {
    let repository = Repository { folder: tempfile::tempdir().expect("a temporary folder"), commits: 0 };
    let lines = fs::read_to_string(DIFFERENCES).expect("the file");
    fs::create_dir(repository.path().join("results")).expect("a folder");
    let usual = repository.path().join("results/trend.jsonl");
    fs::write(&usual, &lines[..lines.len() - 40]).expect("a file");
    let text = text_of(&repository.log(&[]).success());
    line_with(&text, &["Line 26 of results/trend.jsonl is incomplete and is left out"]);

    fs::remove_dir_all(repository.path().join("out")).expect("the folder");
    fs::write(&usual, format!("{lines}=======\n{lines}")).expect("a file");
    repository.refused(&[], "results/trend.jsonl", "line 27");
    fs::write(&usual, lines.replacen("\"schema\":1", "\"schema\":2", 1)).expect("a file");
    repository.refused(&[], "results/trend.jsonl", "has schema 2");
    repository.refused(&["--differences=none.jsonl"], "none.jsonl", "cannot read");
    // `history` refuses it before it measures.
    memscope_bench()
        .current_dir(repository.path())
        .args(["history", "--repository=nowhere", "--range=a..b"])
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("results/trend.jsonl").and(contains("has schema 2")));
}

#[test]
fn workloads_and_levels_can_be_chosen() {
    if !has_git() {
        return;
    }
    let mut repository = Repository::new();
    let mut results = run_of("0.2.5", "Example 9000", 8.0);
    let full = results.measurements.last_mut().expect("cycles/full");
    full.outcome = Outcome::Failed(Failure::TimedOut { seconds: 60 });
    repository.commit_results(&results, "Measure");
    let text =
        text_of(&repository.log(&["--repository=code", "--workloads=cycles", "--tracking=variables,full"]).success());
    assert!(text.contains("variables") && !text.contains("structures "), "{text}");
    line_with(&text, &["full", "timed-out", " A "]);
    line_with(&text, &["cycles/full timed-out: it still ran after 60 s"]);
    repository.path().join("out/trend.svg").metadata().expect("the picture");

    let out = repository.path().join("out");
    fs::remove_dir_all(out).expect("the folder");
    repository.refused(
        &["--repository=code", "--workloads=leaks"],
        "leaks under full",
        "structures, cycles under untracked, variables, full",
    );
}

#[test]
fn a_removed_version_has_a_row() {
    if !has_git() {
        return;
    }
    let mut repository = Repository::new();
    repository.commit_results(&run_of("0.2.4", "Example 9000", 8.0), "Measure");
    repository.git(&["-C", "code", "rm", "--quiet", FILE]);
    let removed = repository.record("Remove the results");
    repository.commit_results(&run_of("0.2.5", "Example 9000", 8.0), "Measure again");
    // A path is relative to the named folder, which need not be the root.
    let results = repository.log(&["--repository=code/results", "--file=overhead.json"]).success();
    line_with(&text_of(&results), &[&removed, "cannot be read", "Remove the results"]);
    line_with(&text_of(&results), &[&removed, "overhead.json is not in it"]);
}

#[test]
fn folders_without_a_history_are_refused() {
    if !has_git() {
        return;
    }
    let mut repository = Repository::new();
    fs::create_dir(repository.path().join("plain")).expect("a folder");
    repository.refused(&["--repository=plain"], "plain is not in", "a git repository");
    repository.refused(&["--repository=nowhere"], "git cannot read nowhere", "No such file or directory");
    repository.refused(&["--repository=code"], "git cannot read code", "does not have any commits yet");

    repository.commit("{}", "No results yet");
    repository.refused(&["--repository=code"], "none of the 1 committed versions of results/overhead.json", "schema");
    repository.commit_results(&run_of("0.2.5", "Example 9000", 8.0), "Measure");
    repository.refused(&["--repository=code", "--file=results/other.json"], "results/other.json", "never committed");
    repository.refused(&["--repository=code", "--file=results/*.json"], "results/*.json", "never committed");
    repository.refused(&["--repository=code", "--file=/results/overhead.json"], "/results/overhead.json", "absolute");
    repository.refused(&["--repository=code", "--output=/proc/none"], "/proc/none", "cannot write");
}

/// A repository without a work tree has a history too, with any subjects.
#[test]
fn a_bare_repository_has_a_log() {
    if !has_git() {
        return;
    }
    let mut repository = Repository::new();
    let first = repository.commit_results(&run_of("0.2.4", "Example 9000", 8.0), "Measure \u{2192} %H | again");
    let second = repository.commit_results(&run_of("0.2.5", "Example 9000", 6.0), "Measure again");
    repository.git(&["clone", "--quiet", "--bare", "code", "bare.git"]);
    for (folder, file) in [
        ("bare.git", "results/overhead.json"),
        ("bare.git", "./results/../results/overhead.json"),
        ("code/.git", "results/overhead.json"),
        ("code/results", "../results/overhead.json"),
    ] {
        let arguments = [format!("--repository={folder}"), format!("--file={file}")];
        let text = text_of(&repository.log(&arguments.each_ref().map(String::as_str)).success().stderr(WROTE));
        line_with(&text, &[&first, "Measure \u{2192} %H | again"]);
        line_with(&text, &[&second, "2026-01-02"]);
        assert!(!text.contains("cannot be read"), "{folder} {file}: {text}");
    }
}

#[test]
fn a_history_that_is_cut_off_is_refused() {
    if !has_git() {
        return;
    }
    let mut repository = Repository::new();
    repository.commit_results(&run_of("0.2.4", "Example 9000", 8.0), "Measure");
    repository.commit_results(&run_of("0.2.5", "Example 9000", 6.0), "Measure again");
    let source = format!("file://{}", repository.code().display());
    repository.git(&["clone", "--quiet", "--template=", "--depth=1", &source, "shallow"]);
    repository.refused(&["--repository=shallow"], "shallow is a shallow clone", "git fetch --unshallow");
}

#[test]
fn missing_git_is_reported() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = memscope_bench();
    command.arg("trend").env("PATH", "").current_dir(folder.path());
    command.assert().code(2).stdout("").stderr(contains("cannot run git"));
}
