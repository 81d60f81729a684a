//! The allocator under the trackers in this process: a preloaded or linked library may have replaced the one from
//! compile time.

use std::fmt;
use std::fs;
use std::path::PathBuf;

/// The allocator of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allocator {
    /// The C library, with its version if it has one.
    pub system: String,
    /// The file of a library that replaced the allocator.
    pub instead: Option<String>,
}

impl Allocator {
    /// Returns the allocator of this process, in a few milliseconds.
    pub(crate) fn here() -> Self {
        Self::of(&loaded())
    }

    /// Returns the allocator of a process with these libraries, in the order of their addresses.
    fn of(libraries: &[PathBuf]) -> Self {
        let is_named = |path: &&PathBuf, names: &[&str]| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            names.iter().any(|begin| name.starts_with(begin))
        };
        let glibc = libraries.iter().find(|path| is_named(path, &["libc.so.6", "libc-2."]));
        let musl = libraries.iter().any(|path| is_named(&path, &["ld-musl-", "libc.musl-"]));
        let system = match glibc {
            Some(path) => fs::read(path)
                .ok()
                .and_then(|file| glibc_version(&file))
                .map_or("glibc".into(), |v| format!("glibc {v}")),
            None if musl => "musl".to_owned(),
            None if cfg!(target_env = "gnu") => "glibc".to_owned(),
            None if cfg!(target_env = "musl") => "musl".to_owned(),
            None => "system".to_owned(),
        };
        // The C library and its loader have a `malloc` too.
        let own = ["libc.so", "libc-", "ld-", "ld.so", "ld64.", "libc.musl-"];
        let instead = libraries
            .iter()
            .filter(|path| !is_named(path, &own))
            .find(|path| fs::read(path).is_ok_and(|file| brings_malloc(&file)))
            .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
        Self { system, instead }
    }
}

/// The text between a library and the system's allocator that it replaced, in an allocator's name.
const IN_PLACE: &str = ", in the place of the system's";

impl fmt::Display for Allocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.instead {
            None if self.system == "system" => f.write_str("system malloc"),
            None => write!(f, "system ({} malloc)", self.system),
            Some(library) => write!(f, "{library}{IN_PLACE} ({} malloc)", self.system),
        }
    }
}

/// Returns the library that replaced the system's allocator, from an allocator's name in a file.
pub(crate) fn replacing(allocator: &str) -> Option<&str> {
    allocator.split_once(IN_PLACE).map(|(library, _)| library)
}

/// Returns the files of this process's shared libraries, each once; none if the system does not report them.
fn loaded() -> Vec<PathBuf> {
    #[cfg(target_os = "linux")]
    if let Ok(maps) = procfs::process::Process::myself().and_then(|process| process.maps()) {
        let program = std::env::current_exe().ok();
        let mut files: Vec<PathBuf> = Vec::new();
        for map in maps {
            if let procfs::process::MMapPath::Path(path) = map.pathname
                && Some(&path) != program.as_ref()
                && is_library(&path)
                && !files.contains(&path)
            {
                files.push(path);
            }
        }
        return files;
    }
    Vec::new()
}

/// Returns whether a mapped file is a library, by its name. Other files may be huge, and are not read.
#[cfg(target_os = "linux")]
fn is_library(path: &std::path::Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".so") || name.contains(".so.") || name.starts_with("ld-") || name.starts_with("libc-")
}

/// Returns the version in the file of a glibc: `2.36` of `GNU C Library (Debian GLIBC 2.36-9) stable release version
/// 2.36.`
fn glibc_version(file: &[u8]) -> Option<String> {
    let after =
        |text: &[u8], what: &[u8]| text.windows(what.len()).position(|window| window == what).map(|at| at + what.len());
    let banner = &file[after(file, b"GNU C Library ")?..];
    let banner = &banner[..banner.len().min(200)];
    let version = &banner[after(banner, b" version ")?..];
    let end = version.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.').unwrap_or(version.len());
    let version = std::str::from_utf8(&version[..end]).ok()?.trim_end_matches('.');
    (!version.is_empty()).then(|| version.to_owned())
}

/// Returns whether a shared library exports `malloc`.
fn brings_malloc(file: &[u8]) -> bool {
    let defines = || {
        let library = elf::ElfBytes::<elf::endian::AnyEndian>::minimal_parse(file).ok()?;
        let (symbols, names) = library.dynamic_symbol_table().ok()??;
        Some(symbols.iter().any(|symbol| {
            !symbol.is_undefined() && names.get_raw(symbol.st_name as usize).is_ok_and(|name| name == b"malloc")
        }))
    };
    defines().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_glibc_is_read() {
        let file = b"\0\0GNU C Library (Debian GLIBC 2.36-9+deb12u9) stable release version 2.36.\nCopyright";
        assert_eq!(glibc_version(file).as_deref(), Some("2.36"));
        assert_eq!(
            glibc_version(b"GNU C Library (x) development release version 2.42.9000."),
            Some("2.42.9000".to_owned())
        );
        assert_eq!(glibc_version(b"GNU C Library"), None);
        assert_eq!(glibc_version(b""), None);
    }

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn this_process_has_the_system_s_allocator() {
        let here = Allocator::here();
        assert!(here.system.starts_with("glibc 2."), "{here}");
        if std::env::var_os("LD_PRELOAD").is_none() {
            assert_eq!(here.instead, None, "{here}");
        }
        let libc = loaded().into_iter().find(|path| path.ends_with("libc.so.6")).expect("glibc is loaded");
        assert!(brings_malloc(&fs::read(&libc).expect("it can be read")));
        // The same file under another name is another library.
        let folder = tempfile::tempdir().expect("a temporary folder");
        let other = folder.path().join("libother.so.2");
        fs::copy(&libc, &other).expect("it can be copied");
        assert_eq!(Allocator::of(&[libc, other]).instead.as_deref(), Some("libother.so.2"));
    }

    #[test]
    fn a_file_that_is_not_a_library_has_no_allocator() {
        assert!(!brings_malloc(b""));
        assert!(!brings_malloc(b"\x7fELF and no more"));
        assert_eq!(Allocator { system: "glibc 2.36".into(), instead: None }.to_string(), "system (glibc 2.36 malloc)");
    }
}
