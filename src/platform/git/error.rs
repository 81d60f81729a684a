//! The errors of git.

use crate::platform::git::complaint;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Output;

/// An error of git, or a repository that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// Git is not installed.
    #[error("cannot run git: {0}")]
    NoGit(io::Error),
    /// A folder outside of any repository.
    #[error("{} is not in a git repository", .0.display())]
    NoRepository(PathBuf),
    /// A repository that git does not read, for example because another user owns it.
    #[error("git cannot read {}: {complaint}", folder.display())]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// Git's message.
        complaint: String,
    },
    /// A name that is not a commit.
    #[error("{} has no revision '{revision}'{why}", repository.display())]
    UnknownRevision {
        /// The repository.
        repository: PathBuf,
        /// The name.
        revision: String,
        /// Git's reason, if it gave one.
        why: String,
    },
    /// A range without commits.
    #[error("the range '{range}' of {} is empty{why}", repository.display())]
    EmptyRange {
        /// The repository.
        repository: PathBuf,
        /// The range.
        range: String,
        /// The relation of its two ends, if that is the reason.
        why: String,
    },
    /// A range with several ends, or none.
    #[error(
        "the range '{range}' of {} has {} ends ({}), but a history has one: A..B is everything in B and not in A",
        repository.display(), ends.len(), ends.join(", ")
    )]
    NotOneEnd {
        /// The repository.
        repository: PathBuf,
        /// The range.
        range: String,
        /// The abbreviated hashes of the ends.
        ends: Vec<String>,
    },
    /// A history that is cut off.
    #[error(
        "{} is a shallow clone, whose history ends within these commits: `git fetch --unshallow` fetches the rest",
        .0.display()
    )]
    Shallow(PathBuf),
    /// A clone without all files.
    #[error(
        "{} is a partial clone and lacks files of these commits: `git fetch --refetch --no-filter` fetches them, or \
         `git clone` without --filter", .0.display()
    )]
    Partial(PathBuf),
    /// An object that is missing or damaged.
    #[error("{} lacks the object {object}, or it is damaged: `git fsck` reports more", repository.display())]
    MissingObject {
        /// The repository.
        repository: PathBuf,
        /// The object's hash.
        object: String,
    },
    /// A folder that a commit does not contain, for example a submodule that was not checked out.
    #[error(
        "{} is not a folder of commit {commit} in its repository: if it is a submodule, `git submodule update --init` \
         fetches it",
        folder.display()
    )]
    NoFolder {
        /// The folder.
        folder: PathBuf,
        /// The commit's abbreviated hash.
        commit: String,
    },
    /// A file that no commit contains.
    #[error("{} was never committed in {}", file.display(), repository.display())]
    NeverCommitted {
        /// The file.
        file: PathBuf,
        /// The repository.
        repository: PathBuf,
    },
    /// An absolute path, which cannot name a file of a commit.
    #[error("{} is an absolute path; give the path within the repository", .0.display())]
    Absolute(PathBuf),
    /// One commit that was named twice.
    #[error("the good and the bad commit are the same, {0}")]
    Same(String),
    /// A bad commit that is an ancestor of the good one.
    #[error(
        "the good commit, {good}, is not an ancestor of the bad one, {bad}: their merge base is {bad} itself; are good \
         and bad swapped?"
    )]
    Swapped {
        /// The good commit.
        good: String,
        /// The bad one.
        bad: String,
    },
    /// Commits without a common ancestor.
    #[error("the good commit, {good}, is not an ancestor of the bad one, {bad}, and they have no merge base")]
    Unrelated {
        /// The good commit.
        good: String,
        /// The bad one.
        bad: String,
    },
    /// Uncommitted changes.
    #[error(
        "{} has uncommitted changes ({first}), which would not be measured: commit or stash them, or compare the \
         folder itself", repository.display()
    )]
    Dirty {
        /// The repository.
        repository: PathBuf,
        /// The first of them, in the form of `git status`.
        first: String,
    },
    /// Files that could not be written.
    #[error("cannot put a revision into {}: {source}", folder.display())]
    Unwritable {
        /// The folder.
        folder: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// Any other refusal.
    #[error("git {command}: {complaint}")]
    Refused {
        /// Git's arguments.
        command: String,
        /// Git's message.
        complaint: String,
    },
}

impl GitError {
    /// Returns the error of a command that git refused.
    pub fn refused<A: AsRef<OsStr>>(arguments: &[A], output: &Output) -> Self {
        let words: Vec<_> = arguments.iter().map(|argument| argument.as_ref().to_string_lossy()).collect();
        Self::Refused { command: words.join(" "), complaint: complaint(output) }
    }

    /// Names the folder instead of git's arguments in a refusal.
    #[must_use]
    pub fn of_folder(self, folder: &Path) -> Self {
        match self {
            Self::Refused { complaint, .. } => Self::Unreadable { folder: folder.to_owned(), complaint },
            other => other,
        }
    }
}
