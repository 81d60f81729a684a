//! Puts the files of a commit into a folder, byte for byte.
//!
//! `git archive` and `git checkout` obey attributes and settings: they leave files out, replace words, change line ends
//! and run filters, so the result is not the commit. So this module reads the objects themselves, and touches no work
//! tree or index.

use crate::builds::repository::Repository;
use crate::platform::git::{self, Commit, GitError};
use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A file of a commit.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    kind: Kind,
    /// The hash of its content.
    object: String,
    path: PathBuf,
}

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    File,
    Program,
    Link,
    Submodule,
}

/// The files that an exported commit lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// Submodules, whose folders are empty because their files belong to another repository.
    pub submodules: Vec<PathBuf>,
    /// Files that the repository has lost, and that no compiler reads.
    pub lost: Vec<PathBuf>,
}

impl Repository {
    /// Returns a commit's version of a file in the named folder; `None` if the commit does not contain it.
    pub(crate) fn file(&self, commit: &Commit, path: &str) -> Option<String> {
        let object = commit.object(&self.prefix().join(path));
        let output = self.unreplaced().args([OsStr::new("cat-file"), OsStr::new("blob"), &object]).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Writes all files of a commit into a new folder, and returns the missing ones.
    ///
    /// # Errors
    /// If they cannot be read or written. A file that the repository lacks is an error if a compiler may read it.
    pub(crate) fn export(&self, commit: &str, folder: &Path) -> Result<LeftOut, GitError> {
        let failed = |source| GitError::Unwritable { folder: folder.to_owned(), source };
        let arguments = ["ls-tree", "-r", "-z", "--full-tree", commit];
        let output = self.unreplaced().args(arguments).output().map_err(GitError::NoGit)?;
        if !output.status.success() {
            return Err(GitError::refused(&arguments, &output));
        }
        let mut entries = entries(&output.stdout).map_err(failed)?;
        // Links come last, so that no file is written through one.
        entries.sort_by_key(|entry| entry.kind == Kind::Link);
        let mut contents = Contents::of(self)?;
        fs::create_dir_all(folder).map_err(failed)?;
        let mut left_out = LeftOut::default();
        for entry in entries {
            let path = folder.join(&entry.path);
            fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(failed)?;
            match entry.kind {
                Kind::Submodule => {
                    fs::create_dir_all(&path).map_err(failed)?;
                    left_out.submodules.push(entry.path);
                }
                Kind::Link => {
                    let mut target = Vec::new();
                    contents.copy(&entry.object, &mut target)?.map_err(failed)?;
                    symlink(OsString::from_vec(target), &path).map_err(failed)?;
                }
                kind => {
                    let mode = if kind == Kind::Program { 0o777 } else { 0o666 };
                    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path);
                    match contents.copy(&entry.object, &mut file.map_err(failed)?) {
                        Err(GitError::MissingObject { .. }) if !is_compiled(&entry.path) => {
                            fs::remove_file(&path).map_err(failed)?;
                            left_out.lost.push(entry.path);
                        }
                        copied => copied?.map_err(failed)?,
                    }
                }
            }
        }
        Ok(left_out)
    }

    /// Returns the package's folder among the files of an exported commit. The repository may contain several packages
    /// that use each other.
    pub(crate) fn package_in(&self, files: &Path) -> PathBuf {
        // Joining an empty path would leave a slash at the end.
        files.join(self.prefix()).components().collect()
    }

    /// Returns a command for git in this repository, in which a hash means the original object, even if the user has
    /// replaced it (`git replace`). The user's replacements apply only to the path from one commit to the next.
    fn unreplaced(&self) -> Command {
        let mut git = git::command(&self.folder);
        git.env("GIT_NO_REPLACE_OBJECTS", "1");
        git
    }
}

/// Returns whether a compiler or cargo may read a file. Sources include files of any kind, usually next to them.
fn is_compiled(path: &Path) -> bool {
    let is_beside_sources = path.components().any(|part| part.as_os_str() == "src");
    is_beside_sources
        || path
            .extension()
            .is_some_and(|ending| ["rs", "toml", "lock", "c", "h"].iter().any(|compiled| ending == *compiled))
}

/// Reads the list that `git ls-tree -r -z` prints.
fn entries(listed: &[u8]) -> io::Result<Vec<Entry>> {
    let lines = listed.split(|&byte| byte == 0).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let strange = || io::Error::other(format!("git lists '{}'", String::from_utf8_lossy(line)));
            let tab = line.iter().position(|&byte| byte == b'\t').ok_or_else(strange)?;
            let about = String::from_utf8_lossy(&line[..tab]);
            let [mode, _, object] = about.split(' ').collect::<Vec<_>>()[..] else { return Err(strange()) };
            let kind = match mode {
                "120000" => Kind::Link,
                "160000" => Kind::Submodule,
                "100755" => Kind::Program,
                mode if mode.starts_with("100") => Kind::File,
                _ => return Err(strange()),
            };
            let path = PathBuf::from(OsStr::from_bytes(&line[tab + 1..]));
            if !is_within(&path) {
                return Err(io::Error::other(format!("git would not write to '{}'", path.display())));
            }
            Ok(Entry { kind, object: object.to_owned(), path })
        })
        .collect()
}

/// Returns whether a path stays within the folder that it starts from, and outside of a repository's own files there.
fn is_within(path: &Path) -> bool {
    let mut components = path.components();
    components.all(|component| matches!(component, Component::Normal(name) if !name.eq_ignore_ascii_case(".git")))
        && !path.as_os_str().is_empty()
}

/// One git process that prints the contents of a repository's objects, one after the other.
struct Contents {
    repository: PathBuf,
    is_partial: bool,
    git: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Contents {
    fn of(repository: &Repository) -> Result<Self, GitError> {
        let mut git = repository.unreplaced();
        git.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut git = git.spawn().map_err(GitError::NoGit)?;
        let requests = git.stdin.take();
        let answers = BufReader::new(git.stdout.take().expect("it is piped"));
        let is_partial = git::is_partial(&repository.folder);
        Ok(Self { repository: repository.folder.clone(), is_partial, git, requests, answers })
    }

    /// Copies an object. The inner error is the writer's.
    fn copy(&mut self, object: &str, to: &mut impl Write) -> Result<io::Result<()>, GitError> {
        let refused = |complaint: String| GitError::Refused { command: "cat-file --batch".to_owned(), complaint };
        let broken = |error: io::Error| refused(error.to_string());
        let requests = self.requests.as_mut().expect("it is open");
        writeln!(requests, "{object}").and_then(|()| requests.flush()).map_err(broken)?;
        let mut about = String::new();
        self.answers.read_line(&mut about).map_err(broken)?;
        let Some(bytes) = about.trim_end().rsplit_once(' ').and_then(|(_, bytes)| bytes.parse().ok()) else {
            return Err(if self.is_partial {
                GitError::Partial(self.repository.clone())
            } else {
                GitError::MissingObject { repository: self.repository.clone(), object: object.to_owned() }
            });
        };
        let copied = match io::copy(&mut (&mut self.answers).take(bytes), to) {
            Ok(copied) => copied,
            Err(error) => return Ok(Err(error)),
        };
        // Each ends with a line break.
        let mut end = [0];
        self.answers.read_exact(&mut end).map_err(broken)?;
        if copied == bytes { Ok(Ok(())) } else { Err(refused(format!("{object} is truncated"))) }
    }
}

impl Drop for Contents {
    fn drop(&mut self) {
        self.requests = None;
        // It may still be printing an object that could not be written.
        let _ = self.git.kill();
        let _ = self.git.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_with_their_kinds() {
        let listed = b"100644 blob aa\tsrc/a b\tc.rs\x00100755 blob bb\trun\x00120000 blob cc\tlink\x00160000 commit \
        dd\tsub\x00";
        let entries = entries(listed).expect("a list");
        let kinds: Vec<Kind> = entries.iter().map(|entry| entry.kind).collect();
        assert_eq!(kinds, [Kind::File, Kind::Program, Kind::Link, Kind::Submodule]);
        assert_eq!(entries[0].path, Path::new("src/a b\tc.rs"));
        assert_eq!(entries[3].object, "dd");
    }

    #[test]
    fn paths_outside_the_folder_are_refused() {
        for path in ["../a", "/a", "a/../../b", ".git/hooks/a", "a/.GIT/b", ""] {
            assert!(!is_within(Path::new(path)), "{path}");
        }
        assert!(is_within(Path::new("a/.github/b")));
        assert!(entries(b"100644 blob aa\t../a\0").is_err());
    }
}
