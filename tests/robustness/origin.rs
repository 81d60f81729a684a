//! The origin in a report: commands for pasting into a shell, and the allocator and the environment of the run.

use crate::common::memscope_bench;
use crate::output::{MEASURE, folder};
use memscope_bench::internal::platform::files;
use memscope_bench::internal::report::origin::command_of_this_process;
use memscope_bench::internal::study::overhead::record::Results;
use predicates::prelude::*;
use predicates::str::contains;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

fn read(path: &Path) -> Results {
    files::read(&path.join("overhead.json")).expect("it was written")
}

/// Returns the command that a measurement into this file, from this folder, reports for its repetition.
fn command_from(folder: &Path, output: &Path) -> String {
    memscope_bench().current_dir(folder).args(MEASURE).arg("--output").arg(output).assert().success();
    read(output).origin.command
}

#[test]
fn the_folder_is_removed_only_at_the_beginning_of_a_path() {
    let folder = folder();
    // The working folder of a process has no links in its path; the folder for temporary files may have some.
    let outer = fs::canonicalize(folder.path()).expect("the folder");
    let inner = outer.join("work");
    let other = outer.join("var").join(inner.strip_prefix("/").expect("an absolute path"));
    fs::create_dir_all(&inner).expect("a folder");
    fs::create_dir_all(&other).expect("a folder");
    let inside = inner.join("my dir/it's");
    let command = command_from(&inner, &inside);
    assert!(command.ends_with("--pairs=6 --output \"my dir/it's\""), "{command}");
    // The working folder's name is in the middle of this one.
    let elsewhere = other.join("r");
    let command = command_from(&inner, &elsewhere);
    assert!(command.ends_with(&format!("--output {}", elsewhere.display())), "{command}");
}

#[test]
fn the_recorded_command_can_be_pasted() {
    let folder = folder();
    let file = folder.path().join("it's $HOME & (more)\n");
    memscope_bench()
        .current_dir(folder.path())
        .args(MEASURE)
        .arg("--output")
        .arg(&file)
        .env("MEMSCOPE_BENCH_TIME_LIMIT", "50")
        .env("MEMSCOPE_BENCH_PRECISION", "")
        .assert()
        .success();
    let command = read(&file).origin.command;
    assert!(command.starts_with("MEMSCOPE_BENCH_TIME_LIMIT=50 memscope-bench measure --workloads=cycles"), "{command}");
    fs::remove_dir_all(&file).expect("it can be removed");

    let programs = Path::new(env!("CARGO_BIN_EXE_memscope-bench")).parent().expect("a folder");
    let mut path = OsString::from(programs);
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let Ok(done) = Command::new("bash").arg("-c").arg(&command).current_dir(folder.path()).env("PATH", path).output()
    else {
        eprintln!("skipped: there is no bash");
        return;
    };
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(read(&file).origin.command, command);
}

#[test]
fn a_bench_s_filter_is_quoted() {
    let command = command_of_this_process(
        "cargo bench --",
        ["cycles/(full|allocator)", "--sample-size", "50"].map(OsString::from).into_iter(),
    );
    assert_eq!(command, "cargo bench -- 'cycles/(full|allocator)' --sample-size 50");
}

#[test]
fn variables_that_change_a_measurement_are_reported() {
    let folder = folder();
    let file = folder.path().join("r");
    let measure = || {
        let mut command = memscope_bench();
        command.args(MEASURE).arg("--output").arg(&file);
        for variable in [
            "LD_PRELOAD",
            "GLIBC_TUNABLES",
            "MALLOC_ARENA_MAX",
            "RUST_BACKTRACE",
            "RUST_LIB_BACKTRACE",
            "RUST_MIN_STACK",
        ] {
            command.env_remove(variable);
        }
        command
    };
    let plain = measure().assert().success();
    let expected = read(&file).origin.environment;
    plain.stdout(contains("changes how memscope works").not());
    measure()
        .env("MEMSCOPE_TEST_MODE", "")
        .env("MALLOC_ARENA_MAX", "1")
        .env("RUST_BACKTRACE", "1")
        .assert()
        .success()
        .stdout(contains("Environment: `MALLOC_ARENA_MAX=1`, `MEMSCOPE_TEST_MODE=''`, `RUST_BACKTRACE=1`"))
        .stdout(contains("Warning: the environment changes how memscope works: MEMSCOPE_TEST_MODE."));
    let mut found = read(&file).origin.environment;
    for (variable, value) in [("MEMSCOPE_TEST_MODE", ""), ("MALLOC_ARENA_MAX", "1"), ("RUST_BACKTRACE", "1")] {
        assert_eq!(found.remove(variable).as_deref(), Some(value), "{variable}");
    }
    assert_eq!(found, expected);
}

/// The reported allocator is the one at run time, not the one at compile time.
#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn a_preloaded_allocator_is_named() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    memscope_bench().args(MEASURE).arg("--output").arg(at("r")).env_remove("LD_PRELOAD").assert().success();
    let usual = read(&at("r")).origin.toolchain.allocator;
    assert!(usual.starts_with("system (glibc 2.") && usual.ends_with(" malloc)"), "{usual}");

    let code =
        "#include <stddef.h>\nvoid *__libc_malloc(size_t);\nvoid *malloc(size_t n) { return __libc_malloc(n); }\n";
    fs::write(at("other.c"), code).expect("a file");
    let compiled =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(at("libother.so")).arg(at("other.c")).status();
    if !compiled.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no C compiler");
        return;
    }
    memscope_bench()
        .args(MEASURE)
        .arg("--output")
        .arg(at("r"))
        .env("LD_PRELOAD", at("libother.so"))
        .assert()
        .success()
        .stdout(contains("Warning: the trackers allocate from libother.so instead of the system's allocator."))
        .stdout(contains("allocator: libother.so, in the place of the system's (glibc 2."));
    let origin = read(&at("r")).origin;
    assert_eq!(origin.environment["LD_PRELOAD"], at("libother.so").display().to_string());
}

/// Older files lack it, but can still be read.
#[test]
fn a_file_without_an_environment_is_still_read() {
    let mut file = serde_json::to_value(crate::common::results()).expect("serialises");
    let origin = file.as_object_mut().expect("an object");
    assert!(origin.get("environment").is_none(), "an empty one is not written");
    origin.insert("something_new".to_owned(), "of a later version".into());
    let results: Results = serde_json::from_value(file).expect("reads back");
    assert!(results.origin.environment.is_empty() && results.origin.toolchain.flags.is_empty());
}
