//! Integration tests of `trackers --tracker`: a tracker of another crate is built, measured on and off, and reported.
//! The program is the mock's, which a script in cargo's place puts where cargo would.

use crate::common::memscope_bench;
use assert_cmd::Command;
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::trackers::Trackers;
use memscope_bench::internal::tracking::Level;
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

const MOCK: &str = env!("CARGO_BIN_EXE_memscope-bench-mock");

/// A script in place of cargo: it queries cargo about packages, and copies the mock to cargo's path of a program.
const CARGO: &str = r#"#!/bin/sh
case "$1" in metadata) exec "$REAL" "$@";; esac
for word in "$@"; do
    case "$last" in --target-dir) target="$word";; --bin) name="$word";; esac
    last="$word"
done
echo "$PWD $*" >> "$CALLS"
[ -z "$name" ] && exit 0
mkdir -p "$target/release" && cp "$PROGRAM" "$target/release/$name" || exit 1
printf '{"reason":"compiler-artifact","target":{"name":"%s"},"executable":"%s"}\n' "$name" "$target/release/$name"
"#;

/// A script in place of cargo, for a tracker that does not compile.
const BROKEN: &str = r#"#!/bin/sh
case "$1" in metadata) exec "$REAL" "$@";; esac
printf '{"reason":"compiler-message","manifest_path":"%s/Cargo.toml","package_id":"x","message":{"level":"error",' "$PWD"
printf '"code":{"code":"E0599"},"message":"no method named `count`","spans":[{"file_name":"src/lib.rs",'
printf '"line_start":7,"is_primary":true}],"rendered":"error"}}\n'
exit 101
"#;

/// Returns the command on the example's folder, with a script in place of cargo.
fn trackers(folder: &TempDir, script: &str) -> Command {
    let cargo = folder.path().join("cargo");
    fs::write(&cargo, script).expect("the script is written");
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("the script may run");
    let mut command = memscope_bench();
    command
        .args(["trackers", "--workloads=cycles", "--scale=0.001", "--pairs=6", "--tracking=counting", "--tracker"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/own-tracker"))
        .args(["--build-cache=cache", "--output=out"])
        .current_dir(folder.path())
        .env("REAL", std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .env("PROGRAM", MOCK)
        .env("CALLS", folder.path().join("calls"))
        .env("CARGO", &cargo);
    command
}

#[test]
fn a_tracker_is_built_and_measured_on_and_off() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    trackers(&folder, CARGO)
        .assert()
        .success()
        .stdout(contains("own:mock").and(contains("own-off:mock")).and(contains("counters with a defect")))
        .stdout(contains("Trackers of other crates"));
    let trackers: Trackers = files::read(&folder.path().join("out/trackers.json")).expect("the file");
    let measured: Vec<String> = trackers.results.measurements.iter().map(|one| one.level.to_string()).collect();
    assert_eq!(measured, ["untracked", "counting", "own:mock", "own-off:mock"]);
    let [_, _, on, off] = &trackers.results.measurements[..] else { panic!("four measurements") };
    assert!(on.overhead().is_some() && off.overhead().is_some(), "{on:?} {off:?}");
    assert_eq!((on.fidelity, off.fidelity), (Some(1.0), None));
    let [own] = &trackers.own[..] else { panic!("one tracker") };
    assert_eq!((own.name.as_str(), own.plain_bytes), ("mock", Some(own.program_bytes)));
    assert!(own.compile_seconds.is_some() && own.crates.is_some_and(|crates| crates > 0));

    let calls = fs::read_to_string(folder.path().join("calls")).expect("cargo was called");
    let [program, plain, library] = &calls.lines().collect::<Vec<_>>()[..] else { panic!("three calls: {calls}") };
    assert!(program.contains("--bin tracker") && plain.contains("--bin plain"), "{calls}");
    assert!(library.contains("--package own-tracker"), "{calls}");
    let place = program.split(' ').next().expect("a folder");
    let manifest = fs::read_to_string(Path::new(place).join("Cargo.toml")).expect("a manifest");
    let package = env!("CARGO_MANIFEST_DIR");
    assert!(manifest.contains(&format!("memscope-bench = {{ path = \"{package}\", default-features = false }}")));
    assert!(manifest.contains("own-tracker/examples/tracker.rs"), "{manifest}");
}

#[test]
fn the_first_error_of_the_compiler_is_shown() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let says = contains("the tracker in ").and(contains("was not built")).and(contains("build.log"));
    trackers(&folder, BROKEN)
        .assert()
        .code(2)
        .stdout("")
        .stderr(says.and(contains("error[E0599]: no method named `count` (src/lib.rs:7)")));
    assert!(!folder.path().join("out/trackers.json").exists());
}

#[test]
fn wrong_trackers_are_refused_before_anything_is_measured() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let refused = |arguments: &[&str]| {
        let mut command = memscope_bench();
        command.args(["trackers", "--tracking=counting", "--output=out"]).args(arguments);
        command.current_dir(folder.path()).assert().code(2).stdout("")
    };
    refused(&["--tracker", "."]).stderr(contains("it has no Cargo.toml"));
    refused(&["--tracker", "gone"]).stderr(contains("gone is not the folder of a crate"));
    refused(&["--tracker", MOCK, "--tracker", MOCK]).stderr(contains("both called 'mock'"));
    refused(&["--tracker", env!("CARGO_BIN_EXE_memscope-bench")]).stderr(contains("is not a tracker's program"));
    refused(&["--tracking", "own:mock"]).stderr(contains("name its folder with `trackers --tracker`"));
}

#[test]
fn a_program_runs_only_its_own_tracker() {
    let probe = |level: &str| {
        let mut command = Command::new(MOCK);
        command.args(["probe", "--workload=cycles", "--scale=0.001", "--count", "--tracking", level]);
        command.assert()
    };
    let seen = probe("own:mock").success().get_output().stdout.clone();
    let seen: serde_json::Value = serde_json::from_slice(&seen).expect("an observation");
    assert_eq!(seen["recorded"]["allocations"], seen["truth"]["allocations"]);
    assert!(seen["truth"]["allocations"].as_u64() > Some(100));
    let off = probe("own-off:mock").success().get_output().stdout.clone();
    let off: serde_json::Value = serde_json::from_slice(&off).expect("an observation");
    assert_eq!(off["recorded"]["allocations"], 0);
    probe("full").code(2).stderr(contains("not for the level 'full'"));
    probe("own:other").code(2).stderr(contains("own:other"));
}

#[test]
fn every_build_reads_the_levels_of_trackers() {
    let level: Level = serde_json::from_str("\"own:any-name_1.2\"").expect("a level");
    assert_eq!(level.to_string(), "own:any-name_1.2");
}
