//! The history of a file: the commits that changed it, and its content in each.

use crate::builds::Repository;
use crate::platform::git::{self, Commit, GitError};
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// An error in reading the trend of a file.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The history does not exist, or is cut off.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The file has a history, but no version of it is a record.
    #[error("none of the {versions} committed versions of {} can be read; the last: {last}", file.display())]
    NothingReadable {
        /// The file.
        file: PathBuf,
        /// The number of versions.
        versions: usize,
        /// The error in the last of them.
        last: String,
    },
    /// There are records, but none of them has a figure of the requested kind.
    #[error("no record has {requested}; there are {there}")]
    NotMeasured {
        /// The requested workloads and levels.
        requested: String,
        /// The workloads and levels that the records have.
        there: String,
    },
}

/// Returns the commits that changed a file, oldest first. A commit comes after its parents, for any dates.
///
/// # Errors
/// If the history does not exist, or is cut off.
pub(super) fn commits(repository: &Path, file: &Path) -> Result<Vec<Commit>, GitError> {
    if file.is_absolute() {
        return Err(GitError::Absolute(file.to_owned()));
    }
    Repository::at(repository)?;
    let of_folder = |error: GitError| error.of_folder(repository);
    if git::query(repository, ["rev-parse", "--is-shallow-repository"]).map_err(of_folder)? == b"true\n" {
        return Err(GitError::Shallow(repository.to_owned()));
    }
    git::check_objects(repository, &[OsStr::new("HEAD"), OsStr::new("--"), file.as_os_str()])?;
    let commits = git::log(repository, &["--reverse", "--date-order"], &[file]).map_err(of_folder)?;
    if commits.is_empty() {
        return Err(GitError::NeverCommitted { file: file.to_owned(), repository: repository.to_owned() });
    }
    Ok(commits)
}

/// Returns the content of a file after a commit.
///
/// # Errors
/// If the commit removed the file, or it is not text.
pub(super) fn content(repository: &Path, commit: &Commit, file: &Path) -> Result<String, String> {
    let path = within_commit(repository, file).map_err(|error| error.to_string())?;
    let output = git::run(repository, [OsStr::new("cat-file"), OsStr::new("blob"), &commit.object(&path)]);
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        String::from_utf8(output.stdout).map_err(|_| format!("{} is not text", file.display()))
    } else {
        let complaint = git::complaint(&output);
        // Git uses another message if the folder has such a file now.
        let is_gone = complaint.starts_with("path '");
        Err(if is_gone { format!("{} is not in it, or has another name there", file.display()) } else { complaint })
    }
}

/// Returns the path of a file from the root of the repository's files. `git log` reads a path relative to the folder
/// that it runs in, as a user writes it. Within a commit, git does so only if there is a work tree.
fn within_commit(repository: &Path, file: &Path) -> Result<PathBuf, GitError> {
    let mut path = PathBuf::new();
    for component in Repository::at(repository)?.prefix().join(file).components() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_must_lead_to_the_same_file_in_every_commit() {
        let refusal = commits(Path::new("."), Path::new("/results/overhead.json")).expect_err("refused").to_string();
        assert!(refusal.starts_with("/results/overhead.json is an absolute path"), "{refusal}");
    }
}
