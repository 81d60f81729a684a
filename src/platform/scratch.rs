//! Temporary folders that are removed when their value is dropped, and also if the run is interrupted. A run that is
//! killed at once removes nothing, so a later run in the same place does ([`remove_leftovers`]).

use crate::platform::interrupt;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// The beginning of the names of temporary files and folders in places that users look into.
pub(crate) const HIDDEN: &str = ".memscope-bench-";
/// The age at which one is a leftover. Those of a running program are renamed or removed within minutes.
const LEFTOVER: Duration = Duration::from_secs(60 * 60);

/// The beginning of the name of a folder among other temporary ones.
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

/// Removes the temporary files and folders that killed runs left in a folder. One that cannot be removed only takes
/// space.
pub(crate) fn remove_leftovers(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_ours = || interrupt::held().folders.contains(&path);
        if !entry.file_name().as_encoded_bytes().starts_with(HIDDEN.as_bytes()) || is_ours() {
            continue;
        }
        // Of the entry itself, not of what a link leads to.
        let Ok(about) = entry.metadata() else { continue };
        if about.modified().is_ok_and(|time| time.elapsed().is_ok_and(|age| age >= LEFTOVER)) {
            let _ = if about.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_run_left_is_removed_by_a_later_one() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| place.path().join(name);
        let own = Scratch::within(place.path(), HIDDEN).expect("it can be made");
        let own = own.path();
        for folder in [".memscope-bench-old", ".memscope-bench-new", "memscope-bench-old"] {
            fs::create_dir_all(path(folder).join("inner")).expect("a folder");
        }
        fs::write(path(".memscope-bench-file"), "").expect("a file");
        let earlier = std::time::SystemTime::now() - LEFTOVER;
        for old in [path(".memscope-bench-old"), path("memscope-bench-old"), path(".memscope-bench-file"), own.into()] {
            fs::File::open(old).and_then(|file| file.set_modified(earlier)).expect("an older one");
        }
        remove_leftovers(place.path());
        assert!(!path(".memscope-bench-old").exists() && !path(".memscope-bench-file").exists());
        assert!(path(".memscope-bench-new").exists(), "another run may be writing it");
        assert!(path("memscope-bench-old").exists(), "it is a user's own");
        assert!(own.exists(), "this process still has it");
        remove_leftovers(&path("no folder"));
    }

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
