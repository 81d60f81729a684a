//! Builds of memscope.
//!
//! A user names a build as a published version, a folder, or a revision of a git repository ([`BuildSpec`]). Its
//! sources are found before anything is compiled ([`ResolvedBuild`]). The [`BuildCache`] then makes a copy of this
//! package that depends on it and compiles the copy. The outcome is a [`BuiltProgram`], or a [`BuildError`] that a
//! report stores as [`NotBuilt`](outcome::NotBuilt). If the program has workloads of another crate, that crate's bench
//! is compiled with the copy ([`own`]).

mod attempts;
mod cache;
pub(crate) mod cargo;
mod content;
mod copy;
mod error;
mod export;
mod flags;
mod history;
mod index;
pub(crate) mod layout;
mod links;
mod names;
pub mod outcome;
pub(crate) mod own;
mod package;
mod record;
pub(crate) mod recorder;
mod repository;
mod resolve;
mod sources;
mod spec;
mod suspects;
mod tracker;

pub(crate) use cache::{BuildCache, BuiltProgram};
pub(crate) use error::{BuildError, NotText};
pub(crate) use history::History;
pub(crate) use index::published;
pub(crate) use names::shorten;
pub(crate) use package::{build_seconds, crates};
pub(crate) use repository::{Parents, Range, Repository};
pub(crate) use resolve::{ResolveError, ResolvedBuild, Source, check_commit};
pub(crate) use spec::BuildSpec;
pub(crate) use suspects::Suspects;
pub(crate) use tracker::{BuiltTracker, TrackerError};

pub(crate) use crate::tracking::memscope::versions::{PACKAGE, is_memscope};

/// Returns a path as text, for a manifest.
///
/// # Errors
/// If it is not UTF-8.
fn path_text(path: &std::path::Path) -> Result<&str, NotText> {
    path.to_str().ok_or_else(|| NotText(path.to_owned()))
}

/// Returns a commit with these parents, for tests.
#[cfg(test)]
fn commit(hash: &str, parents: &[&str]) -> crate::platform::git::Commit {
    crate::platform::git::Commit {
        hash: hash.to_owned(),
        parents: parents.iter().map(|&parent| parent.to_owned()).collect(),
        date: chrono::DateTime::UNIX_EPOCH,
        subject: String::new(),
    }
}
