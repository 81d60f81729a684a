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

/// The kind of a program; of a script, that of its interpreter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kind {
    /// True if the system's loader starts it, so that libraries can be preloaded. `None` if it is not a known kind of
    /// program.
    pub needs_loader: Option<bool>,
    /// 32 or 64 bits. `None` if it is not a known kind of program.
    pub bits: Option<u32>,
}

/// Returns the kind of a program.
pub(crate) fn kind(program: &Path) -> Kind {
    /// The segment that names the loader.
    const INTERPRETER: u32 = 3;
    let Some(binary) = binary(program) else { return Kind::default() };
    let bits = match binary.as_slice() {
        [0x7f, b'E', b'L', b'F', 1, ..] => Some(32),
        [0x7f, b'E', b'L', b'F', 2, ..] => Some(64),
        _ => None,
    };
    Kind { needs_loader: has_segment(&binary, INTERPRETER), bits }
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
            kind(&path).needs_loader
        };
        assert_eq!(kind(Path::new("/bin/sh")).bits, Some(usize::BITS), "this program is as wide");
        let of_shell = kind(Path::new("/bin/sh")).needs_loader;
        assert!(of_shell.is_some(), "it is a program");
        assert_eq!(file("#! /bin/sh -e\nexit 0\n"), of_shell);
        assert_eq!(file("#!/no/such/interpreter\n"), None);
        assert_eq!((file("a diary"), file("")), (None, None));
        let bits_of = |bytes: &[u8]| {
            let path = folder.path().join("other");
            std::fs::write(&path, bytes).expect("a file");
            kind(&path).bits
        };
        assert_eq!((bits_of(b"\x7fELF\x01\x01"), bits_of(b"\x7fELF\x02"), bits_of(b"")), (Some(32), Some(64), None));
        assert_eq!(bits_of(b"#!/bin/sh\n"), Some(usize::BITS));
    }
}
