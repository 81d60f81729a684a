//! Git for the tests: in repositories of a temporary folder, without any configuration, independent of how the tests
//! are started. No test starts git in another way.

use assert_cmd::assert::Assert;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The date of commits for which the date does not matter.
const DATE: &str = "2026-01-01T00:00:00Z";

/// Returns whether git is installed; if not, prints that the test is skipped.
pub fn has_git() -> bool {
    let there = Command::new("git").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !there {
        eprintln!("skipped: git is not installed");
    }
    there
}

/// Returns git's variables in the environment of the tests: a hook's, or the tester's own.
pub fn inherited() -> Vec<OsString> {
    let names = std::env::vars_os().map(|(name, _)| name);
    names.filter(|name| name.as_encoded_bytes().starts_with(b"GIT_")).collect()
}

/// Returns the variables for git: only a repository's own configuration, and no repository above the temporary folder.
pub fn isolation() -> Vec<(&'static str, OsString)> {
    let ceiling = fs::canonicalize(std::env::temp_dir()).unwrap_or_else(|_| std::env::temp_dir());
    vec![
        ("GIT_CONFIG_GLOBAL", "/dev/null".into()),
        ("GIT_CONFIG_NOSYSTEM", "1".into()),
        ("GIT_CEILING_DIRECTORIES", ceiling.into()),
    ]
}

/// Runs git in a folder, and returns what it printed.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    git_at(folder, DATE, arguments)
}

/// Runs git in a folder, with a date for its commits.
pub fn git_at(folder: &Path, date: &str, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    for variable in inherited() {
        git.env_remove(variable);
    }
    let output = git
        .current_dir(folder)
        // For versions that do not know GIT_CONFIG_GLOBAL.
        .envs([("HOME", "/dev/null"), ("XDG_CONFIG_HOME", "/dev/null")])
        .envs(isolation())
        .envs([("LC_ALL", "C"), ("GIT_TEMPLATE_DIR", ""), ("GIT_TERMINAL_PROMPT", "0"), ("GIT_MERGE_AUTOEDIT", "no")])
        .envs([("GIT_AUTHOR_NAME", "A Test"), ("GIT_AUTHOR_EMAIL", "test@example.com"), ("GIT_AUTHOR_DATE", date)])
        .envs([
            ("GIT_COMMITTER_NAME", "A Test"),
            ("GIT_COMMITTER_EMAIL", "test@example.com"),
            ("GIT_COMMITTER_DATE", date),
        ])
        .args(["-c", "init.defaultBranch=main", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor="])
        .args(["-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false", "-c", "core.autocrlf=false"])
        .args(["-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "protocol.file.allow=always"])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Returns a folder's files with their contents, which show whether anything was written there.
pub fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let kind = fs::symlink_metadata(&path).expect("it is there").file_type();
            if kind.is_symlink() {
                let target = fs::read_link(&path).expect("a link");
                found.insert(path, target.as_os_str().as_bytes().to_owned());
            } else if kind.is_dir() {
                found.insert(path.clone(), Vec::new());
                open.push(path);
            } else {
                found.insert(path.clone(), fs::read(&path).unwrap_or_default());
            }
        }
    }
    found
}

/// A repository in a temporary folder, of a package named memscope-rs that does not compile.
pub struct Repository {
    folder: TempDir,
}

impl Repository {
    /// Returns a repository without commits.
    pub fn new() -> Self {
        let repository = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        fs::create_dir(repository.path()).expect("a folder");
        repository.git(&["init", "--quiet"]);
        repository.write("Cargo.toml", "[package]\nname = \"memscope-rs\"\nversion = \"0.2.5\"\n");
        repository
    }

    /// Returns a repository with a line of commits, named by their subjects.
    pub fn line(subjects: &[&str]) -> Self {
        let repository = Self::new();
        for subject in subjects {
            repository.commit(subject);
        }
        repository
    }

    /// Returns the repository's folder.
    pub fn path(&self) -> PathBuf {
        self.beside("repo")
    }

    /// Returns a path next to the repository, which is removed with it.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs git in the repository.
    pub fn git(&self, arguments: &[&str]) -> String {
        git(&self.path(), arguments)
    }

    /// Writes a file of the work tree.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// Commits all files and one that differs from the last commit's, and returns the commit's abbreviated hash.
    pub fn commit(&self, subject: &str) -> String {
        self.write("NOTES", subject);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", subject]);
        self.hash("HEAD")
    }

    /// Merges a branch into the one that is checked out.
    pub fn merge(&self, branch: &str) -> String {
        self.git(&["merge", "--quiet", "--no-ff", "--strategy=ours", "-m", &format!("merge {branch}"), branch]);
        self.hash("HEAD")
    }

    /// Returns a commit's abbreviated hash, as reports name it.
    pub fn hash(&self, revision: &str) -> String {
        self.git(&["rev-parse", revision])[..8].to_owned()
    }

    /// Returns the program, with a build cache next to the repository and a cargo that cannot build anything.
    pub fn program(&self) -> assert_cmd::Command {
        let mut command = super::memscope_bench();
        command.current_dir(self.folder.path()).env("CARGO", "false");
        command.env("MEMSCOPE_BENCH_BUILD_CACHE", self.beside("cache"));
        command
    }

    /// Runs the program, which must refuse, and returns its output on stderr.
    pub fn refusal(&self, arguments: &[&str]) -> String {
        text(&self.program().args(arguments).assert().code(2).stdout(""))
    }

    /// Returns the commits that `history` would measure if they compiled.
    pub fn history(&self, repository: &str, range: &str, more: &[&str]) -> Vec<String> {
        let range = format!("--range={range}");
        let arguments = ["history", "--repository", repository, &range, "--output=out"];
        not_built(&self.refusal(&[&arguments, more].concat()))
    }
}

/// Returns the output on stderr.
pub fn text(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
}

/// Returns the names of the builds if none succeeded.
pub fn not_built(stderr: &str) -> Vec<String> {
    let list = stderr.split_once("none of ").and_then(|(_, rest)| rest.split_once(" was built"));
    let (list, _) = list.unwrap_or_else(|| panic!("nothing should have been built: {stderr}"));
    list.split(", ").map(str::to_owned).collect()
}
