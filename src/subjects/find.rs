//! Finding a subject: it is there, and it is memscope-rs.

use super::{Commit, Named, NoSubject, PACKAGE, Repository};
use semver::Version;
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
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
                // Without an index cargo will say whether there is such a version.
                if let Ok(known) = published()
                    && !known.contains(version)
                {
                    return Err(NoSubject::NeverPublished { version: version.clone(), known });
                }
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

/// All versions that were published, from the oldest, as cargo's local index of crates.io has them: cargo has looked the
/// package up when this one was built.
///
/// # Errors
/// If there is no such index.
pub fn published() -> Result<Vec<Version>, NoSubject> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let indexes = home.unwrap_or_default().join("registry/index");
    let no_index = |_| NoSubject::NoIndex(indexes.clone());
    let mut versions: Vec<Version> = fs::read_dir(&indexes)
        .map_err(no_index)?
        .filter_map(|index| fs::read(index.ok()?.path().join(".cache/me/ms").join(PACKAGE)).ok())
        .flat_map(|entries| usable(&entries))
        .collect();
    versions.sort();
    versions.dedup();
    if versions.is_empty() { Err(NoSubject::NoIndex(indexes)) } else { Ok(versions) }
}

/// The versions in cargo's index of a package that were not withdrawn. Its entries are the lines of JSON that the registry
/// gives, set apart by bytes of zero from what else there is.
fn usable(entries: &[u8]) -> Vec<Version> {
    #[derive(serde::Deserialize)]
    struct Entry {
        vers: Version,
        #[serde(default)]
        yanked: bool,
    }
    let entries = entries.split(|&byte| byte == 0).filter_map(|entry| serde_json::from_slice::<Entry>(entry).ok());
    entries.filter(|entry| !entry.yanked).map(|entry| entry.vers).collect()
}

fn another(name: &str, why: String) -> NoSubject {
    NoSubject::AnotherPackage { name: name.to_owned(), why }
}

fn check_package(name: &str, manifest: &str) -> Result<(), NoSubject> {
    let manifest: DocumentMut =
        manifest.parse().map_err(|error| another(name, format!("its Cargo.toml cannot be read: {error}")))?;
    match manifest.get("package").and_then(|package| package.get("name")).and_then(|name| name.as_str()) {
        Some(PACKAGE) => Ok(()),
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
        assert_eq!(usable(entries), [Version::new(0, 1, 0)]);
        assert_eq!(usable(b"nothing"), []);
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
