//! Integration tests of `compare`, `history` and `bisect` where builds, figures or readers are missing. A script
//! replaces cargo, and the builds are workers in sh, whose times are fixed.

use crate::common::cargo::{ScriptedCargo, builds_workers};
use crate::common::comparison;
use crate::common::git::{Repository, has_git, text};
use assert_cmd::Command;
use memscope_bench::internal::platform::files;
use memscope_bench::internal::schedule::measurement::Clock;
use memscope_bench::internal::study::compare::{Comparison, Journal, Missing, Plan};
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Stdio;

/// A repository whose commits are built by a script.
struct Place {
    cargo: ScriptedCargo,
    repository: Repository,
}

impl Place {
    /// Makes a repository with these commits, as `repo`. `None` without git.
    fn new(subjects: &[&str], cases: &str) -> Option<Self> {
        if !has_git() {
            return None;
        }
        let place = Self { cargo: ScriptedCargo::new(&builds_workers(cases)), repository: Repository::line(subjects) };
        symlink(place.repository.path(), place.cargo.path("repo")).expect("a link");
        Some(place)
    }

    /// Returns a command with the options that all builds of a test share.
    fn rounds(&self, arguments: &[&str]) -> Command {
        let mut command = self.cargo.memscope_bench();
        command.args(arguments).args(["--workloads=cycles", "--threads=1", "--links=1", "--output=out"]);
        command
    }

    fn compare(&self, builds: &[&str]) -> Command {
        let mut command = self.rounds(&["compare", "--rounds=12"]);
        command.args(builds);
        command
    }

    fn bisect(&self, good: &str) -> Command {
        let mut command = self.cargo.memscope_bench();
        command.args(["bisect", "--repository=repo", "--good", good, "--bad=HEAD", "--workload=cycles"]);
        command.args(["--links=1", "--rounds=20"]);
        command
    }

    fn comparison(&self) -> Comparison {
        files::read(&self.cargo.path("out/compare.json")).expect("a comparison")
    }

    fn has_measured(&self) -> bool {
        self.cargo.path("out/compare.json").exists()
    }

    fn builds(&self) -> usize {
        self.cargo.calls().len()
    }
}

const GATE: &str = "--fail-on-regression";
/// cargo's answer without a network.
const OFFLINE: &str = "offline) echo 'error: failed to get `x` as a dependency' >&2; exit 101;;";
/// The compiler's message on a full disk. LLVM does not name the number of the error.
const FULL_DISK: &str = r#"full) echo '{"reason":"compiler-message","manifest_path":"/elsewhere/Cargo.toml",'\
'"package_id":"path+file:///elsewhere#memscope-rs@0.2.5","message":{"level":"error","spans":[],'\
'"message":"could not write output to /x.o: No space left on device"}}'; exit 101;;"#;

#[test]
fn a_gate_judges_what_it_can() {
    let Some(place) = Place::new(&["one", "two", "slow"], "slow) cost=4000000;;") else { return };
    place.compare(&["repo@HEAD~2", "repo@HEAD~1", GATE]).assert().success();
    let regression = "error: regression: cycles/full: repo@HEAD against repo@HEAD~1: ";
    place.compare(&["repo@HEAD~1", "repo@HEAD", GATE]).assert().code(1).stderr(contains(regression));
    place.compare(&["repo@HEAD~1", "repo@HEAD"]).assert().success();
}

#[test]
fn a_gate_does_not_pass_a_build_that_was_not_made() {
    let Some(place) = Place::new(&["one", "two", "offline"], OFFLINE) else { return };
    // One build is left, and there is nothing to compare it with.
    for gate in [&[GATE][..], &[]] {
        let builds = [&["repo@HEAD~1", "repo@HEAD"][..], gate].concat();
        let refused = "error: nothing to compare: only repo@HEAD~1 was built";
        place.compare(&builds).assert().code(2).stdout("").stderr(contains(refused));
        assert!(!place.has_measured(), "nothing is measured");
    }
    let missing = "error: not judged: cargo cannot build repo@HEAD: failed to get `x` as a dependency";
    let three = ["repo@HEAD~2", "repo@HEAD~1", "repo@HEAD"];
    place.compare(&[&three[..], &[GATE]].concat()).assert().code(2).stderr(contains(missing));
    assert!(place.has_measured(), "the others are measured");
    place.compare(&three).assert().success();
    let history = ["history", "--repository=repo", "--range=HEAD~2..HEAD", "--rounds=12", GATE];
    let missing = format!("error: not judged: cargo cannot build {}: ", place.repository.hash("HEAD"));
    place.rounds(&history).assert().code(2).stderr(contains(missing));
}

#[test]
fn a_gate_does_not_pass_a_build_that_crashes() {
    let cases = "crash) tracked='kill -SEGV $$';;\nslow) cost=4000000;;";
    let Some(place) = Place::new(&["crash", "one", "crash", "slow"], cases) else { return };
    let [crash, one, head] = ["repo@HEAD~1", "repo@HEAD~2", "repo@HEAD"];
    place.compare(&[one, crash]).assert().success();
    let failure = format!("error: not judged: cycles/full: {crash} crashed: SIGSEGV");
    place.compare(&[one, crash, GATE]).assert().code(3).stderr(contains(failure));
    let alone = format!("not judged: cycles/full: {one} has nothing to be compared with: {crash} crashed: SIGSEGV");
    place.compare(&[crash, one, GATE]).assert().code(3).stderr(contains(alone));
    // A regression is certain, whatever is missing.
    let both = contains(format!("regression: cycles/full: {head} against {one}: "))
        .and(contains(format!("not judged: cycles/full: {crash} crashed: SIGSEGV")));
    place.compare(&[one, crash, head, GATE]).assert().code(1).stderr(both);
}

#[test]
fn a_gate_that_cannot_fail_is_refused_before_anything_is_built() {
    let Some(place) = Place::new(&["one", "two"], "") else { return };
    let refused = |command: &mut Command, why: &str| {
        command.assert().code(2).stdout("").stderr(contains(format!("--fail-on-regression: {why}")));
        assert_eq!(place.builds(), 0);
    };
    let nothing = "nothing is compared: name two builds, and a level other than untracked";
    refused(&mut place.compare(&["repo@HEAD", GATE]), nothing);
    refused(&mut place.compare(&["repo@HEAD~1", "repo@HEAD", "--tracking=untracked", GATE]), nothing);
    refused(&mut place.rounds(&["history", "--repository=repo", "--range=HEAD~1", GATE]), nothing);
    let many = vec!["repo@HEAD"; 120];
    let few = "12 rounds are too few for a verdict among 119 comparisons: use at least --rounds ";
    refused(&mut place.compare(&[&many[..], &[GATE]].concat()), few);
}

/// A level that the first build lacks, a timeout, and a build that was not made.
#[test]
fn all_that_a_comparison_lacks_is_named() {
    let missing = Missing::of(&comparison(Clock::Wall));
    assert_eq!(missing.builds, ["../broken does not compile: error: no such thing (src/lib.rs:1)"]);
    let figures = [
        "cycles/variables: 0.2.4 has nothing to be compared with: 0.1.0 unsupported: it lacks a thing",
        "cycles/full: 0.2.4 timed-out: it still ran after 10 s",
    ];
    assert_eq!(missing.figures, figures);
}

#[test]
fn what_was_not_counted_is_missing_too() {
    let missing = Missing::of(&crate::common::counted_comparison());
    let of_counts: Vec<&String> = missing.figures.iter().filter(|line| line.contains("counted")).collect();
    let [first, second] = of_counts[..] else { panic!("two: {missing:?}") };
    assert_eq!(first, "cycles/variables: 0.2.4 was counted, but has nothing to be compared with");
    assert!(second.starts_with("cycles/full: 0.2.4 was not counted: timed-out: "), "{second}");
}

#[test]
fn a_full_disk_ends_a_run_and_is_no_property_of_a_commit() {
    let Some(place) =
        Place::new(&["one", "full", "full", "full", "slow"], &format!("{FULL_DISK}\nslow) cost=4000000;;"))
    else {
        return;
    };
    let full = contains("cannot build ").and(contains("No space left on device")).and(contains("see "));
    let stops = |command: &mut Command, builds: usize| {
        let before = place.builds();
        let assert = command.assert().code(2);
        let said = text(&assert);
        assert!(full.eval(&said) && !said.contains("does not compile"), "{said}");
        assert!(!String::from_utf8_lossy(&assert.get_output().stdout).contains("skipped"), "the search does not go on");
        assert_eq!(place.builds() - before, builds, "the first one ends the run: {said}");
    };
    // Both ends, and the commit in the middle.
    stops(&mut place.bisect("HEAD~4"), 3);
    stops(&mut place.compare(&["repo@HEAD~4", "repo@HEAD~3", "repo@HEAD"]), 2);
    // There is space again.
    let script = fs::read_to_string(place.cargo.script()).expect("the script");
    fs::write(place.cargo.script(), script.replace("\nfull)", "\nnever)")).expect("the script is written");
    place.compare(&["repo@HEAD~4", "repo@HEAD~3"]).assert().success();
}

#[test]
fn a_search_without_an_answer_cannot_tell() {
    let cases = format!("{OFFLINE}\nslow) cost=4000000;;");
    let Some(place) = Place::new(&["one", "offline", "offline", "slow"], &cases) else { return };
    let hash = place.repository.git(&["rev-parse", "HEAD~1"]);
    let one_of = contains("The first bad commit is one of these").and(contains(format!("  {hash} offline")));
    let told = "error: the first bad commit is one of 3: those before the last could not be judged";
    place.bisect("HEAD~3").assert().code(3).stdout(one_of.and(contains("not built"))).stderr(contains(told));
    // Without a good end there is no search, and the bad end is not built.
    let before = place.builds();
    place.bisect("HEAD~2").assert().code(2).stderr(contains("cargo cannot build"));
    assert_eq!(place.builds() - before, 1);
    // The ends do not differ.
    place.repository.commit("slow");
    place.bisect("HEAD~1").assert().code(2).stderr(contains("nothing to search for"));
}

/// No file keeps the answer of a search.
#[test]
fn a_search_that_nobody_reads_ends() {
    let Some(place) = Place::new(&["one", "two", "slow"], "slow) cost=4000000;;") else { return };
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let unread = place.bisect("HEAD~2");
    let mut command = std::process::Command::new(unread.get_program());
    command.args(unread.get_args()).current_dir(place.cargo.folder());
    for (name, value) in unread.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let ended = command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped()).output().expect("the program runs");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("error: nobody can read the result of the search: standard output is closed"), "{said}");
    assert_eq!(place.builds(), 0, "nothing is built for nobody");
}

#[test]
fn a_level_that_no_build_has_is_refused_before_anything_is_built() {
    let Some(place) = Place::new(&["one", "two"], "") else { return };
    let history = ["history", "--repository=repo", "--range=HEAD"];
    let bisect = ["bisect", "--repository=repo", "--good=HEAD~1", "--bad=HEAD", "--workload=cycles"];
    let commands: [&[&str]; 8] = [
        &["compare", "repo@HEAD~1", "repo@HEAD"],
        &history,
        &bisect,
        &["check", "--base=repo@HEAD~1", "--head=repo@HEAD", "--without-counts"],
        &["why", "repo@HEAD"],
        &["footprint", "repo@HEAD"],
        &["soak", "repo@HEAD"],
        &["modes", "repo@HEAD"],
    ];
    for command in commands {
        for level in ["linked", "plain"] {
            let option = format!("--tracking={level}");
            let assert = place.cargo.memscope_bench().args(command).arg(option).assert().code(2).stdout("");
            let said = text(&assert);
            assert!(said.contains("--tracking") && said.contains(level), "{command:?}: {said}");
        }
    }
    place.cargo.memscope_bench().args(bisect).arg("--tracking=untracked").assert().code(2);
    assert_eq!(place.builds(), 0);
}

#[test]
fn a_folder_without_the_package_is_refused_before_anything_is_built() {
    let Some(place) = Place::new(&["one"], "") else { return };
    let Place { repository, .. } = &place;
    repository.write("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n");
    repository.write("crates/memscope-rs/Cargo.toml", "[package]\nname = \"memscope-rs\"\nversion = \"0.2.5\"\n");
    let moved = repository.commit("moved");
    let last = repository.commit("last");
    let refused = |arguments: &[&str], commit: &str| {
        let why = format!("repo@{commit} contains no memscope-rs: its Cargo.toml names no package: name the package's");
        place.cargo.memscope_bench().args(arguments).assert().code(2).stdout("").stderr(contains(why));
    };
    refused(&["history", "--repository=repo", "--range=HEAD"], &last);
    let bisect = |good| ["bisect", "--repository=repo", "--bad=HEAD", "--workload=cycles", "--good", good];
    refused(&bisect("HEAD~1"), &moved);
    refused(&bisect("HEAD~2"), &last);
    assert_eq!(place.builds(), 0);
}

#[test]
fn a_resumed_run_names_what_differs_before_it_builds() {
    let Some(place) = Place::new(&["one", "two", "three"], OFFLINE) else { return };
    let builds = ["repo@HEAD~2", "repo@HEAD~1", "repo@HEAD"];
    place.compare(&builds).assert().success();
    let plan = place.comparison().plan;
    let journal = place.cargo.path("out/compare.journal");
    let killed = |plan: Plan| {
        let _ = fs::remove_file(&journal);
        drop(Journal::begin(&journal, &plan).expect("a journal"));
    };
    let before = place.builds();
    let refused = |why: &str| {
        let why = contains(format!("out/compare.journal is the journal of another run: {why}"));
        place.compare(&builds).arg("--resume").assert().code(2).stdout("").stderr(why);
    };
    killed(Plan { rounds: 100, ..plan.clone() });
    refused("rounds: 100 there, 12 here");
    killed(Plan { threads: 7, ..plan.clone() });
    refused("threads: 7 there, 1 here");
    killed(Plan { builds: plan.builds[..2].to_vec(), ..plan.clone() });
    refused("builds: [repo@HEAD~2, repo@HEAD~1] there, [repo@HEAD~2, repo@HEAD~1, repo@HEAD] here");
    assert_eq!(place.builds(), before, "nothing was built");

    killed(plan);
    let script = fs::read_to_string(place.cargo.script()).expect("the script");
    fs::write(place.cargo.script(), script.replace("\noffline)", "\nthree)")).expect("the script is written");
    refused("repo@HEAD was built then, and is not now");
    assert!(journal.exists(), "it can be resumed when there is a network again");
    fs::write(place.cargo.script(), script).expect("the script is written");
    place.compare(&builds).arg("--resume").assert().success();
}

#[test]
fn results_name_the_commits_that_were_measured() {
    let Some(place) = Place::new(&["one", "broken", "two"], "broken) exit 101;;") else { return };
    place.repository.git(&["tag", "moving", "HEAD~2"]);
    place.repository.git(&["tag", "unbuilt", "HEAD~1"]);
    place.compare(&["repo@moving", "repo@unbuilt", "repo"]).assert().success();
    let hash = |revision: &str| place.repository.git(&["rev-parse", revision]);
    let found = place.comparison();
    let commits: Vec<Option<&str>> = found.builds.iter().map(|build| build.commit()).collect();
    assert_eq!(commits, [Some(&*hash("HEAD~2")), Some(&*hash("HEAD~1")), Some(&*hash("HEAD"))]);
    let [one, broken, two] = ["HEAD~2", "HEAD~1", "HEAD"].map(|revision| place.repository.hash(revision));
    let note = format!("Commits: repo@moving is {one} (one); repo@unbuilt is {broken} (broken); repo is {two}.");
    for ending in ["md", "svg"] {
        let drawn = fs::read_to_string(place.cargo.path(&format!("out/compare.{ending}"))).expect("a report");
        assert!(drawn.contains(if ending == "md" { &note } else { &two }), "{drawn}");
    }
    // A file that git does not know is a change too, and so is one within the package alone.
    place.repository.write("src/new.rs", "");
    place.compare(&["repo@moving", "repo"]).assert().success().stdout(contains(format!("repo is {two} with changes")));
    assert_eq!(place.comparison().builds[1].commit(), Some(&*format!("{}-dirty", hash("HEAD"))));
    // The names of a history are those of its commits.
    let history = ["history", "--repository=repo", "--range=HEAD", "--rounds=12"];
    place.rounds(&history).assert().success().stdout(contains("Commits: ").not());
}
