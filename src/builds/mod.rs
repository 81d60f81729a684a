//! Subjects: the builds of memscope that are compared with each other.
//!
//! A user names a subject as a published version, a folder, or a revision of a git repository ([`Named`]). It is looked at
//! before anything is built ([`Named::find`]), so that a typing mistake costs a second and not an hour. The
//! [`Workshop`] then makes a copy of this package that depends on it, and builds that.

mod cache;
pub mod cargo;
mod export;
mod find;
mod git;
mod kept;
pub mod layout;
pub mod outcome;
mod topology;

pub use cache::{BuildFailure, Program, Workshop, stamp};
pub use find::{Found, Published, Source, published};
pub use git::{Commit, GitError, Parents, Range, Repository};
pub use topology::{History, Suspects};

use semver::Version;
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use crate::tracking::memscope::versions::PACKAGE;

/// A subject as a user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// A version on crates.io: `0.2.5`.
    Published(Version),
    /// A folder with the package's sources: `../memscope-rs`.
    Folder(PathBuf),
    /// A revision of a local git repository: `../memscope-rs@v0.2.4`.
    Revision(PathBuf, String),
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Published(version) => write!(f, "{version}"),
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::Revision(repository, revision) => write!(f, "{}@{revision}", repository.display()),
        }
    }
}

impl FromStr for Named {
    type Err = NoSubject;

    fn from_str(text: &str) -> Result<Self, NoSubject> {
        if let Ok(version) = text.parse() {
            return Ok(Self::Published(version));
        }
        if PathBuf::from(text).is_dir() {
            return Ok(Self::Folder(text.into()));
        }
        // A path may have an @ in it, and a revision too (`HEAD@{1}`): the longest folder that is there ends the path.
        let splits = text.rmatch_indices('@').map(|(place, _)| (&text[..place], &text[place + 1..]));
        match splits.filter(|(_, revision)| !revision.is_empty()).find(|(folder, _)| Path::new(folder).is_dir()) {
            Some((folder, revision)) => Ok(Self::Revision(folder.into(), revision.to_owned())),
            None => Err(NoSubject::Unreadable(text.to_owned())),
        }
    }
}

/// Why there is no such subject.
#[derive(Debug, thiserror::Error)]
pub enum NoSubject {
    /// The text means none.
    #[error(
        "'{0}' is no subject: name a published version (0.2.5), a folder with memscope-rs (../memscope-rs), or a revision of \
         its repository (../memscope-rs@v0.2.4)"
    )]
    Unreadable(String),
    /// A version that is not known here to be on crates.io.
    #[error("{PACKAGE} {version} is not in {known}")]
    NotInIndex {
        /// The version.
        version: Version,
        /// What is known here.
        known: Published,
    },
    /// A version that was withdrawn.
    #[error(
        "{PACKAGE} {version} was yanked from crates.io, so that cargo does not build it; not yanked are {}",
        list(others)
    )]
    Yanked {
        /// The version.
        version: Version,
        /// The versions that were not withdrawn.
        others: Vec<Version>,
    },
    /// The list of published versions could not be had.
    #[error(
        "cargo's index in {} has no {PACKAGE}, so that its published versions are not known here: name them, or run \
         `cargo update --dry-run` first", .0.display()
    )]
    NoIndex(PathBuf),
    /// A folder or revision without the package.
    #[error("{name} holds no {PACKAGE}: {why}")]
    AnotherPackage {
        /// What was named.
        name: String,
        /// What is there instead.
        why: String,
    },
    /// The same subject twice.
    #[error("{0} is named twice")]
    Twice(String),
    /// What git said.
    #[error(transparent)]
    Git(#[from] GitError),
}

fn list(versions: &[Version]) -> String {
    versions.iter().map(Version::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_told_apart_by_their_form() {
        let here = env!("CARGO_MANIFEST_DIR");
        assert_eq!("0.2.5".parse::<Named>().expect("a version"), Named::Published(Version::new(0, 2, 5)));
        assert_eq!(here.parse::<Named>().expect("a folder"), Named::Folder(here.into()));
        let revision = format!("{here}@v1").parse::<Named>().expect("a revision");
        assert_eq!(revision, Named::Revision(here.into(), "v1".to_owned()));
        assert_eq!(revision.to_string(), format!("{here}@v1"));
        for none in ["", "0.2", "no/such/folder", "no/such/folder@v1", &format!("{here}@")] {
            let refusal = none.parse::<Named>().expect_err("no subject").to_string();
            assert!(refusal.contains(&format!("'{none}' is no subject")), "{refusal}");
        }
    }
}
