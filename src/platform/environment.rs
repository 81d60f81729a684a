//! The environment: the variables of memscope-bench, and other variables that change the measurements of a process.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::sync::{Mutex, PoisonError};

/// The prefix of all variables of memscope-bench. An empty variable counts as unset.
pub(crate) const PREFIX: &str = "MEMSCOPE_BENCH_";
/// The time limit of a probe, in seconds.
pub(crate) const TIME_LIMIT: &str = "MEMSCOPE_BENCH_TIME_LIMIT";
/// The memory limit of a probe, in MiB.
pub(crate) const MEMORY_LIMIT: &str = "MEMSCOPE_BENCH_MEMORY_LIMIT";
/// The target half-width of each interval, in percent of its figure.
pub(crate) const PRECISION: &str = "MEMSCOPE_BENCH_PRECISION";
/// The time limit for that precision, for each workload and level, in seconds.
pub(crate) const PRECISION_LIMIT: &str = "MEMSCOPE_BENCH_PRECISION_LIMIT";
/// Keeps results even if the run's own control fails.
pub(crate) const KEEP: &str = "MEMSCOPE_BENCH_KEEP";
/// The folder of prepared and finished builds.
pub(crate) const BUILD_CACHE: &str = "MEMSCOPE_BENCH_BUILD_CACHE";
/// The deliberate fault of a probe.
pub(crate) const FAULT: &str = "MEMSCOPE_BENCH_FAULT";
/// The trace that a program with the recorder writes.
pub(crate) const TRACE: &str = "MEMSCOPE_BENCH_TRACE";
/// Reduces a build to the part of the adapter that overheads need. The build script reads it.
pub(crate) const CORE_ONLY: &str = "MEMSCOPE_BENCH_CORE_ONLY";
/// The folder of the package that a tracker's program is built in, whose lock file determines memscope. The build script
/// reads it.
pub(crate) const WORKSPACE: &str = "MEMSCOPE_BENCH_WORKSPACE";

/// The program's own variables that are in force in this process, from the command line's parser.
static IN_FORCE: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Returns the value of one of the program's own variables; `None` if it is unset or empty.
pub(crate) fn own(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Stores the names of the program's own variables that are in force in this process.
pub(crate) fn set_in_force(names: Vec<String>) {
    *IN_FORCE.lock().unwrap_or_else(PoisonError::into_inner) = names;
}

/// Returns the program's own variables that are in force in this process and its probes, with their values, by name.
pub(crate) fn in_force() -> BTreeMap<String, OsString> {
    let mut names = IN_FORCE.lock().unwrap_or_else(PoisonError::into_inner).clone();
    // Probes read this variable themselves.
    names.push(FAULT.to_owned());
    names.into_iter().filter_map(|name| own(&name).map(|value| (name, value))).collect()
}

/// Variables that change a measurement: the libraries of a process, its allocator, memscope's modes and the number of
/// threads.
const NAMES: [&str; 9] = [
    "LD_PRELOAD",
    "LD_AUDIT",
    "GLIBC_TUNABLES",
    "_RJEM_MALLOC_CONF",
    "RAYON_NUM_THREADS",
    "TOKIO_WORKER_THREADS",
    "RUST_BACKTRACE",
    "RUST_LIB_BACKTRACE",
    "RUST_MIN_STACK",
];
/// The prefixes of further variables that change a measurement.
const PREFIXES: [&str; 7] = ["MALLOC_", "MIMALLOC_", "TCMALLOC_", "SCUDO_", "ASAN_", "LSAN_", "MEMSCOPE_"];
/// The prefixes of variables that have an effect even if they are empty.
const SET_IS_ENOUGH: [&str; 2] = ["MEMSCOPE_", "RUST_"];

/// Returns the variables that change a measurement, with their values, by name. The program's own variables are part of
/// the command instead.
pub(crate) fn influences() -> BTreeMap<String, String> {
    of(std::env::vars_os())
}

fn of(variables: impl Iterator<Item = (OsString, OsString)>) -> BTreeMap<String, String> {
    let matters = |name: &str, value: &OsStr| {
        let is_known = NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        let means_something = !value.is_empty() || SET_IS_ENOUGH.iter().any(|prefix| name.starts_with(prefix));
        is_known && means_something && !name.starts_with(PREFIX)
    };
    variables
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, value)| matters(name, value))
        .map(|(name, value)| (name, value.to_string_lossy().into_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_variables_that_change_a_measurement_are_kept() {
        let variables = [
            ("LD_PRELOAD", "/usr/lib/libjemalloc.so.2"),
            ("MALLOC_ARENA_MAX", "1"),
            ("MALLOC_PERTURB_", ""),
            ("MEMSCOPE_TEST_MODE", ""),
            ("MEMSCOPE_BENCH_TIME_LIMIT", "5"),
            ("HOME", "/home/someone"),
            ("GITHUB_TOKEN", "secret"),
            ("LD_AUDIT", ""),
        ];
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        let kept: Vec<_> = of(variables.into_iter()).into_iter().collect();
        let expected =
            [("LD_PRELOAD", "/usr/lib/libjemalloc.so.2"), ("MALLOC_ARENA_MAX", "1"), ("MEMSCOPE_TEST_MODE", "")];
        assert_eq!(kept, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
