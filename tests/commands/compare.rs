//! Integration tests of `compare`, `history` and `bisect`: their refusals, the order and resumption of rounds, and, if
//! there is time to build, complete runs on a small repository.

use crate::common::git::{git, has_git};
use crate::common::{comparison, has_valgrind, memscope_bench};
use memscope_bench::internal::platform::files;
use memscope_bench::internal::schedule::links::Links;
use memscope_bench::internal::schedule::measurement::Clock;
use memscope_bench::internal::study::compare::{Against, Comparison, Entry, Journal, Measured, Plan, Verdict};
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::tracking::memscope::versions::GENERATIONS;
use memscope_bench::internal::worker::failure::Failure;
use memscope_bench::internal::worker::launcher::{Launcher, Limits};
use memscope_bench::internal::workloads::{Workload, registered};
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

#[test]
fn names_that_are_not_builds_are_refused() {
    let refused = |arguments: &[&str], why: &str| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        memscope_bench()
            .current_dir(folder.path())
            .args(arguments)
            .assert()
            .code(2)
            .stdout("")
            .stderr(contains(why.to_owned()));
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0, "nothing is left behind");
    };
    refused(&["compare"], "BUILD");
    refused(&["compare", "0.2.5", "--against=nothing"], "[possible values: first, previous]");
    refused(&["compare", "no-such-thing"], "'no-such-thing' is not a build");
    refused(&["compare", "0.2.5", "--rounds=3"], "--rounds");
    refused(&["compare", "0.2.5", "--threshold=-1"], "a threshold is a percentage");
    refused(&["compare", "0.2.5", "--clock=sun"], "[possible values: wall, cpu]");
    refused(&["compare", "."], ". contains no memscope-rs");
    refused(&["compare", ".@v1"], ". is not in a git repository");
    refused(&["history", "--repository=.", "--range=a..b"], ". is not in a git repository");
}

/// Returns a folder with the comparison of an earlier run, and the command that judges it again.
fn earlier_run(json: &str) -> (TempDir, impl Fn() -> assert_cmd::Command + use<>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("out")).expect("a folder");
    fs::write(folder.path().join("out/compare.json"), json).expect("a file");
    let place = folder.path().to_owned();
    (folder, move || {
        let mut command = memscope_bench();
        command.current_dir(&place).args(["report", "out/compare.json"]);
        command
    })
}

fn text_of(folder: &TempDir, ending: &str) -> String {
    fs::read_to_string(folder.path().join(format!("out/compare.{ending}"))).expect("a file")
}

fn comparison_in(folder: &TempDir) -> Comparison {
    files::read(&folder.path().join("out/compare.json")).expect("a comparison")
}

/// A run of an hour is not repeated to redraw its report.
#[test]
fn a_report_is_drawn_again_from_its_file() {
    let (folder, redraw) = earlier_run(&files::json(&comparison(Clock::Wall)).expect("every number is finite"));
    redraw().assert().success().stdout(contains("../memscope-rs").and(contains("Noise floor")));
    assert!(text_of(&folder, "md").contains("| does not compile"));
    assert!(text_of(&folder, "svg").contains("against the first build"));
    assert_eq!(comparison_in(&folder), comparison(Clock::Wall));
    let before = text_of(&folder, "json");
    redraw().assert().success();
    assert_eq!(text_of(&folder, "json"), before, "nothing has changed");
    for contradiction in ["--clock=cpu", "--rounds=12"] {
        redraw().arg(contradiction).assert().code(2).stderr(contains("unexpected argument"));
    }
    fs::remove_file(folder.path().join("out/compare.json")).expect("it is there");
    redraw().assert().code(2).stdout("").stderr(contains("cannot read out/compare.json"));
}

#[test]
fn another_reference_or_threshold_judges_the_same_pairs() {
    let (folder, redraw) = earlier_run(&files::json(&comparison(Clock::Wall)).expect("every number is finite"));
    redraw().arg("--threshold=40").assert().success().stdout(contains("no difference (< 40 %)"));
    let judged = comparison_in(&folder);
    assert_eq!((judged.threshold_percent, judged.against), (40.0, Against::First));
    assert_eq!(judged.builds, comparison(Clock::Wall).builds, "the pairs are unchanged");
    redraw().arg("--against=previous").assert().success();
    assert!(text_of(&folder, "svg").contains("from build to build"));
    let judged = comparison_in(&folder);
    assert_eq!((judged.threshold_percent, judged.against), (40.0, Against::Previous), "other settings are kept");
    redraw().args(["--against=first", "--threshold=3"]).assert().success();
    assert_eq!(comparison_in(&folder), comparison(Clock::Wall));
}

/// Files of schema 1 have verdicts by an earlier rule. Only their pairs are used.
#[test]
fn a_file_of_an_older_schema_is_judged_by_the_present_rule() {
    let mut old = serde_json::to_value(comparison(Clock::Wall)).expect("JSON");
    let file = old.as_object_mut().expect("an object");
    file.insert("schema".to_owned(), 1.into());
    file.remove("against");
    file.remove("typical");
    for difference in file["differences"].as_array_mut().expect("differences") {
        let difference = difference.as_object_mut().expect("an object");
        difference.retain(|key, _| ["workload", "tracking", "build", "reference", "ratio"].contains(&key.as_str()));
        difference.insert("claim".to_owned(), "gain".into());
    }
    let (folder, redraw) = earlier_run(&old.to_string());
    redraw().assert().success().stdout(contains("1 regression, 0 improvements"));
    assert_eq!(comparison_in(&folder), comparison(Clock::Wall));
    assert!(!text_of(&folder, "json").contains("claim") && text_of(&folder, "json").contains("\"schema\": 3"));
}

/// A coarse clock shows no time for a short window: then there is no ratio, and no invalid figure anywhere.
#[test]
fn times_of_zero_give_no_invalid_figure() {
    let mut found = comparison(Clock::Wall);
    for measurement in &mut found.builds[2].measurements {
        measurement.pairs.iter_mut().for_each(|pair| pair.untracked.wall_ns = 0);
    }
    let (folder, redraw) = earlier_run(&files::json(&found).expect("every number is finite"));
    redraw().assert().success().stdout(contains("cannot be compared (0 rounds)").and(contains("Left out: ")));
    let judged = comparison_in(&folder);
    assert!(judged.differences.iter().all(|difference| difference.verdict == Verdict::Inconclusive));
    for ending in ["json", "md", "svg"] {
        let text = text_of(&folder, ending);
        assert!(!text.contains("NaN") && !text.contains("inf "), "{ending}");
    }
}

/// The report is written to its files before any of it is printed, so a closed pipe loses nothing.
#[test]
fn a_report_is_written_before_it_is_printed() {
    let (folder, _) = earlier_run(&files::json(&comparison(Clock::Wall)).expect("every number is finite"));
    let full = fs::OpenOptions::new().write(true).open("/dev/full");
    let Ok(full) = full else {
        eprintln!("skipped: there is no /dev/full");
        return;
    };
    Command::new(env!("CARGO_BIN_EXE_memscope-bench"))
        .current_dir(folder.path())
        .args(["report", "out/compare.json"])
        .stdout(full)
        .stderr(Stdio::null())
        .status()
        .expect("it runs");
    assert!(text_of(&folder, "md").contains("| does not compile") && text_of(&folder, "svg").contains("</svg>"));
}

#[test]
fn a_repository_is_queried_before_anything_is_built() {
    if !has_git() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let repository = folder.path().join("memscope-rs");
    let repository_text = repository.to_str().expect("a path of letters");
    fs::create_dir(&repository).expect("a folder");
    fs::write(repository.join("Cargo.toml"), "[package]\nname = \"another\"\n").expect("a manifest");
    git(&repository, &["init", "--quiet"]);
    commit(&repository, "first");

    let refused = |arguments: &[&str], why: &str| {
        memscope_bench().current_dir(folder.path()).args(arguments).assert().code(2).stderr(contains(why.to_owned()));
    };
    refused(&["compare", &format!("{repository_text}@nothing")], "has no revision 'nothing'");
    refused(&["compare", &format!("{repository_text}@HEAD")], "its Cargo.toml is that of another");
    let history = |range: &str| ["history", "--repository", repository_text, "--range", range].map(str::to_owned);
    let refused_range = |range: &str, why: &str| refused(&history(range).each_ref().map(String::as_str), why);
    refused_range("HEAD..HEAD", "the range 'HEAD..HEAD' of");
    refused_range("v1..v2", "has no revision 'v1..v2'");
    fs::write(repository.join("Cargo.toml"), "[package]\nname = \"changed\"\n").expect("a manifest");
    refused_range("HEAD", "has uncommitted changes (M Cargo.toml)");
}

/// Measures two builds in rounds. Both are the same program, which the rounds cannot know.
fn rounds(folder: &Path, plan: &Plan, resume: bool) -> (Vec<Vec<usize>>, usize) {
    let launcher = Launcher::new(assert_cmd::cargo::cargo_bin("memscope-bench"), Limits::default());
    let programs = [Some(Links::from(launcher.clone())), None, Links::of([launcher.clone(), launcher])];
    let path = folder.join("journal");
    let (journal, entries) = if resume {
        Journal::resume(&path, plan).expect("a journal")
    } else {
        (Journal::begin(&path, plan).expect("a journal"), Vec::new())
    };
    let known = entries.len();
    let Measured { measurements, .. } =
        plan.measure(&programs, journal, entries, |_| {}).expect("the journal can be written");
    let passes: Vec<usize> = (1..=6).map(|pass| plan.rounds * pass / 6).collect();
    assert!(measurements.iter().flatten().all(|measurement| measurement.passes == passes), "{measurements:?}");
    (
        measurements
            .iter()
            .map(|measurements| measurements.iter().map(|measurement| measurement.pairs.len()).collect())
            .collect(),
        known,
    )
}

fn plan() -> Plan {
    Plan {
        builds: ["a", "not built", "b"].map(|name| (name.to_owned(), String::new())).to_vec(),
        workloads: vec![Workload::CYCLES, Workload::FRAGMENTATION],
        // Not full: on a busy machine, some versions take very long to name a value.
        levels: vec![Level::Untracked, Level::Allocator],
        scale: Some(0.001),
        threads: 1,
        rounds: 12,
        seconds: 60,
        seed: 1,
        counts: false,
    }
}

#[test]
fn every_build_has_its_turn_in_every_round() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (pairs, _) = rounds(folder.path(), &plan(), false);
    // Only the first build measures untracked against itself; one that was not built has nothing.
    assert_eq!(pairs, [vec![12; 4], vec![], vec![12; 2]]);

    let text = fs::read_to_string(folder.path().join("journal")).expect("the journal");
    let entries: Vec<Entry> = text.lines().skip(1).map(|line| serde_json::from_str(line).expect("an entry")).collect();
    let turns: Vec<usize> = entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Pair { measurement, .. } => Some(*measurement),
            _ => None,
        })
        .collect();
    // The measurements of a group are adjacent in each round, in no fixed order.
    let tracked: Vec<usize> = turns.iter().copied().filter(|measurement| [3, 5].contains(measurement)).collect();
    let in_rounds: Vec<&[usize]> = tracked.chunks(2).collect();
    assert!(in_rounds.iter().all(|round| round[0] != round[1]), "{turns:?}");
    assert!([3, 5].iter().all(|first| in_rounds.iter().any(|round| round[0] == *first)), "{turns:?}");
    // A pass takes every group once, in no fixed order, before the next one begins.
    let closed: Vec<(usize, usize)> = entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Closed { group, pass } => Some((*pass, *group)),
            _ => None,
        })
        .collect();
    let passes: Vec<Vec<usize>> = closed.chunks(4).map(|pass| pass.iter().map(|&(_, group)| group).collect()).collect();
    assert!(closed.chunks(4).enumerate().all(|(number, pass)| pass.iter().all(|&(of, _)| of == number)), "{closed:?}");
    assert!(passes.iter().any(|order| *order != passes[0]), "{closed:?}");
    for mut order in passes.clone() {
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2, 3]);
    }
    assert_eq!(passes.len(), 6);
}

#[test]
fn a_resumed_run_repeats_nothing_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("journal");
    rounds(folder.path(), &plan(), false);
    let whole = fs::read_to_string(&path).expect("the journal");
    let entries = whole.lines().count() - 1;

    for kept in [1, entries / 2, entries - 1] {
        let mut text: String = whole.lines().take(1 + kept).map(|line| format!("{line}\n")).collect();
        text.push_str("{\"entry\":\"pa");
        fs::write(&path, &text).expect("half a journal");
        let (pairs, known) = rounds(folder.path(), &plan(), true);
        assert_eq!(known, kept);
        assert_eq!(pairs, [vec![12; 4], vec![], vec![12; 2]], "after {kept} entries");
        let now = fs::read_to_string(&path).expect("the journal");
        assert!(now.starts_with(text.trim_end_matches("{\"entry\":\"pa")), "measurements are kept");
        assert_eq!(now.lines().count() - 1, entries, "after {kept} entries");
    }
}

/// Commits all files, and returns the commit's hash.
fn commit(repository: &Path, subject: &str) -> String {
    git(repository, &["add", "--all"]);
    git(repository, &["commit", "--quiet", "--allow-empty", "-m", subject]);
    git(repository, &["rev-parse", "HEAD"])
}

/// Makes a repository that begins with a published version, followed by commits; the third slows the hook. Returns its
/// commits, the oldest first.
fn history_of_memscope(repository: &Path) -> Vec<String> {
    copy_folder(&published_sources("0.1.0", &repository.with_extension("fetch")), repository);
    git(repository, &["init", "--quiet"]);
    let mut commits = vec![commit(repository, "0.1.0 as it was published")];
    for subject in ["words", "more words"] {
        fs::write(repository.join("NOTES"), subject).expect("a file");
        commits.push(commit(repository, subject));
    }
    let allocator = repository.join("src/allocator.rs");
    let source = fs::read_to_string(&allocator).expect("the hook");
    let slow = source.replacen(
        "let ptr = System.alloc(layout);",
        "let ptr = System.alloc(layout);\n        for turn in 0..400_u32 { std::hint::black_box(turn); }",
        1,
    );
    assert_ne!(slow, source, "the hook has that line");
    fs::write(&allocator, slow).expect("the hook");
    commits.push(commit(repository, "the slow one"));
    fs::write(repository.join("src/lib.rs"), "this does not build").expect("a file");
    commits.push(commit(repository, "broken"));
    git(repository, &["checkout", "--quiet", &commits[3], "--", "src/lib.rs"]);
    commits.push(commit(repository, "mended"));
    commits
}

/// Returns the sources of a published version, as cargo has them.
fn published_sources(version: &str, scratch: &Path) -> std::path::PathBuf {
    fs::create_dir_all(scratch.join("src")).expect("a folder");
    fs::write(scratch.join("src/lib.rs"), "").expect("a file");
    let manifest = format!(
        "[package]\nname = \"fetch\"\nversion = \"0.0.0\"\nedition = \
         \"2021\"\n[workspace]\n[dependencies]\nmemscope-rs = {{ version = \"={version}\", default-features = false \
         }}\n"
    );
    fs::write(scratch.join("Cargo.toml"), manifest).expect("a manifest");
    let output = Command::new(env!("CARGO"))
        .current_dir(scratch)
        .args(["metadata", "--format-version=1"])
        .output()
        .expect("cargo");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("metadata");
    let packages = metadata["packages"].as_array().expect("packages");
    let subject = packages.iter().find(|package| package["name"] == "memscope-rs").expect("memscope-rs");
    Path::new(subject["manifest_path"].as_str().expect("a path")).parent().expect("a folder").to_owned()
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_folder(&source, &target);
        } else {
            fs::copy(source, target).expect("a copy");
        }
    }
}

/// Returns the program, with a build cache that is deleted with the other builds of the tests.
fn builds_for_the_tests() -> assert_cmd::Command {
    let mut command = memscope_bench();
    command.env("MEMSCOPE_BENCH_BUILD_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
    command
}

#[test]
#[ignore = "builds many versions of memscope, which takes half an hour the first time: cargo test --test \
            commands compare -- --ignored"]
fn every_generation_of_the_api_can_be_measured() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Between releases the API changes before the number does: this is the newest source under the number of an older
    // one.
    let between = folder.path().join("between");
    copy_folder(&published_sources("0.2.5", &folder.path().join("fetch")), &between);
    let manifest = fs::read_to_string(between.join("Cargo.toml")).expect("a manifest");
    let older = manifest.replacen("version = \"0.2.5\"", "version = \"0.1.11\"", 1);
    assert_ne!(older, manifest);
    fs::write(between.join("Cargo.toml"), older).expect("a manifest");
    memscope_bench()
        .arg("compare")
        .args(GENERATIONS)
        .arg(&between)
        .args(["--tracking=variables,allocator,full", "--scale=0.001", "--threads=1", "--rounds=12", "--links=1"])
        .arg(format!("--output={}", folder.path().display()))
        .assert()
        .success();
    let found: Comparison = files::read(&folder.path().join("compare.json")).expect("the comparison");
    assert_eq!(found.builds.len(), GENERATIONS.len() + 1);
    for (build, version) in found.builds.iter().zip(GENERATIONS.into_iter().chain(["0.1.11"])) {
        assert_eq!(build.not_built, None, "{version}");
        assert_eq!(build.memscope.as_ref().expect("it was built").version, version);
        let tracked = build.measurements.iter().filter(|measurement| measurement.level != Level::Untracked);
        assert_eq!(tracked.clone().count(), registered().len() * 3, "{version}");
        for measurement in tracked {
            let is_known = measurement.failure().is_some() || measurement.overhead().is_some();
            assert!(
                is_known,
                "{version}: {}/{} has neither figure nor outcome",
                measurement.workload, measurement.level
            );
            // At such a size, on one thread, every level that a version has succeeds.
            let is_fine = match measurement.failure() {
                None => true,
                Some(failure) => version == "0.1.0" && matches!(failure, Failure::Unsupported { .. }),
            };
            assert!(is_fine, "{version}: {}/{}: {:?}", measurement.workload, measurement.level, measurement.failure());
            // With threads that allocate at once, old versions drop events when a lock is taken.
            if measurement.level == Level::Allocator && !measurement.workload.is_parallel() {
                let fidelity = measurement.fidelity.expect("every version counts allocations");
                assert!((0.999..=1.001).contains(&fidelity), "{version}: {}: {fidelity}", measurement.workload);
            }
        }
    }
}

#[test]
#[ignore = "builds memscope several times, which takes minutes: cargo test --test commands compare -- --ignored"]
fn the_commit_that_slows_the_hook_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let repository = folder.path().join("memscope");
    let commits = history_of_memscope(&repository);
    let before = git(&repository, &["status", "--porcelain", "--branch"]);
    let repository_text = repository.to_str().expect("a path of letters");
    let output = folder.path().join("out");

    builds_for_the_tests()
        .args(["bisect", "--repository", repository_text, "--good", &commits[0], "--bad", &commits[5]])
        .args(["--workload=structures", "--tracking=allocator", "--scale=0.01", "--clock=cpu", "--links=1"])
        .assert()
        .success()
        .stdout(contains(format!("The first bad commit: {} the slow one", commits[3])))
        .stdout(contains("good: ").and(contains("bad: ")));

    if has_valgrind() {
        builds_for_the_tests()
            .args(["bisect", "--repository", repository_text, "--good", &commits[0], "--bad", &commits[5]])
            .args(["--workload=structures", "--tracking=allocator", "--scale=0.01", "--counts"])
            .assert()
            .success()
            .stdout(contains(format!("The first bad commit: {} the slow one", commits[3])))
            .stdout(contains(" × the good one's instructions, 3 runs"))
            .stdout(contains(format!(" × the instructions of {}", &commits[0][..8])));
    }

    builds_for_the_tests()
        .args(["history", "--repository", repository_text, "--range", &format!("{}..{}", commits[0], commits[5])])
        .args(["--workloads=structures", "--tracking=allocator", "--scale=0.01", "--rounds=40", "--fail-on-regression"])
        // The test is about the commits, independent of the machine's state.
        .args(["--links=1", "--keep"])
        .arg(format!("--output={}", output.display()))
        .assert()
        .code(1)
        .stdout(contains("costs more than").count(1))
        .stdout(contains(format!(
            "{} costs more than {} at allocator on structures: ",
            &commits[3][..8],
            &commits[2][..8]
        )))
        .stderr(contains("regression: structures/allocator: "))
        .stdout(contains("does not compile").and(contains("src/lib.rs")));

    let found: Comparison = files::read(&output.join("history.json")).expect("the history");
    assert_eq!(found.builds.len(), 6);
    assert!(found.builds[4].not_built.is_some() && found.builds[4].measurements.is_empty());
    assert_eq!(found.differences.len(), 4, "commits that were built, each against the one before it");
    let picture = fs::read_to_string(output.join("history.svg")).expect("the picture");
    roxmltree::Document::parse(&picture).expect("valid XML");
    assert!(picture.contains("the slow one"));
    assert!(!output.join("history.journal").exists(), "a finished run needs no journal");
    // Five commits were built: four differences from one back, three from two back, and one from four back.
    let lines = fs::read_to_string(output.join("trend.jsonl")).expect("the differences");
    assert_eq!(lines.lines().count(), 8, "{lines}");
    memscope_bench()
        .current_dir(folder.path())
        .args(["trend", "--differences=out/trend.jsonl", "--output=out"])
        .assert()
        .success()
        .stdout(contains("4 steps between commits: ").and(contains("structures/allocator")));
    assert_eq!(git(&repository, &["status", "--porcelain", "--branch"]), before, "the clone is unchanged");
}

#[test]
#[ignore = "builds memscope, which takes minutes: cargo test --test commands compare -- --ignored"]
fn versions_are_compared_by_one_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sources = folder.path().join("memscope");
    copy_folder(&published_sources("0.1.0", &folder.path().join("fetch")), &sources);
    let compare = |arguments: &[&str]| {
        builds_for_the_tests()
            .current_dir(folder.path())
            .args(["compare", "0.1.0", "--workloads=cycles", "--tracking=variables,allocator"])
            .args(["--scale=0.01", "--rounds=12", "--output=out"])
            .args(arguments)
            .assert()
    };
    compare(&["memscope", "--links=1"])
        .success()
        .stdout(contains("unsupported").and(contains("forgets them without it")))
        .stdout(contains("no difference").or(contains("inconclusive")).or(contains("memscope costs ")))
        .stdout(contains("Noise floor"));
    let files: std::collections::BTreeSet<String> = fs::read_dir(folder.path().join("out"))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("letters"))
        .collect();
    assert_eq!(files, ["compare.json", "compare.md", "compare.svg"].map(str::to_owned).into());

    // A repeated build is compared with itself, the second time in its next links.
    let bmf = compare(&["0.1.0", "--links=2", "--format=bmf"]).success().get_output().stdout.clone();
    let bmf: serde_json::Value = serde_json::from_slice(&bmf).expect("Bencher's format and nothing else");
    for build in ["0.1.0", "0.1.0 (2)"] {
        let overhead = &bmf[format!("cycles/allocator/{build}")]["overhead"]["value"];
        assert!(overhead.as_f64().expect("a ratio") > 1.0, "{build}");
    }
    let found: Comparison = files::read(&folder.path().join("out/compare.json")).expect("the comparison");
    assert_eq!(found.builds.iter().map(|build| build.links.as_slice()).collect::<Vec<_>>(), [[1, 2], [3, 4]]);
    assert_ne!(found.plan.builds[0].1, found.plan.builds[1].1, "they are different programs");
    let report = fs::read_to_string(folder.path().join("out/compare.md")).expect("the report");
    assert!(report.contains("2 links of each build") && report.contains("0.1.0 (2) 3–4"), "{report}");

    // The journal of an interrupted run is neither lost nor used for another run.
    fs::write(folder.path().join("out/compare.journal"), "{}\n").expect("a journal");
    compare(&["--links=1"]).code(2).stderr(contains("continue it with --resume, or remove the file"));
    compare(&["--links=1", "--resume"]).code(2).stderr(contains("is the journal of another run"));
    assert_eq!(fs::read_to_string(folder.path().join("out/compare.journal")).expect("it is there"), "{}\n");
}
