//! Finds a build's sources before anything is compiled, so that a typing error is reported in a second instead of an
//! hour.

use crate::builds::index::{Published, check_published, list};
use crate::builds::{BuildSpec, NotText, PACKAGE, Repository, is_memscope, path_text};
use crate::platform::git::{Commit, GitError};
use semver::Version;
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use toml_edit::DocumentMut;

/// A build whose sources were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResolvedBuild {
    /// Its name in reports.
    pub name: String,
    /// A description: a commit's subject line.
    pub about: Option<String>,
    /// The unique name of its folder in the build cache.
    pub key: String,
    /// The location of its sources.
    pub source: Source,
    /// The full hash of the commit that the sources are from, with `-dirty` after it if they differ from it.
    pub commit: Option<String>,
}

/// The location of a build's sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// On crates.io, as this version.
    Published(Version),
    /// In this folder.
    Folder(PathBuf),
    /// In this git repository, as this commit.
    Commit {
        /// The repository's folder.
        repository: PathBuf,
        /// The commit's full hash.
        hash: String,
    },
}

impl BuildSpec {
    /// Finds the build's sources.
    ///
    /// # Errors
    /// If there are none, or they belong to another package.
    pub(crate) fn resolve(&self) -> Result<ResolvedBuild, ResolveError> {
        let name = self.to_string();
        match self {
            Self::Published(version) => {
                check_published(version)?;
                let source = Source::Published(version.clone());
                Ok(ResolvedBuild { key: name.clone(), name, about: None, source, commit: None })
            }
            Self::Folder(folder) => {
                let manifest = fs::read_to_string(folder.join("Cargo.toml"));
                let manifest = manifest.map_err(|error| another(&name, format!("its Cargo.toml: {error}")))?;
                check_package(&name, &manifest)?;
                let folder = absolute(folder);
                path_text(&folder)?;
                let key = format!("folder-{}", short_hash(&folder));
                let commit = Repository::state(&folder);
                Ok(ResolvedBuild { key, name, about: None, source: Source::Folder(folder), commit })
            }
            Self::Revision(folder, revision) => {
                let repository = Repository::at(folder)?;
                let commit = repository.commit(revision)?;
                repository.check_files(std::slice::from_ref(&commit))?;
                check_commit(&name, &repository, &commit)?;
                Ok(ResolvedBuild { name, ..ResolvedBuild::commit(folder, &commit) })
            }
        }
    }
}

impl ResolvedBuild {
    /// Returns the build of a commit, without checking its content.
    pub(crate) fn commit(repository: &Path, commit: &Commit) -> Self {
        let Commit { hash, subject, .. } = commit;
        let repository = absolute(repository);
        Self {
            name: commit.short().to_owned(),
            about: Some(subject.clone()),
            // Earlier versions of this program stored files under another name, and git attributes had excluded some.
            key: format!("commit-{}-{}-exact", &hash[..12.min(hash.len())], short_hash(&repository)),
            source: Source::Commit { repository, hash: hash.clone() },
            commit: Some(hash.clone()),
        }
    }

    /// Returns the part of a version that names this build. A version's build metadata has letters, digits, hyphens and
    /// dots.
    pub(crate) fn stamp(&self) -> String {
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '.';
        self.key.chars().map(|letter| if allowed(letter) { letter } else { '-' }).collect()
    }
}

/// An error in finding a build's sources.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The text names no build.
    #[error(
        "'{0}' is not a build: name a published version (0.2.5), a folder with memscope-rs (../memscope-rs), or a \
         revision of its repository (../memscope-rs@v0.2.4)"
    )]
    NotASpec(String),
    /// The version is not in the local index of crates.io.
    #[error("{PACKAGE} {version} is not in {known}")]
    NotInIndex {
        /// The version.
        version: Version,
        /// The local index.
        known: Box<Published>,
    },
    /// The version was withdrawn.
    #[error("{PACKAGE} {version} was yanked from crates.io, so cargo does not build it; choose from {}", list(others))]
    Yanked {
        /// The version.
        version: Version,
        /// The versions that were not withdrawn.
        others: Vec<Version>,
    },
    /// The version lacks a feature.
    #[error("{PACKAGE} {version} has no feature '{feature}': it has {}", listed(others))]
    NoFeature {
        /// The version.
        version: Version,
        /// The feature.
        feature: String,
        /// The features that it has.
        others: Vec<String>,
    },
    /// The path of a folder that a generated manifest must name.
    #[error(transparent)]
    NotText(#[from] NotText),
    /// There is no list of published versions.
    #[error(
        "cargo's index in {} has no {PACKAGE}, so its published versions are unknown: name them, or run `cargo update \
         --dry-run` first", .0.display()
    )]
    NoIndex(PathBuf),
    /// The folder or revision does not contain the package.
    #[error("{name} contains no {PACKAGE}: {why}")]
    AnotherPackage {
        /// The user's name for the build.
        name: String,
        /// The reason.
        why: String,
    },
    /// The same build is named twice.
    #[error("{0} is named twice: name each build once")]
    Twice(String),
    /// An error of git.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Joins the names of features with commas.
fn listed(features: &[String]) -> String {
    if features.is_empty() { "none".to_owned() } else { features.join(", ") }
}

fn another(name: &str, why: String) -> ResolveError {
    ResolveError::AnotherPackage { name: name.to_owned(), why }
}

/// Checks that the named folder of a commit contains the package. `name` is the commit's name in the error.
///
/// # Errors
/// If it contains another one, or none.
pub(crate) fn check_commit(name: &str, repository: &Repository, commit: &Commit) -> Result<(), ResolveError> {
    let manifest = repository.file(commit, "Cargo.toml").ok_or_else(|| {
        let path = repository.prefix().join("Cargo.toml");
        another(name, format!("commit {} has no file {}", commit.short(), path.display()))
    })?;
    check_package(name, &manifest)
}

fn check_package(name: &str, manifest: &str) -> Result<(), ResolveError> {
    let manifest: DocumentMut =
        manifest.parse().map_err(|error| another(name, format!("its Cargo.toml cannot be read: {error}")))?;
    match manifest.get("package").and_then(|package| package.get("name")).and_then(|name| name.as_str()) {
        Some(name) if is_memscope(name) => Ok(()),
        Some(other) => Err(another(name, format!("its Cargo.toml is that of {other}"))),
        None => Err(another(name, "its Cargo.toml names no package: name the package's own folder".to_owned())),
    }
}

fn absolute(folder: &Path) -> PathBuf {
    fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned())
}

/// Returns a hash that distinguishes folders. It may differ on another machine.
pub(super) fn short_hash(folder: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    folder.hash(&mut hasher);
    format!("{:08x}", hasher.finish() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_memscope_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let resolve = || BuildSpec::Folder(folder.path().to_owned()).resolve();
        let refusal = |result: Result<ResolvedBuild, ResolveError>| result.expect_err("refused").to_string();
        assert!(refusal(resolve()).contains("contains no memscope-rs"));

        let manifest = folder.path().join("Cargo.toml");
        fs::write(&manifest, "[package]\nname = \"other\"\n").expect("a manifest");
        assert!(refusal(resolve()).contains("its Cargo.toml is that of other"));
        fs::write(&manifest, "[package]\nname = \"memscope-rs\"\n").expect("a manifest");
        assert!(matches!(resolve().expect("found").source, Source::Folder(_)));
    }
}
