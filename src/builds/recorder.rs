//! The library that records an unmodified program, compiled from its source once and kept in the build cache.

use crate::platform::files;
use crate::platform::programs::find;
use crate::platform::scratch::Scratch;
use crate::trace::PRELOADED;
use crate::worker::preload;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

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

/// Returns the path of the library in the build cache, and compiles it if it is missing.
///
/// # Errors
/// If it cannot be compiled, or the folder cannot be written to.
pub(crate) fn library(cache: &Path) -> Result<PathBuf, RecorderError> {
    let mut hasher = DefaultHasher::new();
    (PRELOADED, OPTIONS, LIBRARIES).hash(&mut hasher);
    let folder = std::path::absolute(cache).unwrap_or_else(|_| cache.to_owned());
    let library = folder.join(format!("recorder-{:016x}.so", hasher.finish()));
    if library.is_file() {
        return Ok(library);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let compiler = find("cc", &path).ok_or(RecorderError::NoCompiler)?;
    let failed = |source| RecorderError::File { path: library.clone(), source };
    fs::create_dir_all(&folder).map_err(failed)?;
    let scratch = Scratch::within(&folder, ".memscope-bench-").map_err(failed)?;
    let [source, made] = ["recorder.c", "recorder.so"].map(|name| scratch.path().join(name));
    fs::write(&source, PRELOADED).map_err(failed)?;
    preload::compile(&compiler, &OPTIONS, &source, &LIBRARIES, &made).map_err(RecorderError::NotCompiled)?;
    files::copy_program(&made, &library).map_err(failed)?;
    Ok(library)
}
