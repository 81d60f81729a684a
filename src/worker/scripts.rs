//! Shell scripts that replace a worker, for tests.

use crate::worker::launcher::{Launcher, Limits};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Writes an executable script, and returns its path. `$folder` is its folder.
pub(crate) fn write(folder: &Path, name: &str, script: &str) -> PathBuf {
    let path = folder.join(name);
    let script = format!("#!/bin/sh\nfolder='{}'\n{script}\n", folder.display());
    fs::write(&path, script).expect("the script is written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("the script may run");
    path
}

/// Returns a command with which a script stops itself, and is continued after this many seconds. The signal is sent
/// again and again, since on a busy machine the first may come before the script has stopped.
pub(crate) fn suspension(seconds: f64) -> String {
    format!(
        "(while sleep {seconds} && kill -CONT $$; do :; done) >/dev/null 2>&1 </dev/null & kill -STOP $$; kill $!; wait"
    )
}

/// Returns a launcher of a script, and the script's folder.
pub(crate) fn launcher(script: &str, limits: Limits) -> (TempDir, Launcher) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = write(folder.path(), "program", script);
    (folder, Launcher::new(program, limits))
}
