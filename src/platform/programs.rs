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
    has_segment(&binary(program)?, INTERPRETER)
}

/// Returns whether a program is for 32 or 64 bits; for a script, its interpreter. `None` if the file is not a known kind
/// of program.
pub(crate) fn bits(program: &Path) -> Option<u32> {
    match binary(program)?.as_slice() {
        [0x7f, b'E', b'L', b'F', 1, ..] => Some(32),
        [0x7f, b'E', b'L', b'F', 2, ..] => Some(64),
        _ => None,
    }
}

/// Returns the content of a program; for a script, of its interpreter.
fn binary(program: &Path) -> Option<Vec<u8>> {
    let bytes = std::fs::read(program).ok()?;
    if let Some(line) = bytes.strip_prefix(b"#!") {
        let line = line.split(|&byte| byte == b'\n').next().unwrap_or_default().trim_ascii_start();
        let interpreter = line.split(|byte| byte.is_ascii_whitespace()).next()?;
        // An interpreter is usually not a script; scripts as interpreters are not followed.
        return std::fs::read(Path::new(OsStr::from_bytes(interpreter))).ok();
    }
    Some(bytes)
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
        assert_eq!(bits(Path::new("/bin/sh")), Some(usize::BITS), "this program is as wide");
        let of_shell = needs_loader(Path::new("/bin/sh"));
        assert!(of_shell.is_some(), "it is a program");
        assert_eq!(file("#! /bin/sh -e\nexit 0\n"), of_shell);
        assert_eq!(file("#!/no/such/interpreter\n"), None);
        assert_eq!((file("a diary"), file("")), (None, None));
        let bits_of = |bytes: &[u8]| {
            let path = folder.path().join("other");
            std::fs::write(&path, bytes).expect("a file");
            bits(&path)
        };
        assert_eq!((bits_of(b"\x7fELF\x01\x01"), bits_of(b"\x7fELF\x02"), bits_of(b"")), (Some(32), Some(64), None));
        assert_eq!(bits_of(b"#!/bin/sh\n"), Some(usize::BITS));
    }
}
