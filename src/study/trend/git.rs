//! A file's history, asked of git's command line: the commits that changed the file, and what it held in each.
//!
//! Nothing is asked that writes, and what a user's own configuration may change in git's answers is set aside.

use crate::platform::git;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::process::Output;

/// How git writes a commit: its hash, the hash's beginning, the committer's date and the message's first line, each ended
/// by a zero, which none of them can hold.
const COMMIT: [&str; 4] = ["-z", "--encoding=UTF-8", "--abbrev=7", "--format=%H%x00%h%x00%ct%x00%s"];
/// How many parts those are.
const PARTS: usize = 4;

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Its whole hash.
    pub hash: String,
    /// The hash's beginning, long enough to name the commit in its repository.
    pub short: String,
    /// When it was made.
    pub date: DateTime<Utc>,
    /// The first line of its message.
    pub message: String,
}

/// Why a history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// There is no git, or it cannot be run.
    #[error("cannot run git: {0}")]
    NoGit(io::Error),
    /// Git refused: there is no repository, or no commit in it.
    #[error("cannot read the history of {}: {said}", repository.display())]
    Refused {
        /// The folder that was asked for.
        repository: PathBuf,
        /// The first line of what git said.
        said: String,
    },
    /// The history is cut off, and its oldest commit looks like the one that wrote everything.
    #[error("{} is a shallow clone, whose history is cut off: `git fetch --unshallow` fetches the rest", .0.display())]
    Shallow(PathBuf),
    /// A clone without all files.
    #[error(
        "{} is a partial clone and lacks versions of the file: `git fetch --refetch --no-filter` fetches them, or `git clone` \
         without --filter", .0.display()
    )]
    Partial(PathBuf),
    /// No commit has the file.
    #[error("{} was never committed in {}", file.display(), repository.display())]
    NeverCommitted {
        /// The file.
        file: PathBuf,
        /// The repository.
        repository: PathBuf,
    },
    /// A path that leads to the same file in every commit does not begin at the root of a file system.
    #[error("{} is an absolute path; name the file as it is called within the repository", .0.display())]
    Absolute(PathBuf),
    /// The file has a history, and no version of it is a record.
    #[error("none of the {versions} committed versions of {} can be read; of the last: {last}", file.display())]
    NothingReadable {
        /// The file.
        file: PathBuf,
        /// How many versions there are.
        versions: usize,
        /// Why the last of them cannot be read.
        last: String,
    },
    /// There are records, and nothing in them is what was asked for.
    #[error("no record has {asked}; there are {there}")]
    NotMeasured {
        /// The workloads and levels that were asked for.
        asked: String,
        /// Those that the records have.
        there: String,
    },
}

/// The commits that changed the file, oldest first. A commit comes after its parents, whatever the clocks said.
///
/// # Errors
/// If there is no such history, or only the end of one.
pub fn commits(repository: &Path, file: &Path) -> Result<Vec<Commit>, HistoryError> {
    if file.is_absolute() {
        return Err(HistoryError::Absolute(file.to_owned()));
    }
    if answer(repository, &["rev-parse".as_ref(), "--is-shallow-repository".as_ref()])?.trim() == "true" {
        return Err(HistoryError::Shallow(repository.to_owned()));
    }
    let what = [OsStr::new("HEAD"), OsStr::new("--"), file.as_os_str()];
    if git::is_partial(repository) && git::lacks_objects(repository, &what) {
        return Err(HistoryError::Partial(repository.to_owned()));
    }
    let list = ["log", "--reverse", "--date-order"].into_iter().chain(COMMIT).chain(["--"]).map(OsStr::new);
    let text = answer(repository, &list.chain([file.as_os_str()]).collect::<Vec<_>>())?;
    let parts: Vec<&str> = text.split_terminator('\0').collect();
    let commits: Vec<Commit> = parts.chunks_exact(PARTS).map(commit).collect();
    if commits.is_empty() {
        return Err(HistoryError::NeverCommitted { file: file.to_owned(), repository: repository.to_owned() });
    }
    Ok(commits)
}

/// What the file held after a commit.
///
/// # Errors
/// What is the matter: the file may have been removed by the commit, or may be no text.
pub fn content(repository: &Path, commit: &Commit, file: &Path) -> Result<String, String> {
    let mut object = OsString::from(format!("{}:", commit.hash));
    object.push(within_commit(repository, file).map_err(|error| error.to_string())?);
    let output = ask(repository, &["cat-file".as_ref(), "blob".as_ref(), &object]);
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        String::from_utf8(output.stdout).map_err(|_| format!("{} is no text", file.display()))
    } else {
        let said = git::complaint(&output);
        // Git says so in other words if the folder has such a file now.
        let is_gone = said.starts_with("path '");
        Err(if is_gone { format!("{} is not in it, or has another name there", file.display()) } else { said })
    }
}

/// The path of a file from the root of the repository's files. For `git log` a path is relative to the folder that git runs
/// in, as a user writes it. Within a commit git would read one so only if it has a work tree.
fn within_commit(repository: &Path, file: &Path) -> Result<PathBuf, HistoryError> {
    let output = ask(repository, &["rev-parse".as_ref(), "--show-prefix".as_ref()]).map_err(HistoryError::NoGit)?;
    let prefix = output.stdout.strip_suffix(b"\n").unwrap_or(&output.stdout);
    let mut path = PathBuf::new();
    for component in Path::new(OsStr::from_bytes(prefix)).join(file).components() {
        match component {
            Component::ParentDir => {
                path.pop();
            }
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    Ok(path)
}

/// A commit in the form of [`COMMIT`]. A date that is none, as old tools wrote them, is the oldest there is.
fn commit(parts: &[&str]) -> Commit {
    let date = parts[2].parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0)).unwrap_or_default();
    Commit { hash: parts[0].to_owned(), short: parts[1].to_owned(), date, message: parts[3].to_owned() }
}

/// What git says when it is asked something that it can answer.
fn answer(repository: &Path, arguments: &[&OsStr]) -> Result<String, HistoryError> {
    let output = ask(repository, arguments).map_err(HistoryError::NoGit)?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(HistoryError::Refused { repository: repository.to_owned(), said: git::complaint(&output) })
    }
}

fn ask(repository: &Path, arguments: &[&OsStr]) -> io::Result<Output> {
    git::command(repository).args(arguments).output()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_read_from_its_parts() {
        let read = commit(&["0123456789", "0123456", "1767319445", "Bump: 0.2.4 \u{2192} 0.2.5"]);
        let expected = Commit {
            hash: "0123456789".to_owned(),
            short: "0123456".to_owned(),
            date: "2026-01-02T02:04:05Z".parse().expect("a time"),
            message: "Bump: 0.2.4 \u{2192} 0.2.5".to_owned(),
        };
        assert_eq!(read, expected);
        assert_eq!(commit(&["0123456789", "0123456", "", ""]).date, DateTime::UNIX_EPOCH);
    }

    #[test]
    fn a_path_must_lead_to_the_same_file_in_every_commit() {
        let refusal = commits(Path::new("."), Path::new("/results/overhead.json")).expect_err("refused").to_string();
        assert!(refusal.starts_with("/results/overhead.json is an absolute path"), "{refusal}");
    }
}
