//! The record of a build, stored next to it: a source that does not compile is not compiled again until one of its
//! inputs changes.

use crate::builds::content::hash;
use crate::platform::system;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::Path;
use std::process::Stdio;

/// The file in a build's folder.
const FILE: &str = "outcome.json";

/// Variables that affect compilers and linkers, for any target, or with the name of one at their end: `CC`,
/// `CC_aarch64_unknown_linux_gnu`.
const TOOLS: [&str; 14] = [
    "AR",
    "ARFLAGS",
    "CC",
    "CFLAGS",
    "CPATH",
    "CPPFLAGS",
    "CXX",
    "CXXFLAGS",
    "LDFLAGS",
    "LIBRARY_PATH",
    "PKG_CONFIG",
    "RANLIB",
    "RUSTC",
    "RUSTFLAGS",
];
/// Words before the name of a tool: the one for build scripts, or the one for the program.
const SIDES: [&str; 2] = ["HOST_", "TARGET_"];
/// Further variables that affect them.
const ALONE: [&str; 5] = ["DEVELOPER_DIR", "LD", "MACOSX_DEPLOYMENT_TARGET", "RUST_TARGET_PATH", "SDKROOT"];
/// The prefixes of others.
const BUILDING: [&str; 2] = ["CARGO_", "MEMSCOPE_BENCH_CORE"];
/// The prefixes of variables of cargo without an effect on a build. It sets the first ones for the programs that it
/// starts, and a program that is started otherwise must find the same builds.
const WITHOUT_EFFECT: [&str; 19] = [
    "CARGO_BIN",
    "CARGO_CRATE",
    "CARGO_MANIFEST",
    "CARGO_PKG",
    "CARGO_PRIMARY",
    "CARGO_TARGET_TMPDIR",
    // Its configuration counts instead, and so does the compiler's own report.
    "CARGO_HOME",
    // The folder of artifacts is chosen here.
    "CARGO_BUILD_BUILD_DIR",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_TARGET_DIR",
    "CARGO_ALIAS",
    "CARGO_BUILD_JOBS",
    "CARGO_BUILD_WARNINGS",
    "CARGO_CACHE",
    "CARGO_FUTURE",
    "CARGO_HTTP",
    "CARGO_MAKEFLAGS",
    "CARGO_NET",
    "CARGO_TERM",
];

/// The record of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BuildRecord {
    /// A hash of all inputs of the build.
    pub fingerprint: String,
    /// The duration, in seconds.
    pub seconds: u64,
    /// The last attempt.
    #[serde(default)]
    pub attempt: Attempt,
    /// The reason why there is no program; `None` if there is one.
    pub failure: Option<KnownFailure>,
}

/// A way to compile a build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attempt {
    /// With memscope's default features, except the one that installs an allocator.
    pub defaults: bool,
    /// With only the part of the adapter that overheads need.
    pub core_only: bool,
}

/// A failure that remains until something changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub(super) enum KnownFailure {
    /// memscope, or one of its dependencies, does not compile.
    DoesNotCompile {
        /// The first error.
        error: String,
    },
    /// memscope compiles, but its API is unknown.
    NoAdapter {
        /// The missing items.
        missing: String,
    },
}

/// Words of errors that no source is to blame for: of the system, of a linker, and of a script, which may look for
/// compilers and libraries. Most of these never get here, because [`CargoFailure`](super::cargo::CargoFailure) keeps
/// them apart.
const OF_THE_SYSTEM: [&str; 4] = ["(os error ", "linker `", "linking with `", "failed to run custom build command"];

impl KnownFailure {
    /// Returns whether the reason is in a source, so the same source fails again. What a system lacks may be there the
    /// next time.
    pub(super) fn is_of_a_source(&self) -> bool {
        let (Self::DoesNotCompile { error } | Self::NoAdapter { missing: error }) = self;
        !OF_THE_SYSTEM.iter().any(|words| error.contains(words))
    }
}

impl BuildRecord {
    /// Reads the record in a folder, for any build.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(FILE)).ok()?).ok()
    }

    /// Writes the record into a folder.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        fs::write(folder.join(FILE), serde_json::to_vec(self)?)
    }
}

/// Returns a hash of the files of a package's copy, its manifest, the compiler, and the variables that affect a build.
pub(super) fn fingerprint(copy: &Path, parts: &[&str], manifest: &str) -> io::Result<String> {
    let mut hasher = DefaultHasher::new();
    manifest.hash(&mut hasher);
    for part in parts {
        hash(&copy.join(part), &mut hasher)?;
    }
    let variables: BTreeMap<_, _> =
        std::env::vars_os().filter(|(name, _)| changes_builds(&name.to_string_lossy())).collect();
    variables.hash(&mut hasher);
    // Two compilers of one version may differ, if they are a user's own.
    for question in ["-vV", "--print=sysroot"] {
        let answer = system::rustc().arg(question).current_dir(copy).stdin(Stdio::null()).output();
        answer.map(|output| output.stdout).unwrap_or_default().hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// Returns the text of cargo's configuration files for a folder: those in it and above it, and the user's own.
pub(super) fn configuration(folder: &Path) -> String {
    let folders = folder.ancestors().map(|above| above.join(".cargo")).chain(system::cargo_home());
    let files = folders.flat_map(|folder| ["config", "config.toml"].map(|name| folder.join(name)));
    files.filter_map(|file| fs::read_to_string(file).ok()).collect()
}

fn changes_builds(variable: &str) -> bool {
    let starts_with = |heads: &[&str]| heads.iter().any(|head| variable.starts_with(head));
    let tool = SIDES.iter().find_map(|side| variable.strip_prefix(side)).unwrap_or(variable);
    let is_of_tool =
        |name: &&str| tool.strip_prefix(*name).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    let is_building = ALONE.contains(&variable) || TOOLS.iter().any(is_of_tool) || starts_with(&BUILDING);
    is_building && !starts_with(&WITHOUT_EFFECT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(BuildRecord::read(folder.path()), None);
        let failure = Some(KnownFailure::DoesNotCompile { error: "error[E0433]: \u{1b} no".to_owned() });
        let attempt = Attempt { defaults: true, core_only: false };
        let kept = BuildRecord { fingerprint: "1".to_owned(), seconds: 74, attempt, failure };
        kept.write(folder.path()).expect("it can be written");
        assert_eq!(BuildRecord::read(folder.path()), Some(kept));
        fs::write(folder.path().join(FILE), "{").expect("it can be written");
        assert_eq!(BuildRecord::read(folder.path()), None);
    }

    #[test]
    fn a_fingerprint_changes_with_the_files() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("src")).expect("a folder");
        fs::write(folder.path().join("src/a"), "1").expect("a file");
        let now = || fingerprint(folder.path(), &["src"], "").expect("a fingerprint");
        let before = now();
        assert_eq!(now(), before);
        fs::write(folder.path().join("src/.a.swp"), "2").expect("a file");
        assert_eq!(now(), before, "an editor has it open");
        fs::write(folder.path().join("src/a"), "2").expect("a file");
        assert_ne!(now(), before);
        assert!(fingerprint(folder.path(), &["none"], "").is_err());
    }

    #[test]
    fn variables_that_change_builds_are_recognised() {
        for variable in [
            "RUSTFLAGS",
            "RUSTC",
            "RUSTC_WRAPPER",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_BUILD_TARGET",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER",
            "CARGO_ENCODED_RUSTFLAGS",
            "CC",
            "CC_x86_64-unknown-linux-gnu",
            "HOST_CFLAGS",
            "TARGET_AR",
            "LD",
            "MEMSCOPE_BENCH_CORE_ONLY",
        ] {
            assert!(changes_builds(variable), "{variable}");
        }
        for variable in [
            "HOME",
            "HOSTNAME",
            "HOSTTYPE",
            "HOST",
            "ARCHFLAGS",
            "CCACHE_DIR",
            "LDAPTLS_CACERT",
            "RUST_LOG",
            "RUST_BACKTRACE",
            "TARGETS",
            "CARGO_TERM_COLOR",
            "MEMSCOPE_BENCH_FAULT",
        ] {
            assert!(!changes_builds(variable), "{variable}");
        }
    }

    /// Cargo sets these for what `cargo run` starts, and the same program is also started without cargo.
    #[test]
    fn what_cargo_adds_for_a_program_does_not_count() {
        for variable in [
            "CARGO",
            "CARGO_HOME",
            "CARGO_MANIFEST_DIR",
            "CARGO_MANIFEST_PATH",
            "CARGO_PKG_NAME",
            "CARGO_TARGET_TMPDIR",
            "LD_LIBRARY_PATH",
            "RUSTUP_HOME",
            "RUSTUP_TOOLCHAIN",
            "RUSTUP_TOOLCHAIN_SOURCE",
            "RUST_RECURSION_COUNT",
        ] {
            assert!(!changes_builds(variable), "{variable}");
        }
    }
}
