//! What is asked of git: revisions, ranges, and the files of a revision. The user's clone is only read.

use crate::git;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// A git repository that was found.
#[derive(Clone, Debug)]
pub struct Repository {
    folder: PathBuf,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its full hash.
    pub hash: String,
    /// Its subject line.
    pub subject: String,
}

impl Repository {
    /// The repository that a folder is in.
    ///
    /// # Errors
    /// If it is in none, or there is no git.
    pub fn at(folder: &Path) -> Result<Self, GitError> {
        let repository = Self { folder: folder.to_owned() };
        repository.ask(&["rev-parse", "--git-dir"]).map_err(|error| match error {
            GitError::Refused { .. } => GitError::NoRepository(folder.to_owned()),
            other => other,
        })?;
        Ok(repository)
    }

    /// The commit that a revision names.
    ///
    /// # Errors
    /// If it names none.
    pub fn commit(&self, revision: &str) -> Result<Commit, GitError> {
        let unknown = |_| GitError::UnknownRevision { repository: self.folder.clone(), revision: revision.to_owned() };
        let name = format!("{revision}^{{commit}}");
        self.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &name]).map_err(unknown)?;
        let said = self.ask(&["log", "-1", "--format=%H %s", &name])?;
        Ok(commit_of(said.trim_end()))
    }

    /// The commits of a range, the oldest first: along the first parents, as a branch's own history is read.
    ///
    /// # Errors
    /// If it is no range, or there is none in it.
    pub fn range(&self, range: &str) -> Result<Vec<Commit>, GitError> {
        let unknown = |_| GitError::UnknownRevision { repository: self.folder.clone(), revision: range.to_owned() };
        let said = self
            .ask(&["log", "--first-parent", "--reverse", "--format=%H %s", "--end-of-options", range, "--"])
            .map_err(unknown)?;
        let commits: Vec<Commit> = said.lines().map(commit_of).collect();
        if commits.is_empty() {
            return Err(GitError::EmptyRange { repository: self.folder.clone(), range: range.to_owned() });
        }
        Ok(commits)
    }

    /// Sees that nothing is changed and not committed: it would not be measured, and a reader would think that it was.
    ///
    /// # Errors
    /// If something is.
    pub fn check_clean(&self) -> Result<(), GitError> {
        let said = self.ask(&["status", "--porcelain", "--untracked-files=no"])?;
        match said.lines().next() {
            None => Ok(()),
            Some(first) => Err(GitError::Dirty { repository: self.folder.clone(), first: first.trim().to_owned() }),
        }
    }

    /// A file as it is in a commit; `None` if the commit has none of that name.
    pub fn file(&self, commit: &str, path: &str) -> Option<String> {
        self.ask(&["show", &format!("{commit}:{path}")]).ok()
    }

    /// Puts the files of a commit into a folder, which is made.
    ///
    /// # Errors
    /// If they cannot be had or written.
    pub fn export(&self, commit: &str, folder: &Path) -> Result<(), GitError> {
        let failed = |source| GitError::Unwritable { folder: folder.to_owned(), source };
        let mut git = git::command(&self.folder);
        git.args(["archive", "--format=tar", commit]).stdout(Stdio::piped());
        let mut child = git.spawn().map_err(GitError::NoGit)?;
        let archive = child.stdout.take().expect("it is piped");
        fs::create_dir_all(folder).map_err(failed)?;
        let mut archive = tar::Archive::new(archive);
        archive.unpack(folder).map_err(failed)?;
        // What follows the last file is of no use; but git is not to find the pipe closed.
        io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(failed)?;
        let ended = child.wait().map_err(failed)?;
        if ended.success() { Ok(()) } else { Err(failed(io::Error::other(format!("git archive ended with {ended}")))) }
    }

    fn ask(&self, arguments: &[&str]) -> Result<String, GitError> {
        let output = git::command(&self.folder).args(arguments).output().map_err(GitError::NoGit)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(GitError::Refused { command: arguments.join(" "), said: git::complaint(&output) })
    }
}

/// A commit as `%H %s` tells it.
fn commit_of(line: &str) -> Commit {
    let (hash, subject) = line.split_once(' ').unwrap_or((line, ""));
    Commit { hash: hash.to_owned(), subject: subject.to_owned() }
}

/// What git could not do.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no git.
    #[error("git cannot be started: {0}")]
    NoGit(io::Error),
    /// A folder is in no repository.
    #[error("{} is not in a git repository", .0.display())]
    NoRepository(PathBuf),
    /// A name that means no commit.
    #[error("{} has no revision '{revision}'", repository.display())]
    UnknownRevision {
        /// The repository.
        repository: PathBuf,
        /// The name.
        revision: String,
    },
    /// A range without commits.
    #[error("the range '{range}' of {} is empty", repository.display())]
    EmptyRange {
        /// The repository.
        repository: PathBuf,
        /// The range.
        range: String,
    },
    /// Changes that are not committed.
    #[error(
        "{} has changes that are not committed ({first}), which would not be measured: commit or stash them, or compare the \
         folder itself", repository.display()
    )]
    Dirty {
        /// The repository.
        repository: PathBuf,
        /// The first of them, as `git status` tells it.
        first: String,
    },
    /// Files that could not be written.
    #[error("cannot put a revision into {}: {source}", folder.display())]
    Unwritable {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something else that git refused.
    #[error("git {command}: {said}")]
    Refused {
        /// What it was asked.
        command: String,
        /// What it said.
        said: String,
    },
}
