//! Asks git for revisions, ranges, and the files of a revision. The user's clone is only read.
//!
//! git itself reads every name of a revision and every range, so that they mean here what they mean to `git log`.

use crate::platform::git;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::Output;

/// A git repository that was found.
#[derive(Clone, Debug)]
pub struct Repository {
    pub(super) folder: PathBuf,
    /// The place of the folder within the repository's files; empty at their root.
    pub(super) prefix: PathBuf,
    /// Whether the folder lies in a work tree: a bare repository has none.
    has_work_tree: bool,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its full hash.
    pub hash: String,
    /// Its subject line.
    pub subject: String,
    /// The full hashes of its parents, the first one first.
    pub parents: Vec<String>,
}

/// A range of commits: what is in the history of its end, and of none of its starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// How the user wrote it.
    text: String,
    /// The hash of the last commit.
    pub(super) end: String,
    /// The hashes of the commits that it stops at.
    pub(super) starts: Vec<String>,
}

/// Which parents of a merge are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parents {
    /// The first one alone: a branch's own history.
    First,
    /// All of them, so that the commits of merged branches are there too.
    All,
}

/// How git writes a commit: the fields of [`Commit`], each ended by a zero, which no field can hold.
const COMMIT: [&str; 3] = ["-z", "--encoding=UTF-8", "--format=%H%x00%P%x00%s"];
/// How many fields those are.
const FIELDS: usize = 3;

impl Range {
    /// What is in the history of one commit and not in that of another.
    pub fn between(good: &Commit, bad: &Commit) -> Self {
        let text = format!("{}..{}", good.short(), bad.short());
        Self { text, end: bad.hash.clone(), starts: vec![good.hash.clone()] }
    }
}

impl Commit {
    /// The beginning of the hash, which names the commit in reports.
    pub fn short(&self) -> &str {
        short(&self.hash)
    }
}

/// The beginning of a hash.
pub(super) fn short(hash: &str) -> &str {
    &hash[..8.min(hash.len())]
}

impl Repository {
    /// Finds the repository that a folder is in.
    ///
    /// # Errors
    /// If it is in none, git refuses to read it, or there is no git.
    pub fn at(folder: &Path) -> Result<Self, GitError> {
        if folder.as_os_str().is_empty() {
            return Err(GitError::NoRepository(folder.to_owned()));
        }
        let mut repository = Self { folder: folder.to_owned(), prefix: PathBuf::new(), has_work_tree: false };
        let answer = repository.ask(["rev-parse", "--is-inside-work-tree", "--show-prefix"]);
        let answer = answer.map_err(|error| match error {
            GitError::Refused { said, .. } if said.ends_with("(or any of the parent directories): .git") => {
                GitError::NoRepository(folder.to_owned())
            }
            GitError::Refused { said, .. } => GitError::Unreadable { folder: folder.to_owned(), said },
            other => other,
        })?;
        let mut lines = answer.splitn(2, |&byte| byte == b'\n');
        repository.has_work_tree = lines.next() == Some(b"true");
        let prefix = lines.next().unwrap_or_default();
        let prefix = prefix.strip_suffix(b"\n").unwrap_or(prefix);
        repository.prefix = OsString::from_vec(prefix.strip_suffix(b"/").unwrap_or(prefix).to_owned()).into();
        Ok(repository)
    }

    /// The place of the named folder within the files of a commit: empty at their root.
    pub fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// Finds the commit that a revision names.
    ///
    /// # Errors
    /// If it names none.
    pub fn commit(&self, revision: &str) -> Result<Commit, GitError> {
        // No revision begins with a dash, and an option of git's is not to be taken for one.
        if revision.starts_with('-') {
            return Err(self.unknown(revision, ""));
        }
        let object = self.parse(&["--verify", revision]).map_err(|said| self.unknown(revision, &said))?;
        let [object] = object.as_slice() else { return Err(self.unknown(revision, "")) };
        let hash = self.peel(object).map_err(|said| self.unknown(revision, &said))?;
        let mut commits = self.listed(&["--no-walk", &hash])?;
        if commits.is_empty() { Err(self.unknown(revision, "")) } else { Ok(commits.remove(0)) }
    }

    /// Reads a range, in whatever way git spells one: `A..B`, `A..`, `B ^A`, `B^!`, or `B` for all that it rests on.
    ///
    /// # Errors
    /// If it is none, or ends at several commits.
    pub fn range(&self, text: &str) -> Result<Range, GitError> {
        // A date in it has spaces too, so that it is one word first, and several only if git does not know that one.
        let whole = self.ends(&[text]);
        let words: Vec<&str> = text.split_whitespace().collect();
        let (ends, starts) = match whole {
            Err(_) if !words.is_empty() && words != [text] => self.ends(&words),
            ends => ends,
        }
        .map_err(|said| self.unknown(text, &said))?;
        match ends.as_slice() {
            [end] => Ok(Range { text: text.to_owned(), end: end.clone(), starts }),
            _ => Err(GitError::NotOneEnd {
                repository: self.folder.clone(),
                range: text.to_owned(),
                ends: ends.iter().map(|end| short(end).to_owned()).collect(),
            }),
        }
    }

    /// The commits of a range, the oldest first: each one comes after its parents, and those of a branch are together.
    ///
    /// # Errors
    /// If there are none, or the clone is shallow and has been cut off within them.
    pub fn commits(&self, range: &Range, parents: Parents) -> Result<Vec<Commit>, GitError> {
        let mut arguments = vec!["--topo-order", "--reverse"];
        arguments.extend((parents == Parents::First).then_some("--first-parent"));
        let starts: Vec<String> = range.starts.iter().map(|start| format!("^{start}")).collect();
        arguments.push(&range.end);
        arguments.extend(starts.iter().map(String::as_str));
        let commits = self.listed(&arguments)?;
        if commits.is_empty() {
            return Err(self.empty(range));
        }
        let cuts = self.cuts()?;
        if commits.iter().any(|commit| cuts.contains(&commit.hash)) {
            return Err(GitError::Shallow(self.folder.clone()));
        }
        Ok(commits)
    }

    /// Returns whether one commit is in the history of another, or is the same.
    ///
    /// # Errors
    /// If git cannot tell.
    pub fn is_ancestor(&self, ancestor: &str, of: &str) -> Result<bool, GitError> {
        let arguments = ["merge-base", "--is-ancestor", ancestor, of];
        let output = self.run(arguments)?;
        match output.status.code() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(refused(&arguments.map(OsStr::new), &output)),
        }
    }

    /// The best common ancestors of two commits; none if their histories are unrelated.
    ///
    /// # Errors
    /// If the histories are cut off before they meet.
    pub fn merge_bases(&self, one: &str, other: &str) -> Result<Vec<Commit>, GitError> {
        let arguments = ["merge-base", "--all", one, other];
        let output = self.run(arguments)?;
        match output.status.code() {
            Some(0) => String::from_utf8_lossy(&output.stdout).lines().map(|hash| self.commit(hash)).collect(),
            Some(1) if self.cuts()?.is_empty() => Ok(Vec::new()),
            Some(1) => Err(GitError::Shallow(self.folder.clone())),
            _ => Err(refused(&arguments.map(OsStr::new), &output)),
        }
    }

    /// Checks that nothing is changed and not committed: it would not be measured, and a reader would think that it was.
    /// What has no work tree has no such changes.
    ///
    /// # Errors
    /// If something is.
    pub fn check_clean(&self) -> Result<(), GitError> {
        if !self.has_work_tree {
            return Ok(());
        }
        // What is changed within a submodule is a matter of its own repository.
        let said = self.ask(["status", "--porcelain", "-z", "--untracked-files=no", "--ignore-submodules=dirty"])?;
        match said.split(|&byte| byte == 0).next() {
            None | Some(b"") => Ok(()),
            Some(first) => {
                let first = String::from_utf8_lossy(first).trim().to_owned();
                Err(GitError::Dirty { repository: self.folder.clone(), first })
            }
        }
    }

    /// What git reads revisions as: hashes, those that a range stops at with a `^` before them; or what it said.
    fn parse(&self, words: &[&str]) -> Result<Vec<String>, String> {
        let arguments = std::iter::once("rev-parse").chain(words.iter().copied());
        let output = git::command(&self.folder).args(arguments).output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(git::complaint(&output));
        }
        for warning in git::warnings(&output) {
            crate::platform::console::complain(format_args!("{}: git warns: {warning}", self.folder.display()));
        }
        Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
    }

    /// The commits that a range ends at, and those that it stops at.
    fn ends(&self, words: &[&str]) -> Result<(Vec<String>, Vec<String>), String> {
        if words.iter().any(|word| word.starts_with('-')) {
            return Err("options of `git log` are no part of a range".to_owned());
        }
        let (mut ends, mut starts) = (Vec::new(), Vec::new());
        for object in self.parse(&[words, &["--"]].concat())?.iter().filter(|line| *line != "--") {
            let (object, list) = match object.strip_prefix('^') {
                Some(start) => (start, &mut starts),
                None => (object.as_str(), &mut ends),
            };
            let hash = self.peel(object)?;
            if !list.contains(&hash) {
                list.push(hash);
            }
        }
        Ok((ends, starts))
    }

    /// The commit that an object is or, as a tag, leads to.
    fn peel(&self, object: &str) -> Result<String, String> {
        if !object.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(format!("'{object}' is no commit"));
        }
        self.parse(&["--verify", &format!("{object}^{{commit}}")])?.pop().ok_or_else(String::new)
    }

    /// The commits that `git log` lists.
    fn listed(&self, arguments: &[&str]) -> Result<Vec<Commit>, GitError> {
        let arguments = ["log"].into_iter().chain(COMMIT).chain(arguments.iter().copied()).chain(["--"]);
        Ok(commits_of(&self.ask(arguments)?))
    }

    /// The commits at which a shallow clone was cut off: git takes them for the first ones.
    fn cuts(&self) -> Result<HashSet<String>, GitError> {
        let mut path = self.ask(["rev-parse", "--git-path", "shallow"])?;
        path.pop();
        let path = self.folder.join(OsString::from_vec(path));
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(HashSet::new()),
            Err(error) => Err(GitError::Unreadable { folder: path, said: error.to_string() }),
        }
    }

    pub(super) fn ask<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Result<Vec<u8>, GitError> {
        let arguments: Vec<A> = arguments.into_iter().collect();
        let output = self.run(&arguments)?;
        if output.status.success() { Ok(output.stdout) } else { Err(refused(&arguments, &output)) }
    }

    fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Result<Output, GitError> {
        git::command(&self.folder).args(arguments).output().map_err(GitError::NoGit)
    }

    fn unknown(&self, revision: &str, said: &str) -> GitError {
        // What says no more than that there is none.
        let is_plain = said.is_empty() || said == "Needed a single revision" || said.starts_with("bad revision");
        let mut why =
            if is_plain { String::new() } else { format!(": {}", said.trim_end_matches("; Needed a single revision")) };
        if self.cuts().is_ok_and(|cuts| !cuts.is_empty()) {
            why += " (it is a shallow clone: `git fetch --unshallow` fetches the rest)";
        }
        GitError::UnknownRevision { repository: self.folder.clone(), revision: revision.to_owned(), why }
    }

    fn empty(&self, range: &Range) -> GitError {
        let why = match range.starts.as_slice() {
            [start] if *start == range.end => format!(": it starts and ends at {}", short(start)),
            [start] if self.is_ancestor(&range.end, start).unwrap_or(false) => {
                format!(": its end, {}, is in the history of its start, {}", short(&range.end), short(start))
            }
            _ => String::new(),
        };
        GitError::EmptyRange { repository: self.folder.clone(), range: range.text.clone(), why }
    }
}

/// Reads commits as git writes them by [`COMMIT`].
fn commits_of(text: &[u8]) -> Vec<Commit> {
    let text = String::from_utf8_lossy(text);
    let fields: Vec<&str> = text.split_terminator('\0').collect();
    let commits = fields.chunks_exact(FIELDS).map(|fields| Commit {
        hash: fields[0].to_owned(),
        parents: fields[1].split_whitespace().map(str::to_owned).collect(),
        subject: fields[2].to_owned(),
    });
    commits.collect()
}

pub(super) fn refused<A: AsRef<OsStr>>(arguments: &[A], output: &Output) -> GitError {
    let words: Vec<_> = arguments.iter().map(|argument| argument.as_ref().to_string_lossy()).collect();
    GitError::Refused { command: words.join(" "), said: git::complaint(output) }
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
    /// A repository that git does not read, for example because it is another user's.
    #[error("git cannot read {}: {said}", folder.display())]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// git's own words.
        said: String,
    },
    /// A name that means no commit.
    #[error("{} has no revision '{revision}'{why}", repository.display())]
    UnknownRevision {
        /// The repository.
        repository: PathBuf,
        /// The name.
        revision: String,
        /// What git said of it, if it said more than that.
        why: String,
    },
    /// A range without commits.
    #[error("the range '{range}' of {} is empty{why}", repository.display())]
    EmptyRange {
        /// The repository.
        repository: PathBuf,
        /// The range.
        range: String,
        /// How its two ends are related, if that is why.
        why: String,
    },
    /// A range with several ends, or none.
    #[error(
        "the range '{range}' of {} has {} ends ({}), and a history has one: A..B is what B has and A has not",
        repository.display(), ends.len(), ends.join(", ")
    )]
    NotOneEnd {
        /// The repository.
        repository: PathBuf,
        /// The range.
        range: String,
        /// The beginnings of their hashes.
        ends: Vec<String>,
    },
    /// A history that is cut off within what was asked for.
    #[error(
        "{} is a shallow clone, whose history is cut off within these commits: `git fetch --unshallow` fetches the rest",
        .0.display()
    )]
    Shallow(PathBuf),
    /// A clone without all files.
    #[error(
        "{} is a partial clone and lacks files of these commits: `git fetch --refetch --no-filter` fetches them, or `git \
         clone` without --filter", .0.display()
    )]
    Partial(PathBuf),
    /// An object that is not there, or is damaged.
    #[error("{} lacks the object {object}, or it is damaged: `git fsck` reports more", repository.display())]
    MissingObject {
        /// The repository.
        repository: PathBuf,
        /// The object's hash.
        object: String,
    },
    /// The named folder is none of a commit's: a submodule that was not checked out, for example.
    #[error(
        "{} is no folder of commit {commit} in its repository: if it is a submodule, `git submodule update --init` fetches it",
        folder.display()
    )]
    NoFolder {
        /// The folder.
        folder: PathBuf,
        /// The beginning of the commit's hash.
        commit: String,
    },
    /// One commit that was named as two.
    #[error("the good and the bad commit are the same, {0}")]
    Same(String),
    /// A bad commit in the good one's history.
    #[error(
        "the good commit, {good}, is not an ancestor of the bad one, {bad}: their merge base is {bad} itself; maybe you \
         mistook good and bad"
    )]
    Swapped {
        /// The good commit.
        good: String,
        /// The bad one.
        bad: String,
    },
    /// Commits whose histories never meet.
    #[error(
        "the good commit, {good}, is not an ancestor of the bad one, {bad}, and they have no merge base: nothing connects them"
    )]
    Unrelated {
        /// The good commit.
        good: String,
        /// The bad one.
        bad: String,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_read_whatever_their_subjects_hold() {
        let text = b"aa\0bb cc\0Merge: \x1b[1m a | b \xff, and so on\0bb\0\0\0";
        let [merge, first] = &commits_of(text)[..] else { panic!("two commits") };
        assert_eq!(merge.parents, ["bb", "cc"]);
        assert_eq!(merge.subject, "Merge: \u{1b}[1m a | b \u{fffd}, and so on");
        assert_eq!(*first, Commit { hash: "bb".to_owned(), subject: String::new(), parents: Vec::new() });
    }
}
