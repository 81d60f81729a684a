//! Libraries that `LD_PRELOAD` loads into a program before it starts.

use crate::platform::scratch::Scratch;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The variable that names these libraries.
pub(crate) const VARIABLE: &str = "LD_PRELOAD";

/// Returns whether the variable can name a path: the loader splits it at spaces and colons, and expands a `$`.
fn can_be_named(path: &Path) -> bool {
    !path.as_os_str().as_bytes().iter().any(|byte| byte.is_ascii_whitespace() || matches!(byte, b':' | b'$'))
}

/// Creates temporary folders, first in the user's own folder for them, then in others in case no code can run from
/// there. `beside` is a folder from which programs can run.
pub(crate) fn folders(beside: &Path) -> impl Iterator<Item = Scratch> {
    let places = [std::env::temp_dir(), "/tmp".into(), "/var/tmp".into(), beside.to_owned(), "/dev/shm".into()];
    let places = places.into_iter().filter_map(|place| std::path::absolute(place).ok());
    places.filter_map(|place| Scratch::within(&place, "memscope-bench-").ok())
}

/// Returns a path of the library that the variable can name: its own path, or the path of a link. The link's folder is
/// removed when the value is dropped.
///
/// # Errors
/// If no such link can be made.
pub(crate) fn named(library: &Path, beside: &Path) -> io::Result<(PathBuf, Option<Scratch>)> {
    if can_be_named(library) {
        return Ok((library.to_owned(), None));
    }
    let folder = folders(beside)
        .find(|folder| can_be_named(folder.path()))
        .ok_or_else(|| io::Error::other("no temporary folder has a plain name"))?;
    let link = folder.path().join("library.so");
    symlink(library, &link)?;
    Ok((link, Some(folder)))
}

/// Compiles the source of a library, with these options and further libraries after it.
///
/// # Errors
/// The compiler's message on one line, or the reason why it does not start.
pub(crate) fn compile(
    compiler: &Path,
    options: &[&str],
    source: &Path,
    further: &[&str],
    library: &Path,
) -> Result<(), String> {
    let mut command = Command::new(compiler);
    command.args(options).args(["-shared", "-fPIC", "-o"]).args([library, source]).args(further);
    let made = command.output().map_err(|error| format!("{} cannot be started: {error}", compiler.display()))?;
    let errors = String::from_utf8_lossy(&made.stderr);
    if made.status.success() { Ok(()) } else { Err(errors.split_whitespace().collect::<Vec<_>>().join(" ")) }
}

/// Returns the loader's line on standard error about a library that it could not load.
pub(crate) fn refusal(errors: &str) -> Option<&str> {
    errors.lines().find(|line| line.contains("cannot be preloaded"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_splits_paths() {
        assert!(can_be_named(Path::new("/tmp/a-b_c.d/lib.so")));
        for split in ["/tmp/a b/lib.so", "/tmp/a:b/lib.so", "/tmp/$LIB/lib.so", "/tmp/a\tb"] {
            assert!(!can_be_named(Path::new(split)), "{split}");
        }
    }

    #[test]
    fn a_library_in_a_folder_that_the_loader_splits_gets_a_link() {
        let folder = tempfile::Builder::new().prefix("a b").tempdir().expect("a temporary folder");
        let library = folder.path().join("lib.so");
        std::fs::write(&library, "code").expect("a file");
        let (name, _link) = named(&library, Path::new("/")).expect("a link");
        assert!(can_be_named(&name) && std::fs::read_to_string(&name).expect("it leads there") == "code");
        let plain = Path::new("/usr/lib/lib.so");
        assert_eq!(named(plain, Path::new("/")).expect("itself").0, plain);
    }

    #[test]
    fn the_loaders_refusal_is_found() {
        let said = "x\nERROR: ld.so: object '/a' from LD_PRELOAD cannot be preloaded (failed to map): ignored.\ny";
        assert!(refusal(said).expect("it is there").starts_with("ERROR: ld.so"));
        assert_eq!(refusal("all is well"), None);
    }
}
