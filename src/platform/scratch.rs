//! Temporary folders that are removed when their value is dropped, and also if the run is interrupted.

use crate::platform::interrupt;
use std::io;
use std::path::Path;
use tempfile::TempDir;

/// The beginning of a folder's name.
const PREFIX: &str = "memscope-bench-";

/// Creates a folder in the folder for temporary files. If that folder is missing, or its path is not UTF-8, which tasks
/// need, the new folder is in `/tmp`.
fn in_the_usual_place<F>(create: impl Fn(&Path) -> io::Result<F>) -> io::Result<F> {
    let named = std::env::temp_dir();
    let is_text = std::path::absolute(&named).is_ok_and(|named| named.to_str().is_some());
    let own = is_text.then(|| create(&named)).and_then(Result::ok);
    own.map_or_else(|| create(Path::new("/tmp")), Ok)
}

/// Creates a temporary folder that is only removed when its value is dropped. It is for a process that is measured: a
/// [`Scratch`] starts a thread, and the C library is slower in a process with several. The launcher of a worker removes
/// what the worker leaves.
///
/// # Errors
/// As [`Scratch::new`].
pub(crate) fn plain_folder() -> io::Result<TempDir> {
    in_the_usual_place(|place| tempfile::Builder::new().prefix(PREFIX).tempdir_in(place))
}

/// A temporary folder.
#[derive(Debug)]
pub struct Scratch(TempDir);

impl Scratch {
    /// Creates a folder in the folder for temporary files. If that folder is missing, or its path is not UTF-8, which
    /// tasks need, the new folder is in `/tmp`.
    ///
    /// # Errors
    /// If it cannot be created in either.
    pub fn new() -> io::Result<Self> {
        in_the_usual_place(|place| Self::within(place, PREFIX))
    }

    /// Creates a folder within another one. Its name begins with `prefix`.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn within(place: &Path, prefix: &str) -> io::Result<Self> {
        // Under the lock: a signal removes the folder too, or comes before it.
        let mut held = interrupt::held();
        let folder = tempfile::Builder::new().prefix(prefix).tempdir_in(place)?;
        held.folders.push(folder.path().to_owned());
        Ok(Self(folder))
    }

    /// Returns its path.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // The folder stays registered until it is removed.
        let _ = std::fs::remove_dir_all(self.0.path());
        interrupt::held().folders.retain(|folder| folder != self.0.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_folder_is_registered_while_it_exists() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let scratch = Scratch::within(place.path(), "a-").expect("it can be made");
        let path = scratch.path().to_owned();
        assert!(path.is_dir() && interrupt::held().folders.contains(&path));
        drop(scratch);
        assert!(!path.exists() && !interrupt::held().folders.contains(&path));
    }
}
