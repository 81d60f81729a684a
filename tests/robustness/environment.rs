//! The program's own variables: an empty variable counts as unset, and the error for a wrong value names the variable.

use crate::common::memscope_bench;
use crate::output::{MEASURE, not_text};
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::replay::Replays;
use predicates::prelude::*;
use predicates::str::contains;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const ALL: [&str; 6] = [
    "MEMSCOPE_BENCH_TIME_LIMIT",
    "MEMSCOPE_BENCH_MEMORY_LIMIT",
    "MEMSCOPE_BENCH_PRECISION",
    "MEMSCOPE_BENCH_PRECISION_LIMIT",
    "MEMSCOPE_BENCH_BUILD_CACHE",
    "MEMSCOPE_BENCH_FAULT",
];

#[test]
fn an_empty_variable_counts_as_unset() {
    memscope_bench().args(MEASURE).envs(ALL.map(|name| (name, ""))).assert().success().stderr("");
    let probe = ["probe", "--workload=cycles", "--tracking=untracked", "--scale=0.001"];
    memscope_bench().args(probe).envs(ALL.map(|name| (name, ""))).assert().success().stderr("");
}

#[test]
fn a_wrong_value_is_refused_under_the_variable_s_name() {
    for (name, value, right) in [
        ("MEMSCOPE_BENCH_TIME_LIMIT", "soon", "--time-limit"),
        ("MEMSCOPE_BENCH_TIME_LIMIT", "0", "0 is not in 1.."),
        ("MEMSCOPE_BENCH_TIME_LIMIT", "18446744073709551615", "is not in 1..=31536000"),
        ("MEMSCOPE_BENCH_TIME_LIMIT", " ", "--time-limit"),
        ("MEMSCOPE_BENCH_MEMORY_LIMIT", "8G", "--memory-limit"),
        ("MEMSCOPE_BENCH_MEMORY_LIMIT", "1", "1 is not in 16.."),
        ("MEMSCOPE_BENCH_PRECISION", "-1", "a precision is a positive percentage"),
        ("MEMSCOPE_BENCH_PRECISION", "NaN", "a precision is a positive percentage"),
        ("MEMSCOPE_BENCH_PRECISION_LIMIT", "x", "--precision-limit"),
        ("MEMSCOPE_BENCH_FAULT", "cycles", "a fault is written workload/level="),
        ("MEMSCOPE_BENCH_FAULT", "cyclops/full=hang", "unknown workload 'cyclops'"),
        ("MEMSCOPE_BENCH_FAULT", "cycles/fool=hang", "fool"),
        ("MEMSCOPE_BENCH_FAULT", "cycles/full=die", "a fault is written workload/level="),
    ] {
        memscope_bench()
            .args(MEASURE)
            .env(name, value)
            .assert()
            .code(2)
            .stdout("")
            .stderr(contains(format!("invalid value '{value}' for '{name}")).and(contains(right)));
    }
}

#[test]
fn a_value_that_is_not_text_is_refused_under_the_variable_s_name() {
    for name in ALL.into_iter().filter(|name| *name != "MEMSCOPE_BENCH_BUILD_CACHE") {
        memscope_bench()
            .args(MEASURE)
            .env(name, OsStr::from_bytes(b"5\xff"))
            .assert()
            .code(2)
            .stdout("")
            .stderr(contains(name).and(contains("it is not text")));
    }
}

/// The error for a wrong flag names the flag, for any value of the variable.
#[test]
fn a_flag_overrides_a_variable() {
    memscope_bench()
        .args(MEASURE)
        .arg("--time-limit=never")
        .env("MEMSCOPE_BENCH_TIME_LIMIT", "5")
        .assert()
        .code(2)
        .stderr(contains("'never' for '--time-limit <SECONDS>'").and(contains("MEMSCOPE_BENCH").not()));
    memscope_bench()
        .args(MEASURE)
        .args(["--time-limit=50", "--format=json"])
        .env("MEMSCOPE_BENCH_TIME_LIMIT", "never")
        .assert()
        .success()
        .stdout(contains("MEMSCOPE_BENCH_TIME_LIMIT").not());
}

/// `--instructions` excludes `--precision`, which is not given here. The error is that parallel workloads cannot be
/// counted.
#[test]
fn a_variable_gives_way_to_a_flag_that_excludes_it() {
    let count = ["measure", "--instructions", "--workloads=concurrent"];
    memscope_bench()
        .args(count)
        .env("MEMSCOPE_BENCH_PRECISION", "1")
        .assert()
        .code(2)
        .stderr(contains("cannot count concurrent"));
    memscope_bench().args(count).arg("--precision=1").assert().code(2).stderr(contains("cannot be used with"));
}

#[test]
fn an_unknown_variable_leads_to_one_warning() {
    memscope_bench()
        .args(MEASURE)
        .env("MEMSCOPE_BENCH_TIMELIMIT", "5")
        .assert()
        .success()
        .stderr(contains("Warning: MEMSCOPE_BENCH_TIMELIMIT is not a variable of memscope-bench").count(1))
        .stderr(contains("MEMSCOPE_BENCH_TIME_LIMIT"));
}

#[test]
fn the_user_s_folders_need_not_exist() {
    let mut measure = memscope_bench();
    measure.args(MEASURE).env_remove("HOME").env("TMPDIR", "/no/such/folder").assert().success();
}

#[test]
fn temporary_files_do_not_need_the_user_s_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let no_text = not_text(folder.path());
    let trace = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sort.trace");
    for place in [Path::new("/no/such/folder")].into_iter().chain(no_text.as_deref()) {
        let probe = ["probe", "--workload=cycles", "--tracking=recording", "--scale=0.001"];
        memscope_bench().args(probe).env("TMPDIR", place).assert().success();
        let mut replay = memscope_bench();
        replay.arg("replay").arg(&trace).args(["--pairs=1", "--gaps=none", "--tracking=counting", "--keep"]);
        replay.arg("--output").arg(folder.path()).env("TMPDIR", place).assert().success();
        let replays: Replays = files::read(&folder.path().join("replay.json")).expect("the file");
        assert!(replays.measurements().all(|measurement| measurement.failure().is_none()), "{replays:?}");
    }
}

/// Runs a shell command on a separate terminal, with further variables; `None` if `script` is missing.
pub fn on_a_terminal(command: &str, variables: &[(&str, &str)]) -> Option<Output> {
    let mut script = Command::new("script");
    script.args(["-qec", command, "/dev/null"]).env_remove("NO_COLOR").env("TERM", "xterm");
    script.envs(variables.iter().copied()).stdin(Stdio::null()).output().ok()
}

#[test]
fn help_has_styles_only_where_they_are_wanted() {
    let program = env!("CARGO_BIN_EXE_memscope-bench");
    let shown = |variable: &str| on_a_terminal(&format!("env {variable} '{program}' help predict"), &[]);
    let Some(usual) = shown("X=").filter(|usual| usual.status.success()) else {
        eprintln!("skipped: there is no `script`");
        return;
    };
    assert!(usual.stdout.contains(&0x1b), "{usual:?}");
    for variable in ["NO_COLOR=1", "TERM=dumb"] {
        let plain = shown(variable).expect("it ran before");
        assert!(!plain.stdout.is_empty() && !plain.stdout.contains(&0x1b), "{variable}: {plain:?}");
    }
}

#[test]
fn a_wrong_value_has_no_effect_on_a_terminal() {
    let program = env!("CARGO_BIN_EXE_memscope-bench");
    let shown = |value: &str| {
        let output = on_a_terminal(&format!("'{program}' measure"), &[("MEMSCOPE_BENCH_TIME_LIMIT", value)])?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned()).filter(|text| text.contains("invalid value"))
    };
    let Some(usual) = shown("soon") else {
        eprintln!("skipped: there is no `script`");
        return;
    };
    assert!(usual.contains("\u{1b}["), "it has styles: {usual:?}");
    for value in ["\u{1b}[2J", "\u{9b}2J", "\u{202e}5"] {
        let text = shown(value).expect("it is refused as well");
        assert!(!text.contains(value) && text.contains("MEMSCOPE_BENCH_TIME_LIMIT"), "{text:?}");
    }
}

#[test]
fn help_lists_the_exit_codes() {
    memscope_bench().arg("--help").assert().success().stdout(contains("Exit codes:").and(contains("69")));
}
