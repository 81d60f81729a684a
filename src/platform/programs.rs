//! Installed programs.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Finds a program in the absolute folders of a search path, so that the result does not depend on the working
/// directory.
pub(crate) fn find(program: &str, path: &OsStr) -> Option<PathBuf> {
    let runs = |file: &Path| file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0);
    std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(program))
        .find(|file| runs(file))
}

/// Returns whether the system's loader starts a program, so that libraries can be preloaded; for a script, this depends
/// on its interpreter. `None` if the file is not a known kind of program.
pub(crate) fn needs_loader(program: &Path) -> Option<bool> {
    /// The segment that names the loader.
    const INTERPRETER: u32 = 3;
    let bytes = std::fs::read(program).ok()?;
    if let Some(line) = bytes.strip_prefix(b"#!") {
        let line = line.split(|&byte| byte == b'\n').next().unwrap_or_default().trim_ascii_start();
        let interpreter = line.split(|byte| byte.is_ascii_whitespace()).next()?;
        // An interpreter is usually not a script; scripts as interpreters are not followed.
        let interpreter = std::fs::read(Path::new(OsStr::from_bytes(interpreter))).ok()?;
        return has_segment(&interpreter, INTERPRETER);
    }
    has_segment(&bytes, INTERPRETER)
}

fn has_segment(program: &[u8], kind: u32) -> Option<bool> {
    let program = elf::ElfBytes::<elf::endian::AnyEndian>::minimal_parse(program).ok()?;
    Some(program.segments()?.iter().any(|segment| segment.p_type == kind))
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

    #[test]
    #[cfg(target_os = "linux")]
    fn a_script_needs_the_loader_of_its_interpreter() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = |text: &str| {
            let path = folder.path().join("file");
            std::fs::write(&path, text).expect("a file");
            needs_loader(&path)
        };
        let of_shell = needs_loader(Path::new("/bin/sh"));
        assert!(of_shell.is_some(), "it is a program");
        assert_eq!(file("#! /bin/sh -e\nexit 0\n"), of_shell);
        assert_eq!(file("#!/no/such/interpreter\n"), None);
        assert_eq!((file("a diary"), file("")), (None, None));
    }
}
