//! Runs git always in the same way: the folder that is named decides what it answers. Neither the hook that this program
//! runs in, nor the user's configuration, changes the answers, and nothing is written into a repository.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// The variables of git's that remain: where git and its configuration are, where the search for a repository ends, and
/// git's own switch for testing how it treats a folder of another user.
///
/// All others are removed. A hook, an alias or `git rebase --exec` names its own repository, index, objects and settings
/// by them (`git rev-parse --local-env-vars` lists those of today), and here a path names the repository.
const KEPT: [&str; 7] = [
    "GIT_CEILING_DIRECTORIES",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_EXEC_PATH",
    "GIT_TEST_ASSUME_DIFFERENT_OWNER",
];

/// The variables by which a hook passes on its repository. They mislead whatever asks git in another one.
const OF_A_HOOK: [&str; 8] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_WORK_TREE",
];

/// Settings under which reading neither runs a program of the user's nor prints other than what is asked for.
const SETTINGS: [&str; 5] = [
    // A short hash means a commit, as it does for `git log`.
    "core.disambiguate=committish",
    // Empty means none in every version: old ones take `false` for the name of a program.
    "core.fsmonitor=",
    "core.hooksPath=/dev/null",
    "log.follow=false",
    "log.showSignature=false",
];

/// git in a folder, without its arguments.
pub fn command(folder: &Path) -> Command {
    let mut git = Command::new("git");
    // The name of a file is a name, even if it has a star in it.
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
        // A partial clone would fetch what it lacks. Old versions know only the second of these.
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_ALLOW_PROTOCOL", "")
        .stdin(Stdio::null());
    git
}

/// Removes from a command's environment what a hook says of its own repository.
pub fn leave_hook(command: &mut Command) {
    for variable in OF_A_HOOK {
        command.env_remove(variable);
    }
}

/// The variables of git's in this process's environment, except those that are kept.
fn redirecting() -> impl Iterator<Item = OsString> {
    let names = std::env::vars_os().map(|(name, _)| name);
    names.filter(|name| name.as_encoded_bytes().starts_with(b"GIT_") && !KEPT.iter().any(|kept| name == kept))
}

/// The folders of other users that the user trusts by the environment, as containers do. This is the one setting of the
/// environment that counts: it says who may be trusted, not which repository is meant.
fn trusted() -> &'static [OsString] {
    static TRUSTED: OnceLock<Vec<OsString>> = OnceLock::new();
    TRUSTED.get_or_init(|| {
        if ["GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS"].iter().all(|name| std::env::var_os(name).is_none()) {
            return Vec::new();
        }
        let mut git = Command::new("git");
        leave_hook(&mut git);
        // Without the configuration of any file: git reads that by itself.
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

/// What git complained of, in its own words, as one line.
pub fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_aside = |line: &&str| line.starts_with("hint: ") || line.starts_with("warning: ");
    let mut said: Vec<&str> = lines().filter(|line| !is_aside(line)).collect();
    if said.is_empty() {
        said = lines().collect();
    }
    let mut told = String::new();
    for line in said {
        let words = ["fatal: ", "error: "].iter().find_map(|prefix| line.strip_prefix(prefix)).unwrap_or(line);
        if !told.is_empty() {
            told.push_str(if told.ends_with([':', '.']) { " " } else { "; " });
        }
        told.push_str(words);
    }
    if told.is_empty() { "git failed without a word".to_owned() } else { told }
}

/// What git warned of, a line each, although it did what it was asked to.
pub fn warnings(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines().filter_map(|line| line.strip_prefix("warning: ")).map(str::to_owned).collect()
}

/// Returns whether a repository is a partial clone, which lacks files that it would fetch when they are needed.
pub fn is_partial(folder: &Path) -> bool {
    const PROMISED: &str = r"^(extensions\.partialclone|remote\..*\.promisor)$";
    let output = command(folder).args(["config", "--get-regexp", PROMISED]).output();
    output.is_ok_and(|output| output.status.success() && !output.stdout.is_empty())
}

/// Returns whether a partial clone lacks some of the objects that `git rev-list --objects` lists for these arguments.
pub fn lacks_objects(folder: &Path, arguments: &[&OsStr]) -> bool {
    let output = command(folder).args(["rev-list", "--objects", "--missing=print"]).args(arguments).output();
    output.is_ok_and(|output| {
        !output.status.success() || output.stdout.split(|&b| b == b'\n').any(|line| line.starts_with(b"?"))
    })
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
    fn a_complaint_is_one_line_of_git_s_own_words() {
        for (said, told) in [
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
            ("", "git failed without a word"),
        ] {
            assert_eq!(complaint(&output(said)), told);
        }
        assert_eq!(warnings(&output("warning: refname 'v1' is ambiguous.\nother\n")), ["refname 'v1' is ambiguous."]);
    }
}
