//! The structure of the source: the modules that each module imports.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The modules of src/, from the top. Each imports only itself and those below it; lib.rs, facade.rs, internal.rs and
/// bin/ are above all.
const MODULES: [&str; 13] = [
    "harness",
    "bench",
    "cli",
    "study",
    "schedule",
    "builds",
    "report",
    "worker",
    "tracking",
    "workloads",
    "trace",
    "stats",
    "platform",
];

/// Returns the Rust files in a folder of the package or below it, as paths from the package.
fn sources(folder: &str) -> Vec<PathBuf> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut found, mut open) = (Vec::new(), vec![package.join(folder)]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path.strip_prefix(package).expect("it is in the package").to_owned());
            }
        }
    }
    found.sort();
    found
}

/// Returns the lines of a file's code with their numbers, without comments and without the module of tests at its end.
fn code(path: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a source");
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    lines.map(|(place, line)| (place + 1, line.to_owned())).collect()
}

/// Returns the modules that a line of code names by `crate::`. Names by `$crate::` in macros are used in other crates.
fn imported(line: &str) -> impl Iterator<Item = &str> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut parts = line.split("crate::").peekable();
    let named = std::iter::from_fn(move || Some((parts.next()?, *parts.peek()?)));
    let named = named.filter(|(before, _)| !before.ends_with('$'));
    named.map(move |(_, rest)| rest.split(|letter| !is_part(letter)).next().unwrap_or_default())
}

/// Returns the place of a file's module in [`MODULES`]; `None` above them.
fn module_of(path: &Path) -> Option<usize> {
    let part = path.iter().nth(1)?.to_str()?;
    MODULES.iter().position(|module| *module == part.trim_end_matches(".rs"))
}

#[test]
fn imports_run_downwards() {
    let mut wrong = Vec::new();
    for path in sources("src") {
        let Some(own) = module_of(&path) else { continue };
        for (number, line) in code(&path) {
            for module in imported(&line) {
                let Some(place) = MODULES.iter().position(|known| *known == module) else {
                    wrong.push(format!("{}:{number} imports {module:?}, which is not a module", path.display()));
                    continue;
                };
                if place < own {
                    wrong.push(format!(
                        "{}:{number} is below {module} and imports it: {}",
                        path.display(),
                        line.trim()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports run downwards in {MODULES:?}:\n{}", wrong.join("\n"));
}

#[test]
fn every_folder_of_the_source_is_a_module() {
    for path in sources("src") {
        let is_above =
            ["src/lib.rs", "src/facade.rs", "src/internal.rs", "src/bin"].iter().any(|above| path.starts_with(above));
        assert!(is_above || module_of(&path).is_some(), "{} is in none of {MODULES:?}", path.display());
    }
}

#[test]
fn workloads_do_not_name_memscope() {
    for path in sources("src/workloads") {
        for (number, line) in code(&path) {
            assert!(!line.to_lowercase().contains("memscope"), "{}:{number} names memscope: {line}", path.display());
        }
    }
}

#[test]
fn only_its_adapter_names_memscope_s_crate() {
    let crate_name = ["memscope", "rs"].join("_");
    for path in ["src", "benches", "tests"].iter().flat_map(|folder| sources(folder)) {
        let is_adapter = path.starts_with("src/tracking/memscope");
        for (number, line) in code(&path).iter().filter(|_| !is_adapter) {
            assert!(!line.contains(&crate_name), "{}:{number} names {crate_name}: {line}", path.display());
        }
    }
}

/// A folder that is removed even after an interruption needs a thread, and with a second thread the C library takes
/// other ways: the samples of a level would differ from their untracked ones by more than the tracker.
#[test]
fn no_thread_of_the_harness_runs_beside_a_sample() {
    let measured = ["src/tracking", "src/trace", "src/workloads", "src/worker/tasks"];
    for path in measured.iter().flat_map(|folder| sources(folder)) {
        for (number, line) in code(&path) {
            let starts_thread = ["Scratch", "children::", "interrupt::"].iter().any(|name| line.contains(name));
            assert!(!starts_thread, "{}:{number} starts a thread: {line}", path.display());
        }
    }
}

#[test]
fn imports_are_found_in_code() {
    assert_eq!(imported("use crate::study::compare;").collect::<Vec<_>>(), ["study"]);
    assert_eq!(
        imported("    crate::platform::console::complain(crate::cli::x());").collect::<Vec<_>>(),
        ["platform", "cli"]
    );
    assert_eq!(imported("use crate::{cli, study};").collect::<Vec<_>>(), [""], "one line for each module");
    assert_eq!(imported("pub(crate) fn f()").count(), 0);
    assert_eq!(imported("$crate::Scale, crate::cli").collect::<Vec<_>>(), ["cli"]);
}

/// Cargo compiles a dependency once for each set of features in its own dependencies. Those that only tests and benches
/// turn on would lead to a second build of memscope.
#[test]
fn programs_and_benches_share_one_build_of_memscope() {
    let tree = |arguments: &[&str]| -> BTreeSet<String> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut tree = Command::new(cargo);
        tree.args(["tree", "--locked", "--offline", "--prefix=none"]).args(arguments);
        let output = tree.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
    };
    let below_memscope = tree(&["--package=memscope-rs", "--edges=normal,build", "--format={p}"]);
    // Versions before 0.2 have other dependencies, and are rarely compared.
    if !below_memscope.iter().any(|package| package.starts_with("memscope-rs v0.2.")) {
        return;
    }
    let of_memscope = |line: &&String| below_memscope.contains(line.split('|').next().unwrap_or_default());
    let programs = tree(&["--edges=normal,build", "--format={p}|{f}"]);
    let benches = tree(&["--edges=normal,build,dev", "--format={p}|{f}"]);
    let only_programs: Vec<&String> = programs.difference(&benches).filter(of_memscope).collect();
    assert!(
        only_programs.is_empty(),
        "benches turn on more features of these; name those in Cargo.toml: {only_programs:?}"
    );
}
