//! Builds of memscope: the calls of cargo, the meaning of its answers, and the identity of the built program. A
//! script replaces cargo, so nothing is compiled.

use crate::common::cargo::{BUILDS, ScriptedCargo};
use crate::common::linked;
#[cfg(target_os = "linux")]
use crate::common::processes;
use crate::environment::on_a_terminal;
use assert_cmd::Command;
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::compare::Comparison;
use predicates::prelude::*;
use predicates::str::contains;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
#[cfg(target_os = "linux")]
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

/// A version that this program is not built with.
const OTHER: &str = "0.2.4";

/// A folder with a scripted cargo, and the commands of these tests.
struct Place {
    cargo: ScriptedCargo,
}

impl Place {
    fn with_cargo(script: &str) -> Self {
        Self { cargo: ScriptedCargo::new(script) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.cargo.path(name)
    }

    fn calls(&self) -> Vec<String> {
        self.cargo.calls()
    }

    /// Returns the command that compares builds of one link on the smallest workload.
    fn compare(&self, builds: &[&str]) -> Command {
        self.compare_links(builds, 1)
    }

    /// Returns the command that compares builds with this number of links.
    fn compare_links(&self, builds: &[&str], links: u32) -> Command {
        let mut command = self.cargo.memscope_bench();
        command
            .arg("compare")
            .args(builds)
            .args(["--workloads=cycles", "--tracking=allocator", "--scale=0.001", "--threads=1", "--rounds=12"])
            .arg(format!("--links={links}"))
            .arg("--output=out");
        command
    }

    fn comparison(&self) -> Comparison {
        files::read(&self.path("out/compare.json")).expect("a comparison")
    }

    /// Makes sources of memscope in a folder; only the manifest is read.
    fn sources(&self, name: &str, features: &str) -> String {
        let folder = self.path(name);
        fs::create_dir_all(folder.join("src")).expect("a folder");
        fs::write(folder.join("src/lib.rs"), "").expect("a file");
        let manifest = format!("[package]\nname = \"memscope-rs\"\nversion = \"9.9.9\"\n[features]\n{features}\n");
        fs::write(folder.join("Cargo.toml"), manifest).expect("a manifest");
        name.to_owned()
    }
}

/// Returns the published version that this program is linked with; `None`, with a message, if it is no other one.
fn linked() -> Option<String> {
    let version = linked::published()?;
    if version == OTHER {
        eprintln!("skipped: this program is built with memscope-rs {OTHER}");
        return None;
    }
    Some(version)
}

#[test]
fn a_program_of_another_version_is_an_error_and_never_a_row() {
    let Some(linked) = linked() else { return };
    let place = Place::with_cargo(BUILDS);
    let refusal = format!("{OTHER} was not built: the program is of memscope-rs {linked} (crates.io)");
    place.compare(&[OTHER, &linked, &linked]).assert().success().stderr(contains(refusal));
    let found = place.comparison();
    let [other, this, _] = found.builds.as_slice() else { panic!("three builds") };
    assert!(other.memscope.is_none() && other.measurements.is_empty() && other.not_built.is_some(), "{other:?}");
    assert_eq!(this.memscope.as_ref().map(|memscope| memscope.version.as_str()), Some(linked.as_str()));
    assert!(!this.measurements.is_empty());
}

#[test]
fn a_program_of_a_published_version_is_not_that_of_a_folder() {
    if linked().is_none() {
        return;
    }
    let place = Place::with_cargo(BUILDS);
    let folder = place.sources("memscope", "");
    place
        .compare(&[&folder])
        .assert()
        .code(2)
        .stderr(contains("instead of memscope-rs 9.9.9 (path)").and(contains("nothing to measure")));
    assert!(!place.path("out/compare.json").exists());
}

#[test]
fn an_old_program_is_not_mistaken_for_a_new_one() {
    if linked().is_none() {
        return;
    }
    // Cargo succeeds and puts its program into an unknown folder.
    let place = Place::with_cargo("exit 0");
    let stale = place.path("cache/build/release");
    fs::create_dir_all(&stale).expect("a folder");
    let program = stale.join("memscope-bench");
    fs::copy(assert_cmd::cargo::cargo_bin("memscope-bench"), &program).expect("a copy");
    let earlier = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    fs::File::options().write(true).open(&program).and_then(|file| file.set_modified(earlier)).expect("an older file");
    place.compare(&[OTHER]).assert().code(2).stderr(contains("cargo does not report which program it built"));
}

#[test]
fn cargo_is_called_in_every_run_and_for_the_same_package() {
    let Some(linked) = linked() else { return };
    let place = Place::with_cargo(BUILDS);
    place.compare(&[&linked]).assert().success();
    place.compare(&[&linked]).env("RUSTFLAGS", "-Ctarget-cpu=native").assert().success();
    place.compare(&[&linked]).env("RUSTUP_TOOLCHAIN", "nightly").assert().success();
    let calls = place.calls();
    assert_eq!(calls.len(), 3, "{calls:?}");
    assert!(calls[1].contains("RUSTFLAGS=-Ctarget-cpu=native") && calls[2].ends_with("TOOLCHAIN=nightly"), "{calls:?}");
    // The working directory chooses neither the toolchain nor the configuration.
    let copy = fs::canonicalize(place.path("cache")).expect("the build cache").join(&linked);
    assert!(calls.iter().all(|call| call.starts_with(&format!("{} ", copy.display()))), "{calls:?}");
}

#[test]
fn warnings_do_not_fail_a_build() {
    let place = Place::with_cargo("exit 101");
    place.compare(&[OTHER]).env("RUSTFLAGS", "-Ctarget-cpu=native -Dwarnings").assert().code(2);
    let calls = place.calls();
    assert!(calls[0].contains(" RUSTFLAGS=-Ctarget-cpu=native -Dwarnings --cap-lints=warn "), "{calls:?}");
}

#[test]
fn a_relative_path_to_cargo_begins_in_the_user_s_folder() {
    let Some(linked) = linked() else { return };
    let place = Place::with_cargo(BUILDS);
    place.compare(&[&linked]).env("CARGO", "./cargo").assert().success();
    // An empty variable counts as unset: cargo comes from the search path.
    let path = format!("{}:/usr/bin:/bin", place.cargo.folder().display());
    place.compare(&[&linked]).env("CARGO", "").env("PATH", path).assert().success();
    assert_eq!(place.calls().len(), 2);
}

#[test]
fn a_relative_path_to_cargo_s_own_folder_begins_in_the_user_s_folder() {
    let place = Place::with_cargo("echo \"$CARGO_HOME\" >\"$copy/home\"; exit 101");
    let said = || fs::read_to_string(place.path("cache").join(OTHER).join("home")).expect("cargo was started");
    fs::create_dir(place.path("home")).expect("a folder");
    let here = fs::canonicalize(place.cargo.folder()).expect("the folder");
    place.compare(&[OTHER]).env("CARGO_HOME", "home").assert().code(2);
    assert_eq!(Path::new(said().trim_end()), here.join("home"));
    place.compare(&[OTHER]).env("CARGO_HOME", "").assert().code(2);
    assert_eq!(said(), "\n", "an empty variable counts as unset");
}

/// Returns a script line that prints a compiler's error in a package.
fn error_in(manifest: &str, id: &str) -> String {
    format!(
        "echo '{{\"reason\":\"compiler-message\",\"manifest_path\":\"'\"{manifest}\"'\",\"package_id\":\"{id}\",\
         \"message\":{{\"level\":\"error\",\"code\":{{\"code\":\"E0433\"}},\"message\":\"no such \
         thing\",\"spans\":[{{\"file_name\":\"src/mac.rs\",\"line_start\":7,\
         \"is_primary\":true}}]}}}}'\nexit 101\n"
    )
}

/// Compiles only memscope, without errors.
const MEMSCOPE_COMPILES: &str = "case \"$*\" in *--package*) exit 0;; esac\n";

const OF_MEMSCOPE: &str = "registry+https://example.org/index#memscope-rs@0.2.4";

#[test]
fn a_build_that_does_not_compile_is_named_and_not_compiled_again() {
    let place = Place::with_cargo(&error_in("/elsewhere/Cargo.toml", OF_MEMSCOPE));
    let why = format!("{OTHER} does not compile: error[E0433]: no such thing (src/mac.rs:7); see ");
    for _ in 0..2 {
        place.compare(&[OTHER]).assert().code(2).stderr(contains(why.clone()));
    }
    assert_eq!(place.calls().len(), 1, "the outcome is kept");
    // A container has another name each time, and `cargo run` sets these.
    let of_no_effect = [
        ("HOSTNAME", "b"),
        ("LD_LIBRARY_PATH", "/nowhere"),
        ("RUST_RECURSION_COUNT", "1"),
        ("CARGO_MANIFEST_DIR", "/elsewhere"),
        ("CARGO_TERM_COLOR", "always"),
    ];
    place.compare(&[OTHER]).envs(of_no_effect).assert().code(2).stderr(contains(why.clone()));
    assert_eq!(place.calls().len(), 1, "another place is no other compilation");
    place.compare(&[OTHER]).env("RUSTFLAGS", "-Cdebuginfo=1").assert().code(2).stderr(contains(why));
    assert_eq!(place.calls().len(), 2, "another compilation has a separate outcome");
}

#[test]
fn a_relative_path_to_a_compiler_begins_in_the_user_s_folder() {
    let place = Place::with_cargo("echo \"$RUSTC $RUSTC_WRAPPER\" >\"$copy/compilers\"; exit 101");
    place.compare(&[OTHER]).envs([("RUSTC", "./rustc"), ("RUSTC_WRAPPER", "sccache")]).assert().code(2);
    let said = fs::read_to_string(place.path("cache").join(OTHER).join("compilers")).expect("cargo was started");
    let here = fs::canonicalize(place.cargo.folder()).expect("the folder");
    assert_eq!(said, format!("{} sccache\n", here.join("rustc").display()));
}

/// A limit on threads is one of the system. No thread has this much address space for its stack either.
const NO_THREAD: (&str, &str) = ("RUST_MIN_STACK", "1000000000000000");

#[test]
fn without_a_thread_a_build_is_an_error_and_no_panic() {
    let place = Place::with_cargo("exit 101");
    let refused = contains("build.log: no thread or process can be started: ").and(contains("panicked").not());
    place.compare(&[OTHER]).envs([NO_THREAD]).assert().code(2).stderr(refused);
}

#[test]
fn without_a_thread_progress_is_shown_on_a_terminal_without_a_panic() {
    let place = Place::with_cargo("exit 101");
    let program = env!("CARGO_BIN_EXE_memscope-bench");
    let (cargo, folder) = (place.cargo.script(), place.cargo.folder().to_owned());
    let command = format!(
        "cd '{}' && env '{}={}' CARGO='{}' '{program}' compare {OTHER} --build-cache=cache --output=out",
        folder.display(),
        NO_THREAD.0,
        NO_THREAD.1,
        cargo.display()
    );
    let Some(output) = on_a_terminal(&command, &[]) else {
        eprintln!("skipped: there is no `script`");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("no thread or process can be started") && !said.contains("panicked"), "{said}");
}

#[test]
fn a_path_that_no_manifest_can_name_is_refused() {
    let place = Place::with_cargo("exit 101");
    let strange = place.path("").join(OsStr::from_bytes(b"d\xff"));
    if fs::create_dir(&strange).is_err() {
        eprintln!("skipped: the file system has only names in UTF-8");
        return;
    }
    let refused = contains(" is not UTF-8, as a Cargo.toml must be: use another folder");
    place.compare(&[OTHER]).current_dir(&strange).assert().code(2).stderr(refused.clone());
    let sources = place.path(&place.sources("memscope", ""));
    fs::rename(&sources, strange.join("memscope")).expect("it is moved");
    let cache = place.path("cache");
    let mut compare = place.compare(&["memscope"]);
    compare.env("MEMSCOPE_BENCH_BUILD_CACHE", &cache).current_dir(&strange).assert().code(2).stderr(refused);
    assert_eq!(place.calls().len(), 0, "cargo would name a folder that does not exist");
}

#[test]
fn what_killed_runs_left_in_the_build_cache_is_removed() {
    let place = Place::with_cargo("exit 101");
    let cache = place.path("cache");
    let left = ["sources/.memscope-bench-a", ".memscope-bench-b"].map(|name| cache.join(name));
    let earlier = std::time::SystemTime::now() - std::time::Duration::from_secs(24 * 60 * 60);
    for folder in &left {
        fs::create_dir_all(folder.join("memscope-rs")).expect("a folder");
        fs::File::open(folder).and_then(|folder| folder.set_modified(earlier)).expect("an older one");
    }
    place.compare(&[OTHER]).assert().code(2);
    assert!(!left.iter().any(|folder| folder.exists()));
}

#[test]
fn another_configuration_of_cargo_is_another_build() {
    let place = Place::with_cargo(&error_in("/elsewhere/Cargo.toml", OF_MEMSCOPE));
    let refused = || place.compare(&[OTHER]).assert().code(2).stderr(contains("does not compile: error[E0433]"));
    (0..2).for_each(|_| drop(refused()));
    assert_eq!(place.calls().len(), 1, "the outcome is kept");
    fs::create_dir(place.path(".cargo")).expect("a folder");
    fs::write(place.path(".cargo/config.toml"), "[build]\nrustflags = []\n").expect("a file");
    drop(refused());
    assert_eq!(place.calls().len(), 2);
}

#[test]
fn a_dependency_that_does_not_compile_is_named_too() {
    let place = Place::with_cargo(&error_in("/elsewhere/Cargo.toml", "registry+https://example.org/index#mach2@0.4.0"));
    let why = format!("{OTHER} does not compile: its dependency mach2: error[E0433]: no such thing");
    place.compare(&[OTHER]).assert().code(2).stderr(contains(why));
}

#[test]
fn a_failed_download_is_tried_again() {
    let place = Place::with_cargo("echo 'error: failed to get `x` as a dependency' >&2; exit 101");
    for _ in 0..2 {
        let why = format!("cargo cannot build {OTHER}: failed to get `x` as a dependency");
        place.compare(&[OTHER]).assert().code(2).stderr(contains(why));
    }
    assert_eq!(place.calls().len(), 2);
}

#[test]
fn colours_hide_no_error() {
    let error = "echo 'error: failed to get `x` as a dependency' >&2; exit 101";
    let place = Place::with_cargo(&format!("[ \"$CARGO_TERM_COLOR\" = never ] || printf '\\033[31m' >&2\n{error}"));
    let why = format!("cargo cannot build {OTHER}: failed to get `x` as a dependency");
    place.compare(&[OTHER]).env("CARGO_TERM_COLOR", "always").assert().code(2).stderr(contains(why));
}

#[test]
fn builds_that_failed_because_of_the_system_are_repeated() {
    let linker = "echo '{\"reason\":\"compiler-message\",\"manifest_path\":\"/elsewhere/Cargo.toml\",\
                  \"package_id\":\"registry+https://example.org/index#libc@0.2.1\",\"message\":\
                  {\"level\":\"error\",\"message\":\"linker `cc` not found\",\"spans\":[]}}'; exit 101";
    let script = "echo 'error: failed to run custom build command for `jemalloc-sys v0.5.4`' >&2; exit 101";
    let of_script = "failed to run custom build command for `jemalloc-sys v0.5.4`";
    for (fails, why) in [(linker, "libc: error: linker `cc` not found"), (script, of_script)] {
        let place = Place::with_cargo(fails);
        let why = format!("cargo cannot build {OTHER}: {why}; see ");
        for _ in 0..2 {
            place.compare(&[OTHER]).assert().code(2).stderr(contains(why.clone()));
        }
        assert_eq!(place.calls().len(), 2, "cargo is called again");
    }
}

/// A run with a full disk says nothing about a source, in any of the ways to say it.
#[test]
fn a_full_disk_ends_the_run_and_is_not_remembered() {
    let Some(linked) = linked() else { return };
    let of_compiler = format!(
        "echo '{{\"reason\":\"compiler-message\",\"manifest_path\":\"/elsewhere/Cargo.toml\",\
         \"package_id\":\"{OF_MEMSCOPE}\",\"message\":{{\"level\":\"error\",\"spans\":[],\
         \"message\":\"could not write output to /x.o: No space left on device\"}}}}'; exit 101"
    );
    let of_cargo = "echo 'error: failed to build archive at `/x`: No space left on device (os error 28)' >&2; exit 101";
    for fails in [of_compiler.as_str(), of_cargo] {
        let place = Place::with_cargo(&format!("if [ -e '{{FULL}}' ]; then\n{fails}\nfi\n{BUILDS}"));
        let full = place.path("full");
        let script = fs::read_to_string(place.cargo.script()).expect("the script");
        fs::write(place.cargo.script(), script.replace("{FULL}", full.to_str().expect("letters"))).expect("the script");
        fs::write(&full, "").expect("a file");
        for calls in 1..=2 {
            let assert = place.compare(&[&linked, OTHER]).assert().code(2).stdout("");
            let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
            let why = format!("error: cannot build {linked} in ");
            assert!(said.contains(&why) && said.contains("No space left on device"), "{said}");
            assert!(!said.contains("compile: "), "{said}");
            assert_eq!(place.calls().len(), calls, "the other build is not begun, and the first one is tried again");
        }
        fs::remove_file(&full).expect("there is space again");
        place.compare(&[&linked]).assert().success();
    }
}

/// Without links, all builds would be measured in another way.
#[test]
fn a_full_disk_while_linking_ends_the_run() {
    let Some(linked) = linked() else { return };
    let full = "echo 'error: linking failed: No space left on device' >&2; exit 101";
    let place = Place::with_cargo(&format!("case \"$*\" in *--shuffle-sections*) {full};; esac\n{BUILDS}"));
    let why = contains("link.log").and(contains("No space left on device"));
    place.compare_links(&[&linked, &linked], 4).assert().code(2).stdout("").stderr(why);
}

/// The second way may compile or not, so nothing is kept.
#[test]
fn a_second_way_that_cannot_be_tried_is_tried_again() {
    let without_defaults = error_in("/elsewhere/Cargo.toml", "path+file:///memscope#memscope-rs@9.9.9");
    let place = Place::with_cargo(&format!(
        "if grep -q '^memscope-rs.*features = \\[\"' \"$copy/Cargo.toml\"; then\n\
         echo 'error: failed to get `x` as a dependency' >&2; exit 101; fi\n{without_defaults}"
    ));
    let folder = place.sources("memscope", "default = [\"parking-lot\"]");
    let why =
        "cargo cannot build memscope: error[E0433]: no such thing (src/mac.rs:7); with its default features: failed";
    place.compare(&[&folder]).assert().code(2).stderr(contains(why));
    assert_eq!(place.calls().len(), 2);

    // The adapter without its other parts.
    let fails = error_in("$copy/Cargo.toml", "path+file:///copy#memscope-bench@0.1.0");
    let offline = "echo 'error: failed to get `x` as a dependency' >&2; exit 101";
    let place = Place::with_cargo(&format!("if [ -n \"$MEMSCOPE_BENCH_CORE_ONLY\" ]; then {offline}; fi\n{fails}"));
    for calls in [2, 4] {
        let why = format!("cargo cannot build {OTHER}: failed to get `x` as a dependency");
        place.compare(&[OTHER]).assert().code(2).stderr(contains(why));
        assert_eq!(place.calls().len(), calls, "both ways are tried again");
    }
}

#[test]
fn a_linker_s_failure_is_not_blamed_on_the_adapter() {
    let fails = "echo '{\"reason\":\"compiler-message\",\"manifest_path\":\"'\"$copy\"'/Cargo.toml\",\
                 \"package_id\":\"path+file:///copy#memscope-bench@0.1.0\",\"message\":{\"level\":\"error\",\
                 \"message\":\"linking with `cc` failed: exit status: 1\",\"spans\":[]}}'; exit 101";
    let place = Place::with_cargo(&format!("{MEMSCOPE_COMPILES}{fails}"));
    let why = format!("cargo cannot build {OTHER}: error: linking with `cc` failed: exit status: 1; see ");
    for _ in 0..2 {
        place.compare(&[OTHER]).assert().code(2).stderr(contains(why.clone()).and(contains("no adapter fits").not()));
    }
    assert_eq!(place.calls().len(), 2, "no other part of the adapter is tried, and cargo is called again");
}

#[test]
fn an_adapter_that_does_not_fit_is_a_separate_outcome() {
    let report =
        "no adapter fits memscope-rs 0.2.4: its source lacks hook (fn TrackingAllocator::new with 0 parameters)";
    let lacks = format!("echo 'error: memscope-bench@0.1.0: {report}' >&2; exit 101\n");
    let place = Place::with_cargo(&format!("{MEMSCOPE_COMPILES}{lacks}"));
    let why = format!("{OTHER}: no adapter fits, memscope-rs itself compiles: {report}");
    place.compare(&[OTHER]).assert().code(2).stderr(contains(why.clone()).and(contains("does not compile").not()));
    place.compare(&[OTHER]).assert().code(2).stderr(contains(why));
    assert_eq!(place.calls().len(), 2, "memscope was compiled alone, and the outcome is kept");

    // The build script reads the source before the compiler does, and memscope does not compile either.
    let place = Place::with_cargo(&format!(
        "case \"$*\" in *--package*)\n{};; esac\n{lacks}",
        error_in("/elsewhere/Cargo.toml", OF_MEMSCOPE)
    ));
    place.compare(&[OTHER]).assert().code(2).stderr(contains(format!("{OTHER} does not compile: error[E0433]")));

    // An item has another shape: the adapter does not compile, and neither does its core.
    let fails = error_in("$copy/Cargo.toml", "path+file:///copy#memscope-bench@0.1.0");
    let place = Place::with_cargo(&format!("{MEMSCOPE_COMPILES}{fails}"));
    let why =
        format!("{OTHER}: no adapter fits, memscope-rs itself compiles: error[E0433]: no such thing (src/mac.rs:7)");
    place.compare(&[OTHER]).assert().code(2).stderr(contains(why));
    assert_eq!(place.calls().len(), 3, "the part of the adapter that a measurement needs was tried alone");
}

#[test]
fn the_part_of_the_adapter_that_a_measurement_needs_is_enough() {
    let Some(linked) = linked() else { return };
    let fails = error_in("$copy/Cargo.toml", "path+file:///copy#memscope-bench@0.1.0");
    let place = Place::with_cargo(&format!("if [ -z \"$MEMSCOPE_BENCH_CORE_ONLY\" ]; then\n{fails}fi\n{BUILDS}"));
    place.compare(&[&linked]).assert().success();
    assert_eq!(place.calls().len(), 2);
}

#[test]
fn default_features_are_tried_if_memscope_does_not_compile_without_them() {
    let fails = error_in("/elsewhere/Cargo.toml", "path+file:///memscope#memscope-rs@9.9.9");
    let place = Place::with_cargo(&format!("grep '^memscope-rs' \"$copy/Cargo.toml\" >> '{{LINES}}'\n{fails}"));
    let lines = place.path("lines");
    let script =
        fs::read_to_string(place.cargo.script()).expect("the script").replace("{LINES}", &lines.display().to_string());
    fs::write(place.cargo.script(), script).expect("the script is written");
    let folder = place.sources("memscope", "default = [\"tracking-allocator\", \"parking-lot\"]");
    place.compare(&[&folder]).assert().code(2).stderr(contains("memscope does not compile: error[E0433]"));
    let lines = fs::read_to_string(lines).expect("the lines");
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().all(|line| line.contains("default-features = false") && !line.contains("tracking-allocator")));
    assert!(!lines[0].contains("parking-lot") && lines[1].contains("features = [\"parking-lot\"]"), "{lines:?}");
}

/// A line that makes cargo append the seed to the program when it links it in another order. The system does not look
/// at the end of a program's file.
const SHUFFLES: &str = r#"
case "$*" in *--shuffle-sections*) echo "${last##*=}" >>"$built";; esac
"#;

#[test]
fn links_are_made_once_and_a_repeated_build_gets_the_next_ones() {
    let Some(linked) = linked() else { return };
    let place = Place::with_cargo(&format!("{BUILDS}{SHUFFLES}"));
    let twice = || place.compare_links(&[&linked, &linked], 2);
    twice().assert().success().stdout(contains("2 links of each build"));
    let found = place.comparison();
    let names: Vec<&str> = found.builds.iter().map(|build| build.name.as_str()).collect();
    assert_eq!(names, [linked.clone(), format!("{linked} (2)")]);
    assert_eq!(found.builds.iter().map(|build| build.links.as_slice()).collect::<Vec<_>>(), [[1, 2], [3, 4]]);
    assert_ne!(found.plan.builds[0].1, found.plan.builds[1].1, "they are different programs");
    assert_eq!(place.calls().len(), 2 + 4, "each is built, and linked twice");

    twice().assert().success();
    assert_eq!(place.calls().len(), 6 + 2, "links are kept");
    assert_eq!(place.comparison().plan, found.plan);

    // Another link is missing, as after a killed run.
    let links = place.path("cache").join(&linked).join("links");
    fs::remove_file(links.join("memscope-bench-0000000003")).expect("it is there");
    twice().assert().success();
    assert_eq!(place.calls().len(), 8 + 2 + 1);
    assert_eq!(place.comparison().plan, found.plan);
}

#[test]
fn a_linker_that_cannot_shuffle_leaves_one_link_of_each_build() {
    let Some(linked) = linked() else { return };
    let refuses = "case \"$*\" in *--shuffle-sections*) echo 'error: linking failed' >&2; exit 101;; esac\n";
    // This one succeeds, and changes nothing.
    for (script, why) in [(refuses, "lld: linking failed."), ("", "lld: the linker leaves them in their usual order.")]
    {
        let place = Place::with_cargo(&format!("{script}{BUILDS}"));
        let warning = format!("Warning: {linked} cannot be linked with its functions in another order, which needs");
        let mut compare = place.compare_links(&[&linked, &linked], 4);
        compare.assert().success().stderr(contains(warning).count(1).and(contains(why)));
        let found = place.comparison();
        assert!(found.builds.iter().all(|build| build.links.is_empty() && !build.measurements.is_empty()));
        assert_eq!(place.calls().len(), 3, "it is not tried again for the second build");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_system_without_locks_is_supported() {
    let Some(linked) = linked() else { return };
    let place = Place::with_cargo(BUILDS);
    let library = place.path("noflock.so");
    let source = place.path("noflock.c");
    let text = "#include <errno.h>\nint flock(int f, int o) { (void)f; (void)o; errno = EOPNOTSUPP; return -1; }\n";
    fs::write(&source, text).expect("a file");
    let made = std::process::Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no C compiler");
        return;
    }
    place.compare(&[&linked]).env("LD_PRELOAD", &library).assert().success().stderr(contains("cannot be locked"));
}

#[test]
#[cfg(target_os = "linux")]
fn cargo_ends_where_its_log_cannot_be_written() {
    let place = Place::with_cargo("echo $$ >\"$copy/pid\"; echo starting >&2; exec sleep 60");
    let copy = place.path("cache").join(OTHER);
    fs::create_dir_all(&copy).expect("a folder");
    std::os::unix::fs::symlink("/dev/full", copy.join("build.log")).expect("a link");
    place.compare(&[OTHER]).assert().code(2).stderr(contains("build.log: No space left on device"));
    let cargo = fs::read_to_string(copy.join("pid")).expect("it was started");
    assert!(!Path::new("/proc").join(cargo.trim()).exists(), "cargo is gone");
}

#[test]
#[cfg(target_os = "linux")]
fn cargo_and_its_compilers_end_with_an_interrupted_run() {
    // The signal reaches only the program, as from `kill`.
    let place = Place::with_cargo("sleep 60 & echo \"$$ $!\" >\"$copy/pids\"; kill -TERM $PPID; wait");
    let assert = place.compare(&[OTHER]).assert();
    let output = assert.get_output();
    assert_eq!(output.status.signal(), Some(15), "it ends as the signal would end it: {output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("cargo cannot build"), "it is not a failure of cargo: {said}");
    let pids = fs::read_to_string(place.path("cache").join(OTHER).join("pids")).expect("it was started");
    processes::wait_for(|| pids.split_whitespace().all(processes::is_gone).then_some(()));
}

#[test]
fn the_package_builds_in_any_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("Cargo.toml"), "[workspace]\nmembers = []\n").expect("a manifest");
    let package = folder.path().join("memscope-bench");
    fs::create_dir_all(package.join("src")).expect("a folder");
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"), package.join("Cargo.toml")).expect("a manifest");
    fs::write(package.join("src/lib.rs"), "").expect("a file");
    Command::new(env!("CARGO"))
        .current_dir(&package)
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .assert()
        .success();
}
