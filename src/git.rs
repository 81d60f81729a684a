//! How git is asked: always in the same way, so that neither the user's own configuration nor the hook of another
//! repository changes what it answers.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// git in a folder, without its arguments.
pub fn command(folder: &Path) -> Command {
    let mut git = Command::new("git");
    // A file's name is a name, even if it has a star in it.
    git.args(["--literal-pathspecs", "--no-pager", "-c", "log.follow=false", "-c", "log.showSignature=false", "-C"])
        .arg(folder)
        .env("LC_ALL", "C")
        // Within a hook of another repository, these would name that one.
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .stdin(Stdio::null());
    git
}

/// The first line of what git complained of.
pub fn complaint(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().next().unwrap_or("git failed without a word");
    line.strip_prefix("fatal: ").unwrap_or(line).to_owned()
}
