//! Child processes: suspended, limited, killed, and replaced while they are measured.

use crate::common::{memscope_bench, processes, worker};
use memscope_bench::internal::platform::files;
use memscope_bench::internal::schedule::measurement::Measurement;
use memscope_bench::internal::study::overhead::record::Results;
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::worker::failure::Failure;
use memscope_bench::internal::worker::probe::Request;
use memscope_bench::internal::worker::task::Task;
use memscope_bench::internal::worker::tasks::detection::Report;
use memscope_bench::internal::worker::tasks::{detection, windows};
use memscope_bench::internal::workloads::{Scale, Workload};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use predicates::prelude::*;
use predicates::str::{contains, ends_with};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_memscope-bench");
const FAULT: &str = "MEMSCOPE_BENCH_FAULT";

/// A tiny measurement of untracked against itself.
const TINY: [&str; 4] = ["measure", "--workloads=cycles", "--tracking=untracked", "--scale=0.001"];

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Returns the measurements in the results file of a folder.
fn measurements(folder: &Path) -> Vec<Measurement> {
    files::read::<Results>(&folder.join("overhead.json")).expect("a results file").measurements
}

/// Returns the only measurement in the results file of a folder.
fn measurement(folder: &Path) -> Measurement {
    let [measurement] = &measurements(folder)[..] else { panic!("one measurement") };
    measurement.clone()
}

/// Starts a program that writes overhead.json and log into a folder; its output is discarded.
fn started(program: &Path, arguments: &[&str], folder: &Path) -> Child {
    Command::new(program)
        .args(arguments)
        .args(["--output=.", "--log=log"])
        .current_dir(folder)
        .env_remove("MEMSCOPE_BENCH_TIME_LIMIT")
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.join("stderr")).expect("a file"))
        .spawn()
        .expect("the program starts")
}

/// Starts a run whose probe hangs, and waits until the probe sleeps. Returns the run, and the probe's process.
///
/// `folder` is its folder for temporary files: killed at once, it leaves one there.
fn hanging(folder: &Path, arguments: &[&str]) -> (Child, String) {
    let run = Command::new(PROGRAM)
        .args(TINY)
        .arg("--pairs=1")
        .args(arguments)
        .env(FAULT, "cycles/untracked=hang")
        .env("TMPDIR", folder)
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let probe = processes::wait_for(|| Some(processes::children(run.id())).filter(|children| !children.is_empty()));
    processes::wait_for(|| processes::is_asleep(&probe).then_some(()));
    (run, probe)
}

/// Waits until this many probes were started.
fn wait_for_probes(folder: &Path, count: usize) {
    processes::wait_for(|| (probes(folder) >= count).then_some(()));
}

fn probes(folder: &Path) -> usize {
    fs::read_to_string(folder.join("log")).unwrap_or_default().lines().count()
}

fn pid(number: u32) -> Pid {
    Pid::from_raw(number.try_into().expect("a process's number"))
}

/// Runs a shell's words before the program, in its process, so that the shell's limits apply to the program.
fn after(words: &str) -> assert_cmd::Command {
    let mut shell = assert_cmd::Command::new("sh");
    shell.args(["-c", &format!("{words}; exec \"$@\""), "sh", PROGRAM]).env_remove(FAULT);
    shell
}

#[test]
fn a_probe_that_stays_stopped_is_timed_out() {
    let folder = folder();
    let (mut run, probe) =
        hanging(folder.path(), &["--time-limit=2", &format!("--output={}", folder.path().display())]);
    kill(Pid::from_raw(probe.parse().expect("one probe")), Signal::SIGSTOP).expect("it can be stopped");
    assert!(run.wait().expect("it ends").success());
    assert_eq!(measurement(folder.path()).failure(), Some(&Failure::TimedOut { seconds: 2 }));
    assert!(processes::is_gone(&probe));
}

#[test]
fn a_suspended_run_continues_and_repeats_the_pair() {
    let folder = folder();
    // Probes that sleep for half a second each, and a limit that the suspension exceeds.
    let sleeping = ["measure", "--workloads=concurrent", "--tracking=untracked", "--scale=0.01", "--wait-us=10000"];
    let arguments = [&sleeping[..], &["--pairs=1", "--time-limit=3"]].concat();
    let mut run = started(Path::new(PROGRAM), &arguments, folder.path());
    // The trial, and the first probe of the pair.
    wait_for_probes(folder.path(), 2);
    killpg(pid(run.id()), Signal::SIGTSTP).expect("it can be stopped");
    thread::sleep(Duration::from_millis(3_500));
    killpg(pid(run.id()), Signal::SIGCONT).expect("it can be continued");
    assert!(run.wait().expect("it ends").success());
    let measurement = measurement(folder.path());
    assert_eq!((measurement.failure(), measurement.pairs.len()), (None, 1));
    assert!(measurement.pairs[0].untracked.wall_ns < 3_000_000_000, "{:?}", measurement.pairs);
    assert_eq!(probes(folder.path()), 1 + 2 + 2, "the pair that was suspended, and the one in its place");
    let errors = fs::read_to_string(folder.path().join("stderr")).expect("text");
    assert_eq!(errors, "Wrote overhead.json, overhead.md in .\n");
}

#[test]
fn no_stopped_probe_outlives_its_parent() {
    let folder = folder();
    let (mut run, probe) = hanging(folder.path(), &[]);
    kill(Pid::from_raw(probe.parse().expect("one probe")), Signal::SIGSTOP).expect("it can be stopped");
    run.kill().expect("it can be killed");
    run.wait().expect("it is gone");
    processes::wait_for(|| processes::is_gone(&probe).then_some(()));
}

#[test]
fn a_program_that_is_replaced_during_a_run_is_measured_to_the_end() {
    for new in [Some("#!/bin/sh\nexit 9\n"), None] {
        let folder = folder();
        let program = folder.path().join("program");
        // Another test's child would inherit this process's open file, and the copy would be busy.
        assert!(Command::new("cp").arg(PROGRAM).arg(&program).status().expect("it can be copied").success());
        let mut run = started(&program, &[&TINY[..], &["--pairs=40", "--keep"]].concat(), folder.path());
        wait_for_probes(folder.path(), 3);
        fs::remove_file(&program).expect("it can be removed");
        if let Some(new) = new {
            fs::write(&program, new).expect("it can be written");
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it may run");
        }
        assert!(run.wait().expect("it ends").success());
        let measurement = measurement(folder.path());
        assert_eq!((measurement.failure(), measurement.pairs.len()), (None, 40));
    }
}

#[test]
fn a_child_has_the_name_of_the_program() {
    let folder = folder();
    let (mut run, probe) = hanging(folder.path(), &["--time-limit=60"]);
    assert_eq!(fs::read_to_string(format!("/proc/{probe}/comm")).expect("Linux reports it"), "memscope-bench\n");
    let file = fs::read_link(format!("/proc/{probe}/exe")).expect("Linux reports it");
    assert_eq!(file, fs::canonicalize(PROGRAM).expect("it is there"));
    run.kill().expect("it can be killed");
    run.wait().expect("it is gone");
}

#[test]
fn a_parent_that_ignores_its_children_changes_nothing() {
    after("trap '' CHLD PIPE HUP").args(TINY).arg("--pairs=6").assert().success().stdout(contains("6 per figure"));
    let folder = folder();
    // Its own children are included, because some counts come from them.
    after("trap '' CHLD")
        .args(["validate", "--quick", "--workloads=cycles", "--scale=0.001", "--rounds=12"])
        .arg(format!("--output={}", folder.path().display()))
        .assert()
        .success();
}

#[test]
fn a_run_without_open_streams_measures_and_writes() {
    let folder = folder();
    let arguments = format!("{} --pairs=1 --output=.", TINY.join(" "));
    let command = format!("exec '{PROGRAM}' {arguments} <&- >&- 2>&-");
    let status = Command::new("sh").args(["-c", &command]).current_dir(folder.path()).status();
    assert!(status.expect("there is a shell").success());
    assert_eq!(measurement(folder.path()).pairs.len(), 1);
}

#[test]
fn inherited_limits_are_kept_and_named() {
    // Below the memory limit that probes have.
    after("ulimit -v 4194304").args(TINY).arg("--pairs=6").assert().success().stdout(contains("6 per figure"));
    let exhausted = |words: &str, arguments: &[&str]| {
        after(words)
            .args(["measure", "--workloads=cycles", "--tracking=full", "--scale=0.001", "--pairs=6"])
            .args(arguments)
            .env(FAULT, "cycles/full=exhaust")
            .assert()
            .success()
    };
    exhausted("ulimit -v 1048576", &[]).stdout(contains("it requested more than 1024 MiB (ulimit -v)"));
    exhausted("ulimit -d 524288", &[]).stdout(contains("it requested more than 512 MiB (ulimit -d)"));
    exhausted("ulimit -S -d 524288", &[]).stdout(contains("it requested more than 512 MiB (ulimit -d)"));
    exhausted("true", &["--memory-limit=512"]).stdout(contains("it requested more than 512 MiB (--memory-limit)"));
    exhausted("ulimit -v 1048576", &["--memory-limit=512"])
        .stdout(contains("it requested more than 512 MiB (--memory-limit; ulimit -v is 1024 MiB)"));
}

#[test]
fn a_limit_on_processor_time_is_named() {
    // A tracker that hangs while it works uses CPU time up to the limit.
    after("ulimit -t 1")
        .args(["measure", "--workloads=structures", "--tracking=untracked", "--scale=100", "--pairs=1"])
        .assert()
        .success()
        .stdout(contains("the limit on CPU time (ulimit -t, 1 s)").and(contains("crashed (SIG")));
}

#[test]
fn many_threads_reserve_more_than_they_use() {
    // As many heaps as on a large machine: each reserves 64 MiB.
    let folder = folder();
    memscope_bench()
        .args(["measure", "--workloads=concurrent,processing", "--tracking=untracked", "--threads=128", "--scale=0.01"])
        .args(["--pairs=1", "--output=."])
        .current_dir(folder.path())
        .env("MALLOC_ARENA_MAX", "1024")
        .assert()
        .success();
    assert_eq!(measurements(folder.path()).iter().filter(|measurement| measurement.failure().is_some()).count(), 0);
}

#[test]
fn threads_that_cannot_be_started_are_not_a_crash() {
    let prevented = |arguments: &[&str]| {
        memscope_bench()
            .args(arguments)
            .assert()
            .success()
            .stdout(contains("cannot start 256 threads at once").and(contains("--memory-limit or ulimit -d is 64 MiB")))
            .stdout(contains("crashed").not())
            .stderr(contains("panicked").not());
    };
    let threads = ["--threads=256", "--memory-limit=64"];
    let measure = ["measure", "--tracking=untracked", "--scale=0.001", "--pairs=1"];
    prevented(&[&measure[..], &["--workloads=concurrent,processing"], &threads].concat());
    let folder = folder();
    let output = format!("--output={}", folder.path().display());
    let calls = ["calls", "--calls=allocate-16B", "--without-instructions", "--processes=6", "--operations=10"];
    prevented(&[&calls[..], &["--tracking=untracked", &output], &threads].concat());
}

#[test]
fn a_log_that_cannot_be_written_is_an_error_of_the_run() {
    if !Path::new("/dev/full").exists() {
        eprintln!("skipped: there is no /dev/full");
        return;
    }
    let folder = folder();
    memscope_bench()
        .args(TINY)
        .args(["--pairs=6", "--log=/dev/full", "--output=."])
        .current_dir(folder.path())
        .assert()
        .code(2)
        .stdout(contains("6 per figure").and(contains("crashed").not()))
        .stderr(ends_with("error: cannot write /dev/full: No space left on device (os error 28)\n"));
    assert_eq!(measurement(folder.path()).pairs.len(), 6, "the measurement is kept");
}

#[test]
fn a_limit_on_files_is_an_error_and_not_a_crash() {
    let folder = folder();
    after("ulimit -f 0")
        .args(TINY)
        .args(["--pairs=1", "--output=."])
        .current_dir(folder.path())
        .assert()
        .code(2)
        .stderr(contains("cannot use the journal ./overhead.journal: File too large"));
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0, "nothing incomplete is left");
}

fn request() -> Request {
    let scale = Scale::new(0.001).expect("positive");
    Request { workload: Workload::CYCLES, level: Level::Untracked, scale, threads: 1, count: false }
}

#[test]
fn a_probe_whose_seeds_are_not_fixed_is_refused() {
    worker(&Task::Probe { request: request(), fixed_seed: true })
        .assert()
        .code(2)
        .stdout("")
        .stderr("error: the library that fixes the seeds of hash maps is not loaded into this program\n");
}

#[test]
fn a_worker_does_its_task_and_refuses_invalid_ones() {
    worker(&request().into()).assert().success().stderr("").stdout(contains("\"workload\":\"cycles\""));
    for (input, why) in [
        ("", "standard input is not a task for a worker (one line of JSON): it is empty"),
        ("{}", "expected value"),
        ("\"dance\"", "unknown variant `dance`, expected one of `probe`, `windows`"),
    ] {
        let refusal = contains("error: standard input is not a task").and(contains(why));
        memscope_bench().arg("worker").write_stdin(input).assert().code(2).stdout("").stderr(refusal);
    }
}

#[test]
fn the_control_program_runs_only_probes() {
    let control = |task: &Task| {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_memscope-bench-control"));
        command.env_remove(FAULT).arg("worker").write_stdin(task.to_string()).assert()
    };
    control(&request().into()).success().stdout(contains("\"tracking\":\"untracked\""));
    control(&Task::Reports)
        .code(2)
        .stdout("")
        .stderr("error: this program only runs probes: give other tasks to memscope-bench\n");
}

#[test]
fn a_fault_reaches_every_kind_of_task_that_has_a_workload() {
    let report = Report::all().iter().find(|report| report.lacking.is_none()).expect("there is one").name();
    let detection = detection::Request { workload: Workload::LEAKS, scale: request().scale, report: report.clone() };
    let fails = |task: &Task, fault: &str| {
        worker(task).env(FAULT, fault).assert().code(70).stdout("");
        worker(task).arg(format!("--fault={fault}")).assert().code(70).stdout("");
    };
    fails(&request().into(), "cycles/untracked=exit");
    fails(&Task::Windows(windows::Request { probe: request(), level: Level::Synthetic(1) }), "cycles/untracked=exit");
    fails(&Task::Detection(detection), &format!("leaks/{report}=exit"));
}
