//! The modes of memscope: the documented behaviour that modes of the version in Cargo.lock lack, and the page that
//! compares modes. All tests use counts, and none uses times.

use crate::common::{memscope_bench, worker};
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::modes::Modes;
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::tracking::memscope::MemscopeBuild;
use memscope_bench::internal::worker::probe::Observation;
use memscope_bench::internal::worker::task::Task;
use memscope_bench::internal::worker::tasks::planted::{Planted, Request};
use predicates::prelude::*;
use predicates::str::contains;
use std::process::Command;

/// The version whose defects these tests confirm or refute.
const PINNED: &str = "0.2.5";
/// The calls that name a value under a level that samples: 1.1 % of them is ten standard deviations above 1 %.
const CALLS: u64 = 1_000_000;

/// Returns whether the linked memscope is the one of these tests; if not, prints that they are skipped.
fn is_pinned() -> bool {
    let version = MemscopeBuild::of_this_build().version;
    if version != PINNED {
        eprintln!("skipped: it is about memscope-rs {PINNED}, and {version} is linked");
    }
    version == PINNED
}

/// Returns memscope's observations of the known program under a level.
fn planted(level: Level) -> Planted {
    let task = Task::Planted(Request { level, calls: CALLS });
    let output = worker(&task).assert().success().get_output().stdout.clone();
    let text = String::from_utf8(output).expect("text");
    // After the documented start, memscope logs to the same stream.
    serde_json::from_str(text.lines().last().expect("a reply")).expect("the reply")
}

#[test]
fn the_usual_modes_see_and_attribute_everything() {
    if !is_pinned() {
        return;
    }
    let hook = planted(Level::Allocator);
    let (seen, frees) = (hook.allocations.expect("counted"), hook.frees.expect("counted"));
    assert_eq!((seen.recorded, frees.recorded), (seen.happened, frees.happened));
    assert_eq!(hook.threads.and_then(|right| right.fraction()), Some(1.0));
    assert_eq!((hook.names, hook.tasks), (None, None));
    for level in [Level::Variables, Level::OwnTracker] {
        let names = planted(level);
        let seen = names.allocations.expect("counted");
        assert_eq!(seen.recorded, seen.happened, "{level}");
        for right in [names.threads, names.names] {
            assert_eq!(right.and_then(|right| right.fraction()), Some(1.0), "{level}");
        }
        assert!(names.kept_bytes.expect("known") > 100.0, "{level}: the end of a value is not seen");
    }
}

/// The allocations and frees of a tracker at its thread's end are its own, not the program's.
#[test]
fn the_lock_free_tracker_records_each_event_of_threads_that_ended() {
    if is_pinned() {
        let planted = planted(Level::LockFree);
        for seen in [planted.allocations, planted.frees] {
            let seen = seen.expect("counted");
            assert_eq!(seen.recorded, seen.happened);
        }
    }
}

/// The threads of a pool do not end, so their events stay in memory that no function reads.
#[test]
fn the_record_of_the_lock_free_tracker_is_unknown_while_its_threads_live() {
    if is_pinned() {
        let probe =
            ["probe", "--workload=concurrent", "--tracking=lock-free", "--scale=0.01", "--threads=2", "--count"];
        let output = memscope_bench().args(probe).assert().success().get_output().stdout.clone();
        let observation: Observation = serde_json::from_slice(&output).expect("an observation");
        assert_eq!((observation.recorded.allocations, observation.fidelity()), (None, None));
    }
}

/// Confirmed: `hash % 1000 > rate * 1000` excludes one value in a thousand too few.
#[test]
fn sampling_at_1_percent_records_1_1_percent() {
    if is_pinned() {
        let share = planted(Level::Sampled1).sampled.expect("it samples");
        let percent = 100.0 * share.fraction().expect("there are calls");
        // Six standard deviations.
        let noise = 6.0 * (1.1 * 98.9 / CALLS as f64).sqrt();
        assert!((percent - 1.1).abs() < noise && percent > 1.03, "{percent} %");
    }
}

/// Confirmed: the hook records everything, for any rate of its tracker.
#[test]
fn the_hook_ignores_the_sampling_of_its_tracker() {
    if is_pinned() {
        let seen = planted(Level::SampledHook).allocations.expect("counted");
        assert_eq!(seen.recorded, seen.happened);
    }
}

/// Confirmed: both start, end, and report nothing.
#[test]
fn trace_all_and_the_unified_backend_record_nothing() {
    if !is_pinned() {
        return;
    }
    for level in [Level::TraceAll, Level::Unified] {
        let seen = planted(level).allocations.expect("counted");
        assert!(seen.recorded == 0 && seen.happened > 2_000, "{level}: {seen:?}");
    }
}

/// Confirmed: a free is looked up in the tracker of the thread that frees.
#[test]
fn a_tracker_for_each_thread_misses_frees_by_other_threads() {
    if !is_pinned() {
        return;
    }
    let seen = planted(Level::ThreadLocal);
    let (allocations, frees) = (seen.allocations.expect("counted"), seen.frees.expect("counted"));
    assert_eq!(allocations.recorded, allocations.happened);
    assert!(frees.happened - frees.recorded >= seen.handed_over, "{seen:?}");
    assert!(frees.recorded >= 2_000, "it sees those of the same thread: {seen:?}");
    assert_eq!(seen.threads.and_then(|right| right.fraction()), Some(1.0));
}

/// Confirmed: the number of the task is the thread's, and set once before the first wait.
#[test]
fn tasks_that_take_turns_are_confused() {
    if is_pinned() {
        let right = planted(Level::AsyncTask).tasks.expect("it has tasks");
        assert!(right.of == 200 && right.part > 0 && right.part <= 100, "{right:?}");
    }
}

/// Confirmed: the end of an inner scope ends the outer one too.
#[test]
fn an_inner_scope_ends_the_outer_one() {
    if is_pinned() {
        let right = planted(Level::TaskScope).tasks.expect("it has tasks");
        assert_eq!((right.part, right.of), (100, 150), "the blocks after the inner scope have no task");
    }
}

/// The hook has no switch: a program that installs it and makes no calls pays its full cost.
#[test]
fn the_hook_records_without_being_switched_on() {
    if !is_pinned() {
        return;
    }
    let workload = ["--workload=cycles", "--scale=0.05"];
    let linked = Command::new(env!("CARGO_BIN_EXE_memscope-bench-linked"))
        .args(["probe", "--tracking=linked"])
        .args(workload)
        .output()
        .expect("it runs");
    assert!(linked.status.success(), "{}", String::from_utf8_lossy(&linked.stderr));
    let linked: Observation = serde_json::from_slice(&linked.stdout).expect("an observation");
    let counted = crate::common::probe(&["--tracking=untracked", "--count", workload[0], workload[1]]);
    assert_eq!(linked.digest, counted.digest);
    assert_eq!(linked.recorded.allocations, counted.truth.map(|truth| truth.allocations));
}

/// `start()` sees every name, and writes its report at the end.
#[test]
fn the_quick_start_records_and_exports() {
    if !is_pinned() {
        return;
    }
    let seen = planted(Level::QuickStart);
    let names = seen.allocations.expect("counted");
    assert_eq!(names.recorded, names.happened);
    assert!(seen.disk_bytes.expect("it exports") > 100_000, "{seen:?}");
}

#[test]
fn missing_features_are_reported_with_a_remedy() {
    for feature in ["backtrace", "atexit", "auto-signal"] {
        let level = format!("--tracking={feature}");
        let assert = memscope_bench().args(["probe", "--workload=cycles", &level, "--scale=0.01"]).assert();
        let remedy = contains("name it in Cargo.toml").and(contains(format!("+{feature}")));
        assert.code(69).stderr(contains(feature).and(remedy.or(contains("no feature"))));
    }
}

#[test]
fn one_page_compares_the_modes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let levels = "allocator,unified,task-scope,linked,backtrace";
    memscope_bench()
        .args(["modes", "--workloads=cycles", "--scale=0.01", "--pairs=6", "--calls=1000"])
        .arg(format!("--tracking={levels}"))
        .arg("--output")
        .arg(folder.path())
        .assert()
        .success()
        .stdout(contains("Which mode?").and(contains("To see every allocation with its free: ")));
    let modes: Modes = files::read(&folder.path().join("modes.json")).expect("the file");
    let measured: Vec<String> = modes.measurements.iter().map(|measurement| measurement.level.to_string()).collect();
    assert_eq!(measured.join(","), format!("untracked,plain,{levels}"));
    assert_eq!(modes.planted.len(), 4, "the program of `linked` counts nothing");
    for measurement in modes.measurements.iter().filter(|measurement| measurement.failure().is_none()) {
        assert_eq!(measurement.pairs.len(), 6, "{}", measurement.level);
    }
    if !is_pinned() {
        return;
    }
    let page = std::fs::read_to_string(folder.path().join("modes.md")).expect("the page");
    for sentence in [
        "`unified` records nothing, which is why it is cheap.",
        "`task-scope` attributes 100 of 150 values to the right task.",
        "`backtrace` is unsupported: built without memscope's feature",
    ] {
        assert!(page.contains(sentence), "{sentence}: {page}");
    }
}

#[test]
fn features_need_a_published_version_and_linked_needs_this_build() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("Cargo.toml"), "[package]\nname = \"memscope-rs\"\nversion = \"0.2.5\"\n")
        .expect("a manifest");
    let refused = |arguments: &[&str], why: &str| {
        let mut command = memscope_bench();
        command.arg("modes").args(arguments).arg("--output").arg(folder.path().join("results"));
        command.assert().code(2).stdout("").stderr(contains(why));
        assert!(!folder.path().join("results/modes.json").exists(), "{arguments:?}");
    };
    let named = folder.path().to_str().expect("text");
    refused(&[named, "--with-features"], "--with-features builds only published versions, and ");
    refused(&[named, "--tracking=linked"], "--tracking linked is measured only with the memscope that this program");
    refused(&["no/such/folder"], "'no/such/folder' is not a build");
}
