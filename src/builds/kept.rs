//! The outcome of a build, kept beside it: a source that does not compile is not compiled again until something changes
//! that it depends on.

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

/// The beginnings of variables that change what cargo and the compilers do.
const BUILDING: [&str; 12] = [
    "AR",
    "CARGO",
    "CC",
    "CFLAGS",
    "CXX",
    "HOST",
    "LD",
    "LIBRARY_PATH",
    "MEMSCOPE_BENCH_CORE",
    "PKG_CONFIG",
    "RUST",
    "TARGET",
];
/// The beginnings of variables that cargo sets for the programs that it starts: they change nothing.
const OF_CARGO_ITSELF: [&str; 6] =
    ["CARGO_BIN", "CARGO_CRATE", "CARGO_MANIFEST", "CARGO_PKG", "CARGO_PRIMARY", "CARGO_TARGET_TMPDIR"];

/// The outcome of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// A number for what it was built from and with.
    pub fingerprint: String,
    /// The time it took, in seconds.
    pub seconds: u64,
    /// How it was built in the end.
    #[serde(default)]
    pub attempt: Attempt,
    /// The reason why there is no program; `None` if there is one.
    pub failure: Option<Why>,
}

/// A way to build a subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// With memscope's default features, except the one that installs an allocator.
    pub defaults: bool,
    /// With the part of the adapter alone that a measurement of cost needs.
    pub core_only: bool,
}

/// The reason why there is no program, as far as only a change can mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum Why {
    /// memscope does not compile, or something that it needs.
    DoesNotCompile {
        /// The first error.
        error: String,
    },
    /// memscope compiles, and its API is none that is known.
    NoAdapter {
        /// The missing items.
        missing: String,
    },
}

impl Kept {
    /// Reads the outcome of the build in a folder, whatever it was built from.
    pub fn in_folder(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(FILE)).ok()?).ok()
    }

    /// Keeps the outcome.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&self, folder: &Path) -> io::Result<()> {
        fs::write(folder.join(FILE), serde_json::to_vec(self)?)
    }
}

/// Returns a number for the files of a package's copy and its manifest, and for the compiler and the variables that it is built with.
pub fn fingerprint(copy: &Path, parts: &[&str], manifest: &str) -> io::Result<String> {
    let mut hasher = DefaultHasher::new();
    manifest.hash(&mut hasher);
    for part in parts {
        hash(&copy.join(part), &mut hasher)?;
    }
    let variables: BTreeMap<_, _> =
        std::env::vars_os().filter(|(name, _)| changes_builds(&name.to_string_lossy())).collect();
    variables.hash(&mut hasher);
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = system::program(&rustc).arg("-vV").current_dir(copy).stdin(Stdio::null()).output();
    version.map(|output| output.stdout).unwrap_or_default().hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}

fn changes_builds(variable: &str) -> bool {
    BUILDING.iter().any(|head| variable.starts_with(head))
        && !OF_CARGO_ITSELF.iter().any(|head| variable.starts_with(head))
}

fn hash(path: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    if !path.is_dir() {
        fs::read(path)?.hash(hasher);
        return Ok(());
    }
    let mut entries = fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        entry.file_name().hash(hasher);
        hash(&entry.path(), hasher)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_kept_for_what_it_was_built_from() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(Kept::in_folder(folder.path()), None);
        let failure = Some(Why::DoesNotCompile { error: "error[E0433]: \u{1b} no".to_owned() });
        let attempt = Attempt { defaults: true, core_only: false };
        let kept = Kept { fingerprint: "1".to_owned(), seconds: 74, attempt, failure };
        kept.keep(folder.path()).expect("it can be written");
        assert_eq!(Kept::in_folder(folder.path()), Some(kept));
        fs::write(folder.path().join(FILE), "{").expect("it can be written");
        assert_eq!(Kept::in_folder(folder.path()), None);
    }

    #[test]
    fn a_fingerprint_changes_with_the_files() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("src")).expect("a folder");
        fs::write(folder.path().join("src/a"), "1").expect("a file");
        let now = || fingerprint(folder.path(), &["src"], "").expect("a fingerprint");
        let before = now();
        assert_eq!(now(), before);
        fs::write(folder.path().join("src/a"), "2").expect("a file");
        assert_ne!(now(), before);
        assert!(fingerprint(folder.path(), &["none"], "").is_err());
    }

    #[test]
    fn variables_count_that_change_builds() {
        for variable in ["RUSTFLAGS", "RUSTUP_TOOLCHAIN", "CARGO_PROFILE_RELEASE_LTO", "CARGO_BUILD_TARGET", "CC"] {
            assert!(changes_builds(variable), "{variable}");
        }
        for variable in ["HOME", "CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "CARGO_TARGET_TMPDIR", "MEMSCOPE_BENCH_FAULT"]
        {
            assert!(!changes_builds(variable), "{variable}");
        }
    }
}
