//! Installed programs.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Finds a program in the absolute folders of a search path: the result must not depend on the current folder.
pub(crate) fn find(program: &str, path: &OsStr) -> Option<PathBuf> {
    let runs = |file: &Path| file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0);
    std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(program))
        .find(|file| runs(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_programs_in_absolute_folders_are_found() {
        assert!(find("sh", OsStr::new("/no/such/folder:/bin")).is_some());
        assert_eq!(find("sh", OsStr::new("")), None);
        assert_eq!(find("passwd", OsStr::new("/etc")), None);
    }
}
