//! Integration tests of `measure`: the order of the pairs, and the outcomes of probes that hang, crash, lie or exhaust
//! memory.

use crate::common::{linked, memscope_bench};
use assert_cmd::assert::Assert;
use memscope_bench::internal::platform::files;
use memscope_bench::internal::schedule::measurement::Series;
use memscope_bench::internal::study::Study;
use memscope_bench::internal::study::overhead;
use memscope_bench::internal::study::overhead::record::Results;
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::worker::failure::Failure;
use memscope_bench::internal::workloads::Workload;
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::path::Path;

const TINY: [&str; 3] = ["measure", "--workloads=cycles,structures", "--scale=0.001"];

fn read(path: &Path) -> Results {
    files::read(&path.join("overhead.json")).expect("a results file")
}

#[test]
fn pairs_alternate_in_passes_and_trials_come_first() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("log");
    memscope_bench()
        .args(["measure", "--workloads=cycles", "--tracking=full", "--scale=0.001", "--pairs=12"])
        .arg(format!("--log={}", log.display()))
        .assert()
        .success();
    let text = fs::read_to_string(&log).expect("the log");
    let levels: Vec<String> = text
        .lines()
        .map(|line| {
            let level = line.split("--tracking=").nth(1).and_then(|rest| rest.split(' ').next()).expect("a level");
            format!("{level}{}", if line.contains("--count") { " counted" } else { "" })
        })
        .collect();
    // Each of six passes takes two pairs of each measurement, in no fixed order.
    let (trials, samples): (Vec<&String>, Vec<&String>) = levels.iter().partition(|level| level.ends_with(" counted"));
    assert_eq!(trials.len(), 3, "{levels:?}");
    let stretches: Vec<String> =
        samples.chunks(4).map(|stretch| stretch.iter().map(|level| &level[..1]).collect()).collect();
    assert_eq!(stretches.len(), 12);
    assert!(stretches.chunks(2).all(|pass| pass.contains(&"uuuu".to_owned()) && pass.contains(&"uffu".to_owned())));
    assert!(stretches.chunks(2).any(|pass| pass[0] == "uuuu") && stretches.chunks(2).any(|pass| pass[0] == "uffu"));
    let first = levels.iter().position(|level| level == "full").expect("full was measured");
    let trial = ["untracked counted", "full counted", "untracked"];
    assert_eq!(levels[first - 3..first], trial, "its trial is right before its first pair");
}

/// A killed run leaves its journal; the same command continues from it, and another command does not touch it.
#[test]
fn a_killed_run_resumes_where_it_stopped() {
    const PAIRS: usize = 16;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let measure = |more: &[&str]| {
        let mut command = memscope_bench();
        // A busy machine may fail the run's control.
        command.args(["measure", "--workloads=cycles", "--tracking=counting", "--scale=0.001", "--keep"]);
        command.arg("--output").arg(folder.path()).args(more);
        command
    };
    let path = folder.path().join("overhead.journal");
    let pairs = format!("--pairs={PAIRS}");
    let program = measure(&[]);
    // Killed at once, it leaves its temporary folder.
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let mut child = std::process::Command::new(program.get_program())
        .args(measure(&[&pairs]).get_args())
        .env("TMPDIR", temporary.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("it can be started");
    let lines = || fs::read_to_string(&path).map_or(0, |text| text.lines().count());
    while lines() < 8 && child.try_wait().expect("a child").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    assert!(!folder.path().join("overhead.json").exists(), "it was killed before its end");
    // An incomplete line is ignored.
    let text = fs::read_to_string(&path).expect("the journal");
    let kept = text.matches("\"entry\":\"pair\"").count();

    measure(&[&pairs]).assert().code(2).stdout("").stderr(contains("continue it with --resume, or remove the file"));
    measure(&["--pairs=17", "--resume"]).assert().code(2).stdout("").stderr(contains("the journal of another run"));
    measure(&[&pairs, "--resume"]).assert().success();
    let results = read(folder.path());
    assert!(results.measurements.iter().all(|measurement| measurement.pairs.len() == PAIRS), "{results:?}");
    assert!(kept > 0 && kept < 2 * PAIRS, "{kept} pairs");
    let firsts = results.measurements.iter().map(|measurement| serde_json::to_string(&measurement.pairs[0]));
    let kept_firsts = firsts.filter(|first| text.contains(first.as_ref().expect("JSON")));
    assert!(kept_firsts.count() > 0, "the first pairs are those that were measured before");
    assert!(!path.exists(), "the journal is removed");
    measure(&["--resume"]).assert().code(2).stderr(contains("nothing to resume"));
}

#[test]
fn waits_are_part_of_the_work_that_is_recorded() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [output, log] = ["results", "log"].map(|name| folder.path().join(name));
    let measured = |arguments: &[&str]| {
        let mut command = memscope_bench();
        command.args(["measure", "--workloads=cycles", "--tracking=full", "--scale=0.001", "--pairs=1"]);
        command.arg("--output").arg(&output).arg("--log").arg(&log).args(arguments);
        let failed = command.env("MEMSCOPE_BENCH_FAULT", "cycles/full=exit").assert().success();
        let text = String::from_utf8(failed.get_output().stdout.clone()).expect("text");
        let [file, probes] =
            [&output.join("overhead.json"), &log].map(|path| fs::read_to_string(path).expect("a file"));
        (read(&output).measurements, text, [file, probes])
    };
    let (measurements, text, [_, probes]) = measured(&["--wait-us=7"]);
    assert!(measurements.iter().all(|measurement| measurement.wait_us == 7), "{measurements:?}");
    assert!(text.contains("--wait-us=7`") || text.contains("--wait-us=7\n"), "the command that runs it alone: {text}");
    assert!(probes.lines().all(|probe| probe.starts_with("probe ") && probe.contains(" --wait-us=7")), "{probes}");
    let (measurements, _, [file, _]) = measured(&[]);
    assert!(measurements.iter().all(|measurement| measurement.wait_us == 0) && !file.contains("wait_us"), "{file}");
}

#[test]
fn a_measurement_is_shown_and_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("results");
    memscope_bench()
        .args(TINY)
        .args(["--tracking=counting,variables,allocator,full", "--pairs=6"])
        .arg(format!("--output={}", output.display()))
        .assert()
        .success()
        .stdout(contains("cycles").and(contains("structures")).and(contains("Noise floor")))
        .stdout(contains("memscope-rs").and(contains("rustc")).and(contains("6 per figure")));
    let results = read(&output);
    assert_eq!(results.measurements.len(), 2 * 5);
    for measurement in results.measurements.iter().filter(|measurement| linked::supports(measurement.level)) {
        assert_eq!((measurement.pairs.len(), measurement.failure()), (6, None));
        assert!(measurement.overhead().is_some() && measurement.allocations > Some(0));
    }
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "one file and nothing else");
}

#[test]
fn every_format_reports_unsupported_levels() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("results");
    let assert = memscope_bench()
        .args(["measure", "--workloads=cycles", "--scale=0.001", "--tracking=variables,allocator,full", "--pairs=6"])
        .arg(format!("--output={}", output.display()))
        .assert()
        .success();
    let table = String::from_utf8(assert.get_output().stdout.clone()).expect("text");
    let results = read(&output);
    let row = |level: Level| {
        let measurement = results
            .measurements
            .iter()
            .find(|measurement| measurement.level == level)
            .expect("a measurement for each level");
        let line = table.lines().find(|line| line.contains(&format!(" {level} "))).expect("a row for each level");
        (measurement, line)
    };
    for level in [Level::Variables, Level::Allocator, Level::Full] {
        let (measurement, line) = row(level);
        if !linked::supports(level) {
            assert!(matches!(measurement.failure(), Some(Failure::Unsupported { .. })), "{:?}", measurement.failure());
            assert_eq!((measurement.pairs.len(), measurement.overhead(), measurement.fidelity), (0, None, None));
            assert!(line.contains("unsupported"), "{line}");
            assert!(table.contains(&format!("cycles/{level} unsupported: {}", results.origin.memscope)), "{table}");
            assert!(results.left_out().iter().any(|line| line.contains("unsupported")));
        } else if level == Level::Variables && !linked::counts_named_values() {
            assert_eq!(measurement.fidelity, None);
            assert!(line.contains("unknown"), "{line}");
        } else {
            assert!(measurement.fidelity > Some(0.0), "{:?}", measurement.fidelity);
            assert!(!line.contains("unknown"), "{line}");
        }
    }
    let picture = overhead::chart::draw(&results);
    assert_eq!(picture.contains("unsupported"), !linked::supports(Level::Variables));
}

#[test]
fn a_failure_affects_one_measurement_and_is_reported() {
    for (fault, label) in [
        ("hang", "timed-out"),
        ("crash", "crashed (SIGABRT)"),
        ("exit", "crashed (exit code 70)"),
        ("lie", "wrong-digest"),
        ("exhaust", "out-of-memory"),
    ] {
        // Other systems do not limit the memory of a probe.
        if fault == "exhaust" && cfg!(not(target_os = "linux")) {
            continue;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let output = folder.path().join("results");
        // All others end by themselves, on a busy machine too.
        let limit = if fault == "hang" { "--time-limit=8" } else { "--time-limit=60" };
        memscope_bench()
            .args(["measure", "--workloads=cycles", "--scale=0.001", "--tracking=full,counting", "--pairs=6"])
            .args([limit, "--memory-limit=512"])
            .arg(format!("--output={}", output.display()))
            .env("MEMSCOPE_BENCH_FAULT", format!("cycles/full={fault}"))
            .assert()
            .success()
            .stdout(contains(label))
            .stdout(contains("Run it alone: `cargo run --release -- probe --workload=cycles --tracking=full"));
        let results = read(&output);
        let failed: Vec<_> =
            results.measurements.iter().filter(|measurement| measurement.failure().is_some()).collect();
        assert_eq!(failed.len(), 1, "{fault}");
        assert_eq!((failed[0].workload, failed[0].level), (Workload::CYCLES, Level::Full));
        assert_eq!(failed[0].overhead(), None, "{fault}");
        let measured = results.measurements.iter().filter(|measurement| measurement.overhead().is_some());
        assert_eq!(measured.count(), 2, "{fault}: untracked and the other level");
    }
}

#[test]
fn the_outcome_is_in_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("results");
    memscope_bench()
        .args(["measure", "--workloads=leaks", "--tracking=full", "--scale=0.001", "--pairs=6", "--time-limit=8"])
        .arg(format!("--output={}", output.display()))
        .env("MEMSCOPE_BENCH_FAULT", "leaks/full=hang")
        .assert()
        .success();
    let failures: Vec<Failure> =
        read(&output).measurements.into_iter().filter_map(|measurement| measurement.failure().cloned()).collect();
    assert_eq!(failures, [Failure::TimedOut { seconds: 8 }]);
}

#[test]
fn too_few_pairs_give_no_figure() {
    memscope_bench()
        .args(TINY)
        .args(["--tracking=counting", "--pairs=5"])
        .assert()
        .success()
        .stdout(contains("too few pairs (5)"));
}

/// Runs `measure` with arguments that it must refuse.
fn refused(arguments: &[&str]) -> Assert {
    memscope_bench().args(TINY).arg("--pairs=1").args(arguments).assert().code(2).stdout("")
}

#[test]
fn nothing_is_measured_if_nothing_can_be_written() {
    refused(&["--output=/proc/none/results"]).stderr(contains("cannot write /proc/none"));
    refused(&["--output=/dev/null"]).stderr(contains("it is a device"));
    refused(&["--log=/proc/none/log"]).stderr(contains("cannot write /proc/none/log"));
}

#[test]
fn the_control_program_is_paired_with_untracked() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("results");
    memscope_bench()
        .args(TINY)
        .args(["--pairs=6", "--control"])
        .arg(format!("--output={}", output.display()))
        .assert()
        .success()
        .stdout(contains("Harness cost").and(contains("of 2 workloads")));
    let results: Results = files::read(&output.join("control.json")).expect("a results file");
    let controls: Vec<_> = results.series(Series::Control).collect();
    assert_eq!(controls.len(), 2);
    assert!(
        controls.iter().all(|measurement| measurement.level == Level::Untracked && measurement.overhead().is_some())
    );
}

#[test]
fn the_report_states_whether_the_precision_was_reached() {
    let measured = |precision: &str| {
        memscope_bench()
            .args(["measure", "--workloads=cycles", "--tracking=untracked", "--scale=0.001", "--pairs=6"])
            .args([precision, "--precision-limit=1"])
            .assert()
            .success()
    };
    measured("--precision=1000").stdout(contains("all meet the requested ±1000 %"));
    measured("--precision=0.0001").stdout(contains("these exceed the requested ±0.0001 % after 1 s"));
    refused(&["--precision=0"]).stderr(contains("--precision").and(contains("a positive percentage")));
}
