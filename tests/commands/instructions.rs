//! Integration tests of `measure --instructions`: its refusals, the repeatability of its counts, and the outcomes of
//! failures.

#[cfg(target_os = "linux")]
use crate::common::processes;
use crate::common::{explains_how_to_get_valgrind, has_valgrind, memscope_bench};
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::overhead::record::Results;
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::worker::failure::Failure;
use memscope_bench::internal::workloads::Workload;
use predicates::prelude::*;
use predicates::str::contains;
#[cfg(target_os = "linux")]
use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const TINY: [&str; 3] = ["measure", "--instructions", "--scale=0.001"];

#[test]
fn without_valgrind_one_line_explains_how_to_get_it() {
    explains_how_to_get_valgrind(memscope_bench().args(TINY));
}

#[test]
fn parallel_workloads_are_refused_by_name() {
    memscope_bench()
        .args(TINY)
        .arg("--workloads=cycles,mixed,concurrent")
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("mixed, concurrent").and(contains("only single-threaded workloads")));
}

#[test]
fn pairs_cannot_be_combined_with_instructions() {
    memscope_bench().args(TINY).arg("--pairs=3").assert().code(2).stdout("").stderr(contains("--pairs"));
}

/// Counts one workload under levels, with its temporary files in a folder of this name, and returns the output and the
/// results. `full` fails. Each run under valgrind takes seconds, so there are few.
fn counted(name: &str, levels: &str) -> (String, Results) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [temporary, output] = [name, "results"].map(|name| folder.path().join(name));
    std::fs::create_dir_all(&temporary).expect("a folder");
    let assert = memscope_bench()
        .args(TINY)
        .args(["--workloads=cycles", "--tracking", levels])
        .arg(format!("--output={}", output.display()))
        .env("TMPDIR", temporary)
        .env("MEMSCOPE_BENCH_FAULT", "cycles/full=exit")
        .assert()
        .success();
    let results: Results = files::read(&output.join("instructions.json")).expect("a results file");
    assert!(results.measurements.is_empty());
    (String::from_utf8_lossy(&assert.get_output().stdout).into_owned(), results)
}

#[test]
fn counts_are_repeatable_and_cover_only_the_window_despite_a_failure() {
    if !has_valgrind() {
        return;
    }
    let (printed, results) = counted("plain", "full,allocator");
    let [failed, count] = &results.instructions[..] else { panic!("two measurements: {results:?}") };
    assert!(printed.contains("cycles/full crashed: exit code 70"), "{printed}");
    assert_eq!(failed.outcome.failure(), Some(&Failure::Crashed { how: "exit code 70".to_owned() }));
    assert_eq!(failed.outcome.measured(), None);

    assert_eq!((count.workload, count.level, count.outcome.failure()), (Workload::CYCLES, Level::Allocator, None));
    let overhead = count.outcome.measured().expect("an overhead");
    assert!(overhead.ratio > 1.1 && overhead.apart <= 0.001, "{overhead:?}");
    assert!(overhead.per_allocation > Some(10.0), "{overhead:?}");
    assert_eq!(count.untracked[0], count.untracked[1]);
    // Starting the program alone takes ten times as many instructions.
    let each = count.untracked[0] / count.allocations.expect("they are counted");
    assert!((100..10_000).contains(&each), "{each} instructions for each allocation: {}", count.untracked[0]);

    // The loader splits the names of libraries at spaces and colons.
    let (_, again) = counted("a b:c", "full");
    assert_eq!(again.instructions[0].untracked, count.untracked, "wherever temporary files are");
}

/// Starts a run whose probes under valgrind hang, with its temporary files in a folder.
#[cfg(target_os = "linux")]
fn hanging(temporary: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_memscope-bench"))
        .args(TINY)
        .args(["--workloads=cycles", "--tracking=full"])
        .env("TMPDIR", temporary)
        .env("MEMSCOPE_BENCH_FAULT", "cycles/full=hang")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts")
}

#[test]
#[cfg(target_os = "linux")]
fn an_interrupted_run_leaves_no_folder_behind() {
    use nix::sys::signal::{Signal, kill};
    use std::os::unix::process::ExitStatusExt;
    if !has_valgrind() {
        return;
    }
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let programs = || {
        let folders = std::fs::read_dir(temporary.path()).expect("the folder").flatten();
        folders.map(|folder| folder.path().join("program")).find(|program| program.exists())
    };
    // A background job is started with SIGINT ignored, a job of `nohup` with SIGHUP, and so are their children.
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).expect("a mask of signals");
    let ignored = u64::from_str_radix(ignored.trim(), 16).expect("a hexadecimal number");
    let is_default = |signal: &Signal| ignored & 1 << (*signal as i32 - 1) == 0;
    for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGTERM].into_iter().filter(is_default) {
        let mut run = hanging(temporary.path());
        // The copy of the program, which is as large as the program.
        processes::wait_for(programs);
        kill(nix::unistd::Pid::from_raw(run.id() as i32), signal).expect("it can be interrupted");
        let status = run.wait().expect("it ends");
        assert_eq!(status.signal(), Some(signal as i32), "it ends as the signal would end it");
        assert_eq!(std::fs::read_dir(temporary.path()).expect("the folder").count(), 0, "after {signal}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn no_probe_under_valgrind_outlives_its_parent() {
    if !has_valgrind() {
        return;
    }
    // Killed at once, it leaves its copy of the program.
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let mut parent = hanging(temporary.path());
    // The hanging probes are the processes under valgrind that remain, asleep: equal ones run at once.
    let (mut hanging, mut since) = (String::new(), Instant::now());
    let began = Instant::now();
    while hanging.is_empty() || since.elapsed() < Duration::from_secs(1) {
        assert!(began.elapsed() < Duration::from_secs(60), "no probe hangs");
        let now = processes::children(parent.id());
        if now != hanging || !now.split(' ').all(processes::is_asleep) {
            (hanging, since) = (now, Instant::now());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    parent.kill().expect("the parent can be killed");
    parent.wait().expect("the parent is gone");
    processes::wait_for(|| hanging.split(' ').all(processes::is_gone).then_some(()));
}
