//! Git: runs it, reads commits, and reports its errors.
//!
//! Only the folder decides which repository is used. Neither a surrounding hook nor the user's configuration changes
//! the answers, and nothing is written into a repository.

mod error;

pub(crate) use error::GitError;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// Git's variables that remain: the locations of git and of its configuration, the folders that end the search for a
/// repository, and git's own switch for testing how it treats a folder of another user.
///
/// All others are removed. A hook, an alias or `git rebase --exec` passes its own repository, index, objects and
/// settings in them (`git rev-parse --local-env-vars` lists the current ones). Here a path names the repository.
const KEPT: [&str; 7] = [
    "GIT_CEILING_DIRECTORIES",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_EXEC_PATH",
    "GIT_TEST_ASSUME_DIFFERENT_OWNER",
];

/// The variables by which a hook passes its repository. They mislead a process that runs git in another repository.
const HOOK_VARIABLES: [&str; 8] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_WORK_TREE",
];

/// Settings under which reading neither runs a user's program nor prints more than requested.
const SETTINGS: [&str; 5] = [
    // A short hash means a commit, as it does for `git log`.
    "core.disambiguate=committish",
    // Empty means none in every version; old versions treat `false` as the name of a program.
    "core.fsmonitor=",
    "core.hooksPath=/dev/null",
    "log.follow=false",
    "log.showSignature=false",
];

/// The options of `git log` that print a commit as the fields of [`Commit`], each ended by a zero byte, which no
/// field can contain.
const COMMIT: [&str; 3] = ["-z", "--encoding=UTF-8", "--format=%H%x00%P%x00%ct%x00%s"];
/// The number of these fields.
const FIELDS: usize = 4;

/// The end of a commit's hash for files that differ from the commit, as `git describe --dirty` writes it.
pub(crate) const CHANGED: &str = "-dirty";

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Its full hash.
    pub hash: String,
    /// The full hashes of its parents, the first one first.
    pub parents: Vec<String>,
    /// The committer's date.
    pub date: DateTime<Utc>,
    /// The first line of its message.
    pub subject: String,
}

impl Commit {
    /// Returns the beginning of the hash, which names the commit in reports.
    pub fn short(&self) -> &str {
        abbreviate(&self.hash)
    }

    /// Returns the name by which git finds a file or folder of the commit; an empty path is the root.
    pub fn object(&self, path: &Path) -> OsString {
        let mut object = OsString::from(format!("{}:", self.hash));
        object.push(path);
        object
    }

    /// Parses one commit. An invalid date, as written by old tools, becomes 1970-01-01.
    fn from_fields(fields: &[&str]) -> Self {
        let date = fields[2].parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        Self {
            hash: fields[0].to_owned(),
            parents: fields[1].split_whitespace().map(str::to_owned).collect(),
            date: date.unwrap_or_default(),
            subject: fields[3].to_owned(),
        }
    }
}

/// Returns the first eight digits of a hash; shorter text is returned unchanged.
pub(crate) fn abbreviate(hash: &str) -> &str {
    hash.get(..8).unwrap_or(hash)
}

/// Describes the commit of some files: its abbreviated hash, and whether they differ from it.
pub(crate) fn described(commit: &str) -> String {
    match commit.strip_suffix(CHANGED) {
        Some(hash) => format!("{} with changes", abbreviate(hash)),
        None => abbreviate(commit).to_owned(),
    }
}

/// Returns a command that runs git in a folder, without its arguments.
pub(crate) fn command(folder: &Path) -> Command {
    let mut git = Command::new("git");
    // A file name is literal, even if it contains a star.
    git.args(["--literal-pathspecs", "--no-pager"]);
    for setting in SETTINGS {
        git.args(["-c", setting]);
    }
    for folder in trusted() {
        let mut setting = OsString::from("safe.directory=");
        setting.push(folder);
        git.arg("-c").arg(setting);
    }
    git.arg("-C").arg(folder);
    for variable in redirecting() {
        git.env_remove(variable);
    }
    git.env("LC_ALL", "C")
        // `git status` would rewrite the index.
        .env("GIT_OPTIONAL_LOCKS", "0")
        // A partial clone would fetch missing objects. Old versions know only the second of these.
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_ALLOW_PROTOCOL", "")
        .stdin(Stdio::null());
    git
}

/// Runs git in a folder to its end.
///
/// # Errors
/// If git cannot be started.
pub(crate) fn run<A: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = A>) -> Result<Output, GitError> {
    command(folder).args(arguments).output().map_err(GitError::NoGit)
}

/// Runs git in a folder and returns what it prints on stdout.
///
/// # Errors
/// If git cannot be started, or refuses.
pub(crate) fn query<A: AsRef<OsStr>>(
    folder: &Path,
    arguments: impl IntoIterator<Item = A>,
) -> Result<Vec<u8>, GitError> {
    let arguments: Vec<A> = arguments.into_iter().collect();
    let output = run(folder, &arguments)?;
    if output.status.success() { Ok(output.stdout) } else { Err(GitError::refused(&arguments, &output)) }
}

/// Returns the commits that `git log` lists for these arguments and for the files after them, if any.
///
/// # Errors
/// If git cannot be started, or refuses.
pub(crate) fn log<A: AsRef<OsStr>>(folder: &Path, arguments: &[A], files: &[&Path]) -> Result<Vec<Commit>, GitError> {
    let head = ["log"].into_iter().chain(COMMIT).map(OsStr::new);
    let arguments = head.chain(arguments.iter().map(AsRef::as_ref)).chain([OsStr::new("--")]);
    Ok(read_log(&query(folder, arguments.chain(files.iter().map(|file| file.as_os_str())))?))
}

/// Parses commits in the format of [`COMMIT`].
fn read_log(text: &[u8]) -> Vec<Commit> {
    let text = String::from_utf8_lossy(text);
    let fields: Vec<&str> = text.split_terminator('\0').collect();
    fields.chunks_exact(FIELDS).map(Commit::from_fields).collect()
}

/// Removes the variables of a hook's own repository from a command's environment.
pub(crate) fn leave_hook(command: &mut Command) {
    for variable in HOOK_VARIABLES {
        command.env_remove(variable);
    }
}

/// Returns git's variables in this process's environment, except those that are kept.
fn redirecting() -> impl Iterator<Item = OsString> {
    let names = std::env::vars_os().map(|(name, _)| name);
    names.filter(|name| name.as_encoded_bytes().starts_with(b"GIT_") && !KEPT.iter().any(|kept| name == kept))
}

/// Returns the folders of other users that the user trusts by environment variables, as in containers. Of all settings
/// in the environment, only this one is used, because it decides on trust and not on the repository.
fn trusted() -> &'static [OsString] {
    static TRUSTED: OnceLock<Vec<OsString>> = OnceLock::new();
    TRUSTED.get_or_init(|| {
        if ["GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS"].iter().all(|name| std::env::var_os(name).is_none()) {
            return Vec::new();
        }
        let mut git = Command::new("git");
        leave_hook(&mut git);
        // No configuration file is read, because git reads those itself.
        let output = git
            .args(["config", "-z", "--get-all", "safe.directory"])
            .envs([("GIT_DIR", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")])
            .envs([("HOME", "/dev/null"), ("XDG_CONFIG_HOME", "/dev/null")])
            .output();
        let values = output.map(|output| output.stdout).unwrap_or_default();
        let ended = values.strip_suffix(b"\0").map(|values| values.split(|&byte| byte == 0));
        ended.into_iter().flatten().map(|value| OsString::from_vec(value.to_owned())).collect()
    })
}

/// Returns git's error message as one line.
pub(crate) fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_aside = |line: &&str| line.starts_with("hint: ") || line.starts_with("warning: ");
    let mut chosen: Vec<&str> = lines().filter(|line| !is_aside(line)).collect();
    if chosen.is_empty() {
        chosen = lines().collect();
    }
    let mut joined = String::new();
    for line in chosen {
        let words = ["fatal: ", "error: "].iter().find_map(|prefix| line.strip_prefix(prefix)).unwrap_or(line);
        if !joined.is_empty() {
            joined.push_str(if joined.ends_with([':', '.']) { " " } else { "; " });
        }
        joined.push_str(words);
    }
    if joined.is_empty() { "git failed and gave no reason".to_owned() } else { joined }
}

/// Returns git's warnings, a line each, from a command that succeeded.
pub(crate) fn warnings(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines().filter_map(|line| line.strip_prefix("warning: ")).map(str::to_owned).collect()
}

/// Checks that a repository has the objects that `git rev-list --objects` lists for some arguments. A partial clone
/// lacks files, which it would fetch when they are needed.
///
/// # Errors
/// If a partial clone lacks some.
pub(crate) fn check_objects(folder: &Path, arguments: &[&OsStr]) -> Result<(), GitError> {
    if !is_partial(folder) {
        return Ok(());
    }
    let listed = query(folder, ["rev-list", "--objects", "--missing=print"].map(OsStr::new).iter().chain(arguments));
    match listed {
        Ok(objects) if !objects.split(|&byte| byte == b'\n').any(|line| line.starts_with(b"?")) => Ok(()),
        _ => Err(GitError::Partial(folder.to_owned())),
    }
}

/// Returns whether a repository is a partial clone.
pub(crate) fn is_partial(folder: &Path) -> bool {
    const PROMISED: &str = r"^(extensions\.partialclone|remote\..*\.promisor)$";
    let output = run(folder, ["config", "--get-regexp", PROMISED]);
    output.is_ok_and(|output| output.status.success() && !output.stdout.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    fn output(stderr: &str) -> Output {
        Output { status: ExitStatus::from_raw(128 << 8), stdout: Vec::new(), stderr: stderr.as_bytes().to_owned() }
    }

    #[test]
    fn the_message_of_git_becomes_one_line() {
        for (printed, expected) in [
            ("fatal: bad revision 'x'\n", "bad revision 'x'"),
            ("warning: aside\nfatal: bad revision 'x'\nhint: another\n", "bad revision 'x'"),
            (
                "fatal: detected dubious ownership in repository at '/r'\nTo add an exception for this directory, \
                 call:\n\n\tgit config --global --add safe.directory /r\n",
                "detected dubious ownership in repository at '/r'; To add an exception for this directory, call: git \
                 config --global --add safe.directory /r",
            ),
            ("error: short object ID 1a is ambiguous\nfatal: Needed\n", "short object ID 1a is ambiguous; Needed"),
            ("warning: nothing else\n", "warning: nothing else"),
            ("", "git failed and gave no reason"),
        ] {
            assert_eq!(complaint(&output(printed)), expected);
        }
        assert_eq!(warnings(&output("warning: refname 'v1' is ambiguous.\nother\n")), ["refname 'v1' is ambiguous."]);
    }

    #[test]
    fn commits_with_any_subject_are_read() {
        let text = b"aa\0bb cc\x001767319445\0Merge: \x1b[1m a | b \xff, and so on\0bb\0\0\0\0";
        let [merge, first] = &read_log(text)[..] else { panic!("two commits") };
        assert_eq!(merge.parents, ["bb", "cc"]);
        assert_eq!(merge.date, "2026-01-02T02:04:05Z".parse::<DateTime<Utc>>().expect("a time"));
        assert_eq!(merge.subject, "Merge: \u{1b}[1m a | b \u{fffd}, and so on");
        assert_eq!((first.hash.as_str(), first.parents.len(), first.date), ("bb", 0, DateTime::UNIX_EPOCH));
    }

    #[test]
    fn hashes_are_abbreviated_to_eight_digits() {
        assert_eq!(abbreviate("0123456789abcdef"), "01234567");
        assert_eq!(abbreviate("0123"), "0123");
        assert_eq!(abbreviate("0123456éüß"), "0123456éüß", "the eighth byte is within a character");
    }
}
