//! The library that records an unmodified program, compiled from its source once and kept in the build cache.

use crate::platform::allocator::Allocator;
use crate::platform::environment;
use crate::platform::files;
use crate::platform::programs::find;
use crate::platform::scratch::{HIDDEN, Scratch};
use crate::trace::PRELOADED;
use crate::worker::preload;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The compiler's options. The libraries after them are parts of newer C libraries.
const OPTIONS: [&str; 3] = ["-std=gnu11", "-O2", "-pthread"];
const LIBRARIES: [&str; 1] = ["-ldl"];

/// The reason why the library is not available.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// There is no compiler.
    #[error(
        "recording an unmodified program needs the C compiler cc, which is not installed: install it (Debian: apt-get \
         install gcc), or add memscope_bench::RecordingAllocator to the program"
    )]
    NoCompiler,
    /// The compiler fails.
    #[error("cc does not compile the recorder: {0}")]
    NotCompiled(String),
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
}

/// Returns the path of the library in the build cache, and compiles it if it is missing, or if the system's loader
/// refuses it: machines with other processors or C libraries may share the cache.
///
/// # Errors
/// If it cannot be compiled, or the folder cannot be written to.
pub(crate) fn library(cache: &Path) -> Result<PathBuf, RecorderError> {
    let folder = std::path::absolute(cache).unwrap_or_else(|_| cache.to_owned());
    let library = folder.join(name(std::env::consts::ARCH, &Allocator::here().system));
    if library.is_file() && !is_refused(&library) {
        return Ok(library);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let compiler = find("cc", &path).ok_or(RecorderError::NoCompiler)?;
    let failed = |source| RecorderError::File { path: library.clone(), source };
    fs::create_dir_all(&folder).map_err(failed)?;
    let scratch = Scratch::within(&folder, HIDDEN).map_err(failed)?;
    let [source, made] = ["recorder.c", "recorder.so"].map(|name| scratch.path().join(name));
    fs::write(&source, PRELOADED).map_err(failed)?;
    preload::compile(&compiler, &OPTIONS, &source, &LIBRARIES, &made).map_err(RecorderError::NotCompiled)?;
    files::copy_program(&made, &library).map_err(failed)?;
    Ok(library)
}

/// Returns the library's name for a processor and a C library.
fn name(processor: &str, system: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (PRELOADED, OPTIONS, LIBRARIES, processor, system).hash(&mut hasher);
    format!("recorder-{:016x}.so", hasher.finish())
}

/// Returns whether the system's loader says that it cannot load a library, into a program that does nothing.
fn is_refused(library: &Path) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let Some(program) = find("true", &path) else { return false };
    let Ok((library, _link)) = preload::named(library, library.parent().unwrap_or(library)) else { return false };
    let mut command = Command::new(program);
    command.env(preload::VARIABLE, library).env_remove(environment::TRACE).stdin(Stdio::null());
    command.output().is_ok_and(|output| preload::refusal(&String::from_utf8_lossy(&output.stderr)).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_processor_and_c_library_has_its_own_library() {
        let names = [("x86_64", "glibc 2.36"), ("aarch64", "glibc 2.36"), ("x86_64", "glibc 2.31"), ("x86_64", "musl")];
        let names: std::collections::BTreeSet<String> = names.map(|(one, other)| name(one, other)).into();
        assert_eq!(names.len(), 4);
    }

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn a_library_that_the_loader_refuses_is_compiled_again() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        match library(folder.path()) {
            Ok(made) => {
                let good = fs::read(&made).expect("the library");
                assert!(!is_refused(&made));
                // As from a machine with another processor.
                fs::write(&made, "\x7fELF of another machine").expect("a file");
                assert!(is_refused(&made));
                assert_eq!(library(folder.path()).expect("it is compiled"), made);
                assert_eq!(fs::read(&made).expect("the library").len(), good.len());
            }
            Err(RecorderError::NoCompiler) => crate::platform::console::complain("skipped: there is no C compiler"),
            Err(error) => panic!("{error}"),
        }
    }
}
