//! A git repository: its revisions, ranges and commits. The user's clone is only read.
//!
//! Git itself parses all revisions and ranges, so they have the same meaning as for `git log`.

use crate::platform::console;
use crate::platform::git::{self, CHANGED, Commit, GitError, abbreviate};
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// A git repository.
#[derive(Clone, Debug)]
pub(crate) struct Repository {
    pub(super) folder: PathBuf,
    /// The path of the folder within the repository's files; empty at their root.
    prefix: PathBuf,
    /// True except for a bare repository.
    has_work_tree: bool,
}

/// A range of commits: everything in the history of its end, and not in the history of its starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    /// The user's spelling.
    text: String,
    /// The hash of the last commit.
    pub(super) end: String,
    /// The hashes of the commits that it stops at.
    pub(super) starts: Vec<String>,
}

/// The parents of a merge that are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parents {
    /// The first parent: a branch's own history.
    First,
    /// All parents, which includes the commits of merged branches.
    All,
}

impl Parents {
    /// Returns the parents of a commit that are followed.
    pub(crate) fn of(self, commit: &Commit) -> &[String] {
        match self {
            Self::First => &commit.parents[..commit.parents.len().min(1)],
            Self::All => &commit.parents,
        }
    }
}

impl Range {
    /// Returns the range of all commits in the history of `bad` and not in the history of `good`.
    pub(crate) fn between(good: &Commit, bad: &Commit) -> Self {
        let text = format!("{}..{}", good.short(), bad.short());
        Self { text, end: bad.hash.clone(), starts: vec![good.hash.clone()] }
    }
}

impl Repository {
    /// Finds the repository that a folder is in.
    ///
    /// # Errors
    /// If the folder is in none, git refuses to read it, or git is not installed.
    pub(crate) fn at(folder: &Path) -> Result<Self, GitError> {
        let none = || GitError::NoRepository(folder.to_owned());
        if folder.as_os_str().is_empty() {
            return Err(none());
        }
        let answer = git::query(folder, ["rev-parse", "--is-inside-work-tree", "--show-prefix"]);
        let answer = answer.map_err(|error| match error {
            GitError::Refused { complaint, .. } if complaint.ends_with("(or any of the parent directories): .git") => {
                none()
            }
            other => other.of_folder(folder),
        })?;
        let mut lines = answer.splitn(2, |&byte| byte == b'\n');
        let has_work_tree = lines.next() == Some(b"true");
        let prefix = lines.next().unwrap_or_default();
        let prefix = prefix.strip_suffix(b"\n").unwrap_or(prefix);
        let prefix = OsString::from_vec(prefix.strip_suffix(b"/").unwrap_or(prefix).to_owned()).into();
        Ok(Self { folder: folder.to_owned(), prefix, has_work_tree })
    }

    /// Returns the path of the named folder within the files of a commit; empty at their root.
    pub(crate) fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// Finds the commit that a revision names.
    ///
    /// # Errors
    /// If it names no commit.
    pub(crate) fn commit(&self, revision: &str) -> Result<Commit, GitError> {
        // No revision begins with a dash; git would read it as an option.
        if revision.starts_with('-') {
            return Err(self.unknown(revision, ""));
        }
        let object = self.parse(&["--verify", revision]).map_err(|complaint| self.unknown(revision, &complaint))?;
        let [object] = object.as_slice() else { return Err(self.unknown(revision, "")) };
        let hash = self.peel(object).map_err(|complaint| self.unknown(revision, &complaint))?;
        let mut commits = git::log(&self.folder, &["--no-walk", &hash], &[])?;
        if commits.is_empty() { Err(self.unknown(revision, "")) } else { Ok(commits.remove(0)) }
    }

    /// Parses a range, in any of git's notations: `A..B`, `A..`, `B ^A`, `B^!`, or `B` for its whole history.
    ///
    /// # Errors
    /// If it is not a range, or ends at several commits.
    pub(crate) fn range(&self, text: &str) -> Result<Range, GitError> {
        // A date in it has spaces too. So it is read as one word first, and as several only if git does not accept
        // that.
        let whole = self.ends(&[text]);
        let words: Vec<&str> = text.split_whitespace().collect();
        let (ends, starts) = match whole {
            Err(_) if !words.is_empty() && words != [text] => self.ends(&words),
            ends => ends,
        }
        .map_err(|complaint| self.unknown(text, &complaint))?;
        match ends.as_slice() {
            [end] => Ok(Range { text: text.to_owned(), end: end.clone(), starts }),
            _ => Err(GitError::NotOneEnd {
                repository: self.folder.clone(),
                range: text.to_owned(),
                ends: ends.iter().map(|end| abbreviate(end).to_owned()).collect(),
            }),
        }
    }

    /// Returns the commits of a range, oldest first: each comes after its parents, and commits of a branch are
    /// adjacent.
    ///
    /// # Errors
    /// If there are none, or they are cut off by a shallow clone.
    pub(crate) fn commits(&self, range: &Range, parents: Parents) -> Result<Vec<Commit>, GitError> {
        let mut arguments = vec!["--topo-order", "--reverse"];
        arguments.extend((parents == Parents::First).then_some("--first-parent"));
        let starts: Vec<String> = range.starts.iter().map(|start| format!("^{start}")).collect();
        arguments.push(&range.end);
        arguments.extend(starts.iter().map(String::as_str));
        let commits = git::log(&self.folder, &arguments, &[])?;
        if commits.is_empty() {
            return Err(self.empty(range));
        }
        let cuts = self.cuts()?;
        if commits.iter().any(|commit| cuts.contains(&commit.hash)) {
            return Err(GitError::Shallow(self.folder.clone()));
        }
        Ok(commits)
    }

    /// Returns whether one commit is an ancestor of another, or the same.
    ///
    /// # Errors
    /// If git refuses.
    pub(crate) fn is_ancestor(&self, ancestor: &str, of: &str) -> Result<bool, GitError> {
        let arguments = ["merge-base", "--is-ancestor", ancestor, of];
        let output = git::run(&self.folder, arguments)?;
        match output.status.code() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(GitError::refused(&arguments, &output)),
        }
    }

    /// Returns the best common ancestors of two commits; none if their histories are unrelated.
    ///
    /// # Errors
    /// If the histories are cut off before they meet.
    pub(crate) fn merge_bases(&self, one: &str, other: &str) -> Result<Vec<Commit>, GitError> {
        let arguments = ["merge-base", "--all", one, other];
        let output = git::run(&self.folder, arguments)?;
        match output.status.code() {
            Some(0) => String::from_utf8_lossy(&output.stdout).lines().map(|hash| self.commit(hash)).collect(),
            Some(1) if self.cuts()?.is_empty() => Ok(Vec::new()),
            Some(1) => Err(GitError::Shallow(self.folder.clone())),
            _ => Err(GitError::refused(&arguments, &output)),
        }
    }

    /// Returns the commit that a folder's files are from, with [`CHANGED`] after it if some of them differ from it.
    /// `None` if they are not files of a repository, or git fails.
    pub(crate) fn state(folder: &Path) -> Option<String> {
        let repository = Self::at(folder).ok().filter(|repository| repository.has_work_tree)?;
        let head = git::query(folder, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).ok()?;
        let head = String::from_utf8(head).ok()?.trim().to_owned();
        let commit = git::log(folder, &["--no-walk", &head], &[]).ok()?.pop()?;
        // A folder that is not part of the repository around it has no such file there.
        repository.file(&commit, "Cargo.toml")?;
        let arguments =
            ["status", "--porcelain", "-z", "--untracked-files=normal", "--ignore-submodules=dirty", "--", "."];
        let is_clean = git::query(folder, arguments).ok()?.is_empty();
        Some(if is_clean { head } else { head + CHANGED })
    }

    /// Checks that there are no uncommitted changes, because they would not be measured, contrary to expectation. A
    /// bare repository has none.
    ///
    /// # Errors
    /// If there are some.
    pub(crate) fn check_clean(&self) -> Result<(), GitError> {
        if !self.has_work_tree {
            return Ok(());
        }
        // A change within a submodule belongs to the submodule's repository.
        let arguments = ["status", "--porcelain", "-z", "--untracked-files=no", "--ignore-submodules=dirty"];
        match git::query(&self.folder, arguments)?.split(|&byte| byte == 0).next() {
            None | Some(b"") => Ok(()),
            Some(first) => {
                let first = String::from_utf8_lossy(first).trim().to_owned();
                Err(GitError::Dirty { repository: self.folder.clone(), first })
            }
        }
    }

    /// Returns the hashes that git resolves revisions to, with a `^` before the excluded ones; or git's error message.
    fn parse(&self, words: &[&str]) -> Result<Vec<String>, String> {
        let arguments = std::iter::once("rev-parse").chain(words.iter().copied());
        let output = git::run(&self.folder, arguments).map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(git::complaint(&output));
        }
        for warning in git::warnings(&output) {
            console::complain(format_args!("{}: git warns: {warning}", self.folder.display()));
        }
        Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
    }

    /// Returns the commits at which a range ends, and those that it excludes.
    fn ends(&self, words: &[&str]) -> Result<(Vec<String>, Vec<String>), String> {
        if words.iter().any(|word| word.starts_with('-')) {
            return Err("a range cannot contain options of `git log`".to_owned());
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

    /// Returns the commit that an object is, or that a tag points to.
    fn peel(&self, object: &str) -> Result<String, String> {
        if !object.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(format!("'{object}' is not a commit"));
        }
        self.parse(&["--verify", &format!("{object}^{{commit}}")])?.pop().ok_or_else(String::new)
    }

    /// Returns the commits at which a shallow clone was cut off: git treats them as the first ones.
    fn cuts(&self) -> Result<HashSet<String>, GitError> {
        let mut path = git::query(&self.folder, ["rev-parse", "--git-path", "shallow"])?;
        path.pop();
        let path = self.folder.join(OsString::from_vec(path));
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(HashSet::new()),
            Err(error) => Err(GitError::Unreadable { folder: path, complaint: error.to_string() }),
        }
    }

    fn unknown(&self, revision: &str, complaint: &str) -> GitError {
        // These messages add nothing.
        let is_plain =
            complaint.is_empty() || complaint == "Needed a single revision" || complaint.starts_with("bad revision");
        let complaint = complaint.trim_end_matches("; Needed a single revision");
        let mut why = if is_plain { String::new() } else { format!(": {complaint}") };
        if self.cuts().is_ok_and(|cuts| !cuts.is_empty()) {
            why += " (it is a shallow clone: `git fetch --unshallow` fetches the rest)";
        }
        GitError::UnknownRevision { repository: self.folder.clone(), revision: revision.to_owned(), why }
    }

    fn empty(&self, range: &Range) -> GitError {
        let why = match range.starts.as_slice() {
            [start] if *start == range.end => format!(": it starts and ends at {}", abbreviate(start)),
            [start] if self.is_ancestor(&range.end, start).unwrap_or(false) => {
                let [start, end] = [start, &range.end].map(|hash| abbreviate(hash));
                format!(": its end, {end}, is in the history of its start, {start}")
            }
            _ => String::new(),
        };
        GitError::EmptyRange { repository: self.folder.clone(), range: range.text.clone(), why }
    }

    /// Checks, before the first build, that all files of the commits exist, and that the last commit has the named
    /// folder.
    ///
    /// # Errors
    /// If a partial clone lacks some, or the commit has no such folder.
    pub(crate) fn check_files(&self, commits: &[Commit]) -> Result<(), GitError> {
        let hashes = commits.iter().map(|commit| OsStr::new(&commit.hash));
        git::check_objects(&self.folder, &std::iter::once(OsStr::new("--no-walk")).chain(hashes).collect::<Vec<_>>())?;
        let Some(last) = commits.last() else { return Ok(()) };
        match git::query(&self.folder, [OsStr::new("cat-file"), OsStr::new("-t"), &last.object(&self.prefix)]) {
            Ok(kind) if kind == b"tree\n" => Ok(()),
            _ => Err(GitError::NoFolder { folder: self.folder.clone(), commit: last.short().to_owned() }),
        }
    }
}
