//! Finding a subject: it is there, and it is memscope-rs.

use crate::builds::{Commit, Named, NoSubject, PACKAGE, Repository, list};
use crate::platform::system;
use crate::tracking::memscope::versions::is_memscope;
use chrono::{DateTime, Utc};
use semver::Version;
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Once;
use toml_edit::DocumentMut;

/// A subject that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What reports call it.
    pub name: String,
    /// What it is about: a commit's subject line.
    pub about: Option<String>,
    /// The name of its folder in the workshop: what is built in it is built for this subject alone.
    pub key: String,
    /// Where its sources are.
    pub source: Source,
}

/// Where a subject's sources are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
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

impl Named {
    /// Finds the subject.
    ///
    /// # Errors
    /// If it is not there, or is not memscope-rs.
    pub fn find(&self) -> Result<Found, NoSubject> {
        let name = self.to_string();
        match self {
            Self::Published(version) => {
                check_published(version)?;
                Ok(Found { key: name.clone(), name, about: None, source: Source::Published(version.clone()) })
            }
            Self::Folder(folder) => {
                let manifest = fs::read_to_string(folder.join("Cargo.toml"));
                let manifest = manifest.map_err(|error| another(&name, format!("its Cargo.toml: {error}")))?;
                check_package(&name, &manifest)?;
                let folder = absolute(folder);
                let key = format!("folder-{}", short_hash(&folder));
                Ok(Found { key, name, about: None, source: Source::Folder(folder) })
            }
            Self::Revision(folder, revision) => {
                let repository = Repository::at(folder)?;
                let commit = repository.commit(revision)?;
                repository.check_files(std::slice::from_ref(&commit))?;
                let manifest = repository.file(&commit.hash, "Cargo.toml").ok_or_else(|| {
                    let path = repository.prefix().join("Cargo.toml");
                    another(&name, format!("commit {} has no file {}", commit.short(), path.display()))
                })?;
                check_package(&name, &manifest)?;
                Ok(Found { name, ..Found::commit(folder, &commit) })
            }
        }
    }
}

impl Found {
    /// A commit of a repository's history, whatever is in it.
    pub fn commit(repository: &Path, commit: &Commit) -> Self {
        let Commit { hash, subject, .. } = commit;
        let repository = absolute(repository);
        Self {
            name: commit.short().to_owned(),
            about: Some(subject.clone()),
            // Earlier versions of this program kept files by another name, from which attributes had left some out.
            key: format!("commit-{}-{}-exact", &hash[..12.min(hash.len())], short_hash(&repository)),
            source: Source::Commit { repository, hash: hash.clone() },
        }
    }
}

impl Source {
    /// The version, where the source's name says it.
    pub fn version(&self) -> Option<String> {
        if let Self::Published(version) = self { Some(version.to_string()) } else { None }
    }
}

/// The published versions, as cargo's local index of crates.io lists them. It is as old as cargo's last look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Those that can be built, from the oldest.
    pub versions: Vec<Version>,
    /// Those that were withdrawn.
    pub yanked: Vec<Version>,
    /// When the index was written.
    pub written: Option<DateTime<Utc>>,
}

impl std::fmt::Display for Published {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let date = self.written.map_or("an unknown day".to_owned(), |written| written.format("%Y-%m-%d").to_string());
        let [versions, yanked] = [&self.versions, &self.yanked].map(|versions| list(versions));
        let yanked = if yanked.is_empty() { yanked } else { format!(", and as yanked {yanked}") };
        write!(
            f,
            "cargo's local index of crates.io, as of {date}, which lists {versions}{yanked}; `cargo update --dry-run` in {} \
             refreshes it",
            env!("CARGO_MANIFEST_DIR")
        )
    }
}

/// Reads all published versions from cargo's local index: cargo has looked the package up when this one was built.
///
/// # Errors
/// If there is no such index.
pub fn published() -> Result<Published, NoSubject> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let indexes = home.unwrap_or_default().join("registry/index");
    let no_index = |_| NoSubject::NoIndex(indexes.clone());
    let mut published = Published::default();
    for index in fs::read_dir(&indexes).map_err(no_index)? {
        let Ok(path) = index.map(|index| index.path().join(".cache/me/ms").join(PACKAGE)) else { continue };
        let Ok(entries) = fs::read(&path) else { continue };
        published.add(&entries);
        let written = fs::metadata(&path).and_then(|file| file.modified()).ok().map(DateTime::from);
        published.written = published.written.max(written);
    }
    if published.versions.is_empty() { Err(NoSubject::NoIndex(indexes)) } else { Ok(published) }
}

impl Published {
    /// Adds the versions in cargo's index of a package. Its entries are the lines of JSON that the registry gives, set
    /// apart by bytes of zero from what else there is. What one of several indexes has as yanked is not.
    fn add(&mut self, entries: &[u8]) {
        #[derive(serde::Deserialize)]
        struct Entry {
            vers: Version,
            #[serde(default)]
            yanked: bool,
        }
        let entries = entries.split(|&byte| byte == 0).filter_map(|entry| serde_json::from_slice::<Entry>(entry).ok());
        for entry in entries {
            let list = if entry.yanked { &mut self.yanked } else { &mut self.versions };
            list.push(entry.vers);
        }
        for list in [&mut self.versions, &mut self.yanked] {
            list.sort();
            list.dedup();
        }
        let Self { versions, yanked, .. } = self;
        yanked.retain(|version| !versions.contains(version));
    }
}

/// Checks that a version can be had from crates.io. One that the local index does not have may be newer than the index is,
/// so that cargo looks again.
fn check_published(version: &Version) -> Result<(), NoSubject> {
    let has = |versions: &[Version]| versions.iter().any(|known| known.cmp_precedence(version).is_eq());
    // Without an index cargo decides when it builds.
    let Ok(mut known) = published() else { return Ok(()) };
    if !has(&known.versions) {
        refresh_index();
        known = published()?;
    }
    match () {
        () if has(&known.versions) => Ok(()),
        () if has(&known.yanked) => Err(NoSubject::Yanked { version: version.clone(), others: known.versions }),
        () => Err(NoSubject::NotInIndex { version: version.clone(), known }),
    }
}

/// Has cargo look at crates.io, once in a run. That changes nothing except cargo's own index; where cargo or the network is
/// not there, nothing at all.
fn refresh_index() {
    static REFRESHED: Once = Once::new();
    REFRESHED.call_once(|| {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let mut cargo = system::cargo();
        cargo.args(["update", "--dry-run", "--quiet", "--package", PACKAGE, "--manifest-path"]).arg(manifest);
        let _ = cargo.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    });
}

fn another(name: &str, why: String) -> NoSubject {
    NoSubject::AnotherPackage { name: name.to_owned(), why }
}

fn check_package(name: &str, manifest: &str) -> Result<(), NoSubject> {
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

/// Tells folders apart. It need not be the same on another machine.
fn short_hash(folder: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    folder.hash(&mut hasher);
    format!("{:08x}", hasher.finish() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_an_index() {
        let entries = b"\x03\x02\x00\x00\x00etag\x000.1.0\x00{\"vers\":\"0.1.0\",\"yanked\":false}\x000.1.1\x00{\"vers\":\"0.1.1\",\"yanked\":true}\x00";
        let mut published = Published::default();
        published.add(b"nothing");
        assert_eq!(published, Published::default());
        published.add(entries);
        assert_eq!(published.versions, [Version::new(0, 1, 0)]);
        assert_eq!(published.yanked, [Version::new(0, 1, 1)]);
        published.written = "2026-01-02T03:04:05Z".parse().ok();
        let told = published.to_string();
        assert!(
            told.contains("as of 2026-01-02, which lists 0.1.0, and as yanked 0.1.1; `cargo update --dry-run` in "),
            "{told}"
        );
        // Another index, which was written later or earlier.
        published.add(b"\0{\"vers\":\"0.1.1\"}\0");
        assert_eq!(published.versions, [Version::new(0, 1, 0), Version::new(0, 1, 1)]);
        assert_eq!(published.yanked, []);
    }

    #[test]
    fn a_folder_is_memscope_or_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let find = || Named::Folder(folder.path().to_owned()).find();
        let refusal = |result: Result<Found, NoSubject>| result.expect_err("refused").to_string();
        assert!(refusal(find()).contains("holds no memscope-rs"));

        let manifest = folder.path().join("Cargo.toml");
        fs::write(&manifest, "[package]\nname = \"other\"\n").expect("a manifest");
        assert!(refusal(find()).contains("its Cargo.toml is that of other"));
        fs::write(&manifest, "[package]\nname = \"memscope-rs\"\n").expect("a manifest");
        assert!(matches!(find().expect("found").source, Source::Folder(_)));
    }
}
