//! `replay` and `predict`: a trace under every tracker, with the counts of the recorded program.

use crate::common::cargo::{BUILDS, ScriptedCargo};
use crate::common::{linked, memscope_bench, worker};
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::replay::Replays;
use memscope_bench::internal::trace::format::{Event, Kind};
use memscope_bench::internal::trace::{Plan, Trace, made};
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::worker::probe::{self, Observation, Truth};
use memscope_bench::internal::worker::task::Task;
use memscope_bench::internal::worker::tasks::replay::Request;
use memscope_bench::internal::workloads::{Scale, Workload};
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::path::{Path, PathBuf};

fn event(kind: Kind, ticket: u64, block: u64, size: u64, gap_ns: u64) -> Event {
    Event { kind, align: 4, ticket, after: ticket, block, new_block: block, size, gap_ns }
}

/// Returns the operations of three threads: each allocates blocks that the next one resizes and the last one frees. One
/// block in ten stays.
fn threads(blocks: u64, gap_ns: u64) -> Vec<(u32, Vec<Event>)> {
    let (mut first, mut second, mut third) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..blocks {
        let (ticket, block, moved) = (10 * n, 64 + 64 * n, (1 << 40) + 64 * n);
        let kind = if n % 7 == 0 { Kind::Zeroed } else { Kind::Allocate };
        first.push(event(kind, ticket, block, 24 + n % 1_000, gap_ns));
        let resized = event(Kind::Reallocate, ticket + 1, block, 2_000 + n % 1_000, gap_ns);
        second.push(Event { after: ticket + 2, new_block: moved, ..resized });
        if n % 10 != 0 {
            third.push(event(Kind::Free, ticket + 3, moved, 0, gap_ns));
        }
        // And the blocks of the third thread.
        third.push(event(Kind::Allocate, ticket + 4, 8, 40, gap_ns));
        third.push(event(Kind::Free, ticket + 5, 8, 0, gap_ns));
    }
    vec![(0, first), (5, second), (9, third)]
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).expect("a file");
    path
}

/// Replays a trace in one process.
fn replay(frames: &[(u32, Vec<Event>)], level: Level, pace: Option<f64>) -> Observation {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trace = write(folder.path(), "x.trace", &made::bytes(frames, 0, true));
    let plan = folder.path().join("plan");
    let trace = Trace::read(&trace).expect("a trace");
    Plan::of(&trace).expect("a plan").write(&plan).expect("it can be written");
    let workload: Workload = if frames.len() > 1 { "trace-of-threads" } else { "trace" }.parse().expect("a stand-in");
    let probe = probe::Request { workload, level, scale: Scale::FULL, threads: frames.len(), count: true };
    let task = Task::Replay(Request { probe, plan: plan.display().to_string(), pace });
    let output = worker(&task).assert().success().stderr("").get_output().stdout.clone();
    let text = String::from_utf8(output).expect("text");
    serde_json::from_str(text.lines().last().expect("a line")).expect("an observation")
}

#[test]
fn a_replay_has_the_operations_of_its_trace() {
    let blocks = 2_000;
    let frames = threads(blocks, 0);
    for level in [Level::Counting, Level::Allocator] {
        let seen = replay(&frames, level, None);
        let Truth { allocations, deallocations, allocated_bytes, live_bytes, .. } = seen.truth.expect("counted");
        let [made, moved] = [24, 2_000].map(|size| (0..blocks).map(|n| size + n % 1_000).sum::<u64>());
        let kept: u64 = (0..blocks).step_by(10).map(|n| 2_000 + n % 1_000).sum();
        assert_eq!(allocations, 3 * blocks, "{level}: those of the first, second and third thread");
        assert_eq!(deallocations, 3 * blocks - blocks / 10, "{level}");
        assert_eq!((allocated_bytes, live_bytes), (made + moved + 40 * blocks, kept), "{level}");
    }
}

#[test]
fn a_hook_records_every_replayed_event() {
    let pairs =
        (0..1_000).flat_map(|n| [event(Kind::Allocate, 2 * n, 64, 50, 0), event(Kind::Free, 2 * n + 1, 64, 0, 0)]);
    let seen = replay(&[(3, pairs.collect())], Level::Allocator, None);
    assert_eq!(seen.truth.map(|truth| (truth.allocations, truth.deallocations)), Some((1_000, 1_000)));
    assert_eq!(seen.fidelity(), Some(1.0), "{:?}", seen.recorded);
}

#[test]
fn the_programs_work_is_repeated_or_left_out() {
    // Two seconds of work for a thousand operations that take none.
    let frames = [(0, (0..1_000).map(|n| event(Kind::Allocate, n, 64 * n, 8, 2_000_000)).collect::<Vec<_>>())];
    let (with, without) = (replay(&frames, Level::Untracked, Some(0.01)), replay(&frames, Level::Untracked, None));
    assert_eq!(with.digest, without.digest);
    assert!(with.cpu_ns > 3 * without.cpu_ns, "{} and {}", with.cpu_ns, without.cpu_ns);
}

#[test]
fn a_digest_shows_the_work_of_a_replay() {
    let digest = |frames: &[(u32, Vec<Event>)]| replay(frames, Level::Untracked, None).digest;
    assert_eq!(digest(&threads(50, 0)), digest(&threads(50, 9)));
    assert_ne!(digest(&threads(50, 0)), digest(&threads(51, 0)));
}

#[test]
fn replays_are_measured_kept_and_drawn_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trace = write(folder.path(), "mine.trace", &made::bytes(&threads(300, 20), 5_000, false));
    let mut command = memscope_bench();
    command.arg("replay").arg(&trace).args(["--tracking=counting,allocator", "--pairs=6", "--keep", "--output"]);
    let assert = command.arg(folder.path()).assert().success().stderr(contains("Wrote replay.json, replay.md in "));
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    for part in ["counting", "allocator", "mine.trace", "ended early", "Gaps: between two operations", "Noise floor"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let kept: Replays = files::read(&folder.path().join("replay.json")).expect("the file");
    assert_eq!((kept.recorded.operations.all(), kept.recorded.threads), (1_470, 3));
    // The clock takes 5 ns of each gap of 20 ns.
    assert_eq!(kept.recorded.work_ns, 1_470 * 15);
    let levels: Vec<Level> = kept.measurements().map(|one| one.level).collect();
    assert_eq!(levels, [Level::Untracked, Level::Counting, Level::Allocator]);
    for measurement in kept.measurements() {
        assert_eq!((measurement.allocations, measurement.pairs.len()), (Some(900), 6), "{}", measurement.name());
        assert!(measurement.overhead().is_some(), "{}", measurement.name());
    }
    let timed: Vec<(Level, usize)> =
        kept.builds[0].latencies.iter().map(|one| (one.level, one.processes.len())).collect();
    assert_eq!(timed, [(Level::Untracked, 6), (Level::Counting, 6), (Level::Allocator, 6)], "one operation at a time");
    for part in ["One operation", "(timing alone)"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let again = memscope_bench().args(["report", "--print"]).arg(folder.path().join("replay.json")).assert().success();
    assert_eq!(String::from_utf8_lossy(&again.get_output().stdout), text);
}

#[test]
fn a_trace_is_replayed_under_each_build() {
    let Some(linked) = linked::published() else { return };
    let cargo = ScriptedCargo::new(BUILDS);
    write(cargo.folder(), "mine.trace", &made::bytes(&threads(100, 0), 0, true));
    let mut replay = cargo.memscope_bench();
    // The script builds this program whatever the version is, and a program of another version is refused.
    replay.args(["replay", "mine.trace", "0.1.0", &linked, "--pairs=6", "--keep"]);
    replay.assert().success().stdout(contains(linked.as_str())).stderr(contains("0.1.0 was not built"));
    let kept: Replays = files::read(&cargo.path("results/replay.json")).expect("the file");
    let [other, this] = kept.builds.as_slice() else { panic!("two builds") };
    assert!(other.not_built.is_some() && other.measurements.is_empty() && other.latencies.is_empty(), "{other:?}");
    assert_eq!((this.name.as_str(), &this.not_built), (linked.as_str(), &None));
    let measured: Vec<Level> = this.measurements.iter().map(|measurement| measurement.level).collect();
    assert_eq!(measured, [Level::Untracked, Level::Allocator]);
    assert!(this.measurements.iter().all(|measurement| measurement.failure().is_none()), "{this:?}");
}

#[test]
fn an_unreadable_accuracy_ends_a_replay_before_it_measures() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trace = write(folder.path(), "mine.trace", &made::bytes(&threads(10, 0), 0, true));
    let accuracy = write(folder.path(), "traces.json", b"{");
    let mut command = memscope_bench();
    command.arg("replay").arg(&trace).arg("--traces").arg(accuracy).arg("--output").arg(folder.path());
    command.assert().code(2).stdout("").stderr(contains("traces.json"));
    assert!(!folder.path().join("replay.json").exists());
}

#[test]
fn files_that_are_not_traces_are_refused_with_the_reason() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let whole = made::bytes(&threads(10, 0), 0, true);
    let mut damaged = whole.clone();
    damaged[100] ^= 1;
    for (name, bytes, why) in [
        ("empty", &[][..], "it is empty"),
        ("foreign", &b"{\"schema\": 1}"[..], "it is not a trace"),
        ("truncated", &whole[..20], "truncated within"),
        ("damaged", &damaged, "damaged trace"),
        ("idle", &made::bytes(&[], 0, true), "no operations"),
    ] {
        let path = write(folder.path(), name, bytes);
        let assert = memscope_bench().arg("replay").arg(&path).arg("--output").arg(folder.path()).assert();
        assert
            .code(2)
            .stdout("")
            .stderr(contains(why).and(predicate::function(|text: &str| text.lines().count() == 1)));
        if name != "idle" {
            memscope_bench().arg("predict").arg(&path).assert().code(2).stdout("").stderr(contains(name));
        }
    }
    let missing = folder.path().join("missing");
    memscope_bench().arg("replay").arg(&missing).assert().code(2).stderr(contains("missing"));
    assert!(!folder.path().join("replay.json").exists());
}

#[test]
fn a_level_that_sees_no_operations_is_refused() {
    for (level, why) in
        [("variables", "named values"), ("heaptrack", "another program runs it"), ("full-speed", "full-speed")]
    {
        let assert = memscope_bench().args(["replay", "x.trace", "--tracking", level]).assert();
        assert.code(2).stdout("").stderr(contains(why));
    }
}

#[test]
fn a_prediction_needs_only_the_costs_of_calls() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trace = write(folder.path(), "mine.trace", &made::bytes(&threads(300, 20), 0, true));
    let predict = |calls: &Path, more: &[&str]| {
        memscope_bench().arg("predict").arg(&trace).arg("--calls").arg(calls).args(more).assert()
    };
    let missing = folder.path().join("calls.json");
    predict(&missing, &[]).code(2).stdout("").stderr(contains("is missing").and(contains("memscope-bench calls")));

    let calls = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/calls.json");
    let text = predict(&calls, &[]).success().get_output().stdout.clone();
    let text = String::from_utf8(text).expect("text");
    for part in ["The overhead of", "under allocator would be", "reallocate", "570", "Costs: memscope-rs"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    predict(&calls, &["--format=csv"]).success().stdout(contains("mine/allocator,cpu-time,"));
}
