//! Integration tests of `harness!`: examples/own_workload.rs as a bench, as a command line, and built with other
//! versions of memscope.

use crate::common::{git, linked};
use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

/// Returns the folder of this package's programs, and the folder of all artifacts.
fn artifacts() -> (&'static Path, &'static Path) {
    let programs = Path::new(env!("CARGO_BIN_EXE_memscope-bench")).parent().expect("a folder");
    (programs, programs.parent().expect("the folder of artifacts"))
}

fn cargo() -> std::process::Command {
    std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Returns the path of the program, which cargo builds if only this test was built.
fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let (programs, artifacts) = artifacts();
        let mut cargo = cargo();
        cargo.args(["build", "--locked", "--quiet", "--example=own_workload", "--target-dir"]).arg(artifacts);
        if programs.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().expect("cargo runs").success());
        programs.join("examples/own_workload")
    })
}

/// Returns the program, started in another folder than its crate's, without the tester's variables.
fn program(folder: &TempDir) -> Command {
    let mut command = Command::new(path());
    let ours =
        std::env::vars_os().map(|(name, _)| name).filter(|name| name.as_encoded_bytes().starts_with(b"MEMSCOPE_"));
    ours.for_each(|variable| _ = command.env_remove(variable));
    command.envs(git::isolation()).current_dir(folder.path());
    command.env("CARGO_MANIFEST_DIR", folder.path()).env("CARGO_TARGET_DIR", folder.path().join("target"));
    command
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

#[test]
fn only_its_functions_are_the_crate_s_workloads() {
    let folder = folder();
    let output = program(&folder).args(["--bench", "--list", "--format=terse"]).assert().success();
    let listed = String::from_utf8(output.get_output().stdout.clone()).expect("text");
    for name in ["squares/untracked", "squares-overhead/full", "words/variables", "words-overhead/untracked"] {
        assert!(listed.lines().any(|line| line == format!("{name}: benchmark")), "{name} is not in\n{listed}");
    }
    for others in ["structures", "scaling", "threads"] {
        assert!(!listed.contains(others), "{others} is in\n{listed}");
    }
}

#[test]
fn a_test_runs_each_function_and_finds_a_value_that_differs() {
    let folder = folder();
    program(&folder).args(["--test", "squares/"]).assert().success().stderr(contains("squares/").not());
    let mut lying = program(&folder);
    lying.args(["--test", "squares/full"]).env("MEMSCOPE_BENCH_FAULT", "squares/full=lie");
    lying.assert().code(1).stderr(contains("squares/full"));
    assert!(!folder.path().join("results").exists());
}

#[test]
fn a_complete_run_writes_into_the_crate_s_folder() {
    let folder = folder();
    // Ten pairs of untracked and itself differ by chance now and then.
    let mut bench = program(&folder);
    bench.args(["--bench", "--sample-size=10", "--nresamples=1001"]).env("MEMSCOPE_BENCH_KEEP", "1");
    let printed = bench.assert().success().stdout(contains("squares").and(contains("words")));
    let printed = String::from_utf8_lossy(&printed.get_output().stdout).into_owned();
    assert!(!printed.contains("structures"), "{printed}");
    for file in ["overhead.json", "overhead.md", "overhead.svg", "index.html"] {
        assert!(folder.path().join("results").join(file).exists(), "{file}");
    }
    let results = fs::read_to_string(folder.path().join("results/overhead.json")).expect("the results");
    let results: Value = serde_json::from_str(&results).expect("JSON");
    let command = results["command"].as_str().expect("a command");
    assert!(command.contains("cargo bench --bench own_workload -- --sample-size=10"), "{command}");
    let measurements = results["measurements"].as_array().expect("measurements");
    let of = |workload: &str| measurements.iter().filter(|one| one["workload"] == workload).count();
    assert_eq!((of("squares"), of("words")), (measurements.len() / 2, measurements.len() / 2));
    let reports = folder.path().join("target/criterion");
    assert!(reports.join("squares-overhead/report/index.html").exists(), "Criterion's pages are in {reports:?}");
    assert!(!folder.path().join("results/memory_analysis.svg").exists(), "the stress run is memscope-bench's");
}

#[test]
fn a_run_with_a_filter_leaves_the_results_unchanged() {
    let folder = folder();
    let kept = folder.path().join("results/overhead.json");
    fs::create_dir(folder.path().join("results")).expect("a folder");
    fs::write(&kept, "a diary").expect("a file");
    let mut bench = program(&folder);
    bench.args(["--bench", "--sample-size=10", "--nresamples=1001", "squares/untracked"]);
    bench.assert().success().stdout(contains("results/ is unchanged: this run is incomplete."));
    assert_eq!(fs::read_to_string(&kept).expect("the file"), "a diary");
}

#[test]
fn it_accepts_commands_on_its_workloads() {
    let folder = folder();
    let probe = |workload: &str| -> Value {
        let mut command = program(&folder);
        let probe = ["probe", "--workload", workload, "--tracking=counting", "--count", "--bench"];
        let printed = command.args(probe).assert().success().get_output().stdout.clone();
        serde_json::from_slice(&printed).expect("an observation")
    };
    let (squares, words) = (probe("squares"), probe("words"));
    assert_eq!((&squares["variables"], &words["variables"]), (&0.into(), &2.into()));
    assert!(squares["truth"]["allocations"].as_u64().expect("a count") > 2_000, "{squares}");

    let measured = ["measure", "--workloads=squares", "--tracking=counting", "--pairs=6"];
    program(&folder).args(measured).assert().success().stdout(contains("squares"));
    let refused = |arguments: &[&str], why: &str| {
        program(&folder).args(arguments).assert().code(2).stdout("").stderr(contains(why.to_owned()));
    };
    refused(&["measure", "--workloads=structures"], "[possible values: squares, words]");
    refused(&["compare"], "cargo bench --bench own_workload -- compare");
}

/// A cargo that returns the program for every build, and passes queries to the real cargo.
const CARGO: &str = r#"#!/bin/sh
case "$1" in metadata) exec "$REAL" "$@";; esac
for word in "$@"; do case "$last" in --target-dir) target="$word";; esac; last="$word"; done
echo "$PWD" >> "$CALLS"
mkdir -p "$target/release" && cp "$PROGRAM" "$target/release/own_workload" || exit 1
printf '{"reason":"compiler-artifact","target":{"name":"own_workload"},"executable":"%s"}\n' \
    "$target/release/own_workload"
"#;

#[test]
fn versions_are_compared_by_the_crate_s_own_program() {
    let Some(version) = linked::published() else { return };
    let folder = folder();
    let cargo = folder.path().join("cargo");
    fs::write(&cargo, CARGO).expect("the script is written");
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("the script may run");
    let calls = folder.path().join("calls");
    program(&folder)
        .env("REAL", std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .env("PROGRAM", path())
        .env("CALLS", &calls)
        .env("CARGO", &cargo)
        .args(["compare", &version, "--workloads=squares", "--tracking=allocator", "--rounds=12", "--links=1"])
        .args(["--build-cache=cache", "--output=out", "--bench"])
        .assert()
        .success()
        .stdout(contains("squares"));
    let comparison = fs::read_to_string(folder.path().join("out/compare.json")).expect("a comparison");
    let comparison: Value = serde_json::from_str(&comparison).expect("JSON");
    let command = comparison["command"].as_str().expect("a command");
    assert!(command.contains(&format!("cargo bench --bench own_workload -- compare {version}")), "{command}");
    assert!(!command.ends_with("--bench"), "{command}");

    let place = fs::read_to_string(calls).expect("cargo was called");
    let manifest = fs::read_to_string(Path::new(place.trim()).join("Cargo.toml")).expect("a manifest");
    let copy = Path::new(place.trim()).parent().expect("the copy").display().to_string();
    assert!(manifest.contains(&format!("memscope-bench = {{ path = \"{copy}\", default-features = false }}")));
    assert!(manifest.contains("examples/own_workload.rs"), "{manifest}");
    assert!(fs::read_to_string(Path::new(&copy).join("Cargo.toml")).expect("a manifest").contains(&version));
}

#[test]
#[ignore = "builds memscope and a bench twice, which takes minutes: cargo test --test commands own_crate -- --ignored"]
fn a_crate_is_built_with_each_version() {
    let folder = folder();
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/own-crate");
    let (programs, artifacts) = artifacts();
    let profile = if programs.ends_with("release") { "bench" } else { "dev" };
    let compared = ["0.2.4", "0.2.5"];
    let mut cargo = cargo();
    cargo.args(["bench", "--locked", "--bench=tracking", "--profile", profile, "--", "compare"]).args(compared);
    cargo.args(["--workloads=parse", "--scale=0.05", "--rounds=12", "--links=1", "--output"]).arg(folder.path());
    cargo.current_dir(&package).env("PWD", &package).env("CARGO_TARGET_DIR", artifacts);
    assert!(cargo.status().expect("cargo runs").success());
    let comparison = fs::read_to_string(folder.path().join("compare.json")).expect("a comparison");
    let comparison: Value = serde_json::from_str(&comparison).expect("JSON");
    for (build, version) in comparison["builds"].as_array().expect("builds").iter().zip(compared) {
        assert_eq!(build["memscope"]["version"], version);
        assert!(build["measurements"].as_array().is_some_and(|measured| !measured.is_empty()), "{version}");
    }
}
