//! Temporary folders that are removed with their value, and also if the run is interrupted by Ctrl-C, by `kill`, or by
//! the end of its terminal.
//!
//! A signal ends a process without running any destructor, so a thread waits for it: it removes the folders, and then
//! ends the process as the signal would have done. It is started with the first folder.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// The folders that exist now.
static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A temporary folder.
#[derive(Debug)]
pub struct Scratch(TempDir);

impl Scratch {
    /// Makes a folder in the user's place for temporary files, or in the usual one where there is no such place or its
    /// path is no text: a task names its files as text.
    ///
    /// # Errors
    /// If it cannot be made in either.
    pub fn new() -> io::Result<Self> {
        const PREFIX: &str = "memscope-bench-";
        let named = std::env::temp_dir();
        let is_text = std::path::absolute(&named).is_ok_and(|named| named.to_str().is_some());
        let own = is_text.then(|| Self::within(&named, PREFIX)).and_then(Result::ok);
        own.map_or_else(|| Self::within(Path::new("/tmp"), PREFIX), Ok)
    }

    /// Makes a folder within another one. Its name begins with `prefix`.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn within(place: &Path, prefix: &str) -> io::Result<Self> {
        static WATCHING: Once = Once::new();
        // Without the thread, an interrupted run leaves its folders behind, and nothing else happens.
        WATCHING.call_once(|| _ = watch());
        let mut folders = folders();
        let folder = tempfile::Builder::new().prefix(prefix).tempdir_in(place)?;
        folders.push(folder.path().to_owned());
        Ok(Self(folder))
    }

    /// Returns its path.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It is known until it is gone.
        let _ = std::fs::remove_dir_all(self.0.path());
        folders().retain(|folder| folder != self.0.path());
    }
}

fn folders() -> MutexGuard<'static, Vec<PathBuf>> {
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the thread that waits for a signal.
fn watch() -> io::Result<()> {
    let (mut reader, writer) = UnixStream::pair()?;
    let signal = Arc::new(AtomicUsize::new(0));
    let wanted: Vec<i32> = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|&signal| !is_ignored(signal)).collect();
    for number in wanted {
        // In this order: the thread wakes up when the number is there.
        flag::register_usize(number, Arc::clone(&signal), number as usize)?;
        low_level::pipe::register(number, writer.try_clone()?)?;
    }
    thread::Builder::new().spawn(move || {
        if reader.read_exact(&mut [0]).is_ok() {
            remove_all();
            let _ = low_level::emulate_default_handler(signal.load(Ordering::SeqCst) as i32);
        }
    })?;
    Ok(())
}

/// Removes all folders. The lock is kept: no other one is made before the process ends.
fn remove_all() {
    /// A child that is being interrupted too may still write into a folder.
    const TRIES: usize = 5;
    let folders = folders();
    for _ in 0..TRIES {
        let are_gone = folders.iter().map(std::fs::remove_dir_all).filter(Result::is_ok).count() == folders.len();
        if are_gone || !folders.iter().any(|folder| folder.exists()) {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    std::mem::forget(folders);
}

/// Returns whether this process was started with a signal ignored, as a shell's background jobs are. It stays so.
fn is_ignored(signal: i32) -> bool {
    #[cfg(target_os = "linux")]
    if let Ok(status) = procfs::process::Process::myself().and_then(|process| process.status()) {
        return status.sigign >> (signal - 1) & 1 == 1;
    }
    let _ = signal;
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_known_as_long_as_it_exists() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let scratch = Scratch::within(place.path(), "a-").expect("it can be made");
        let path = scratch.path().to_owned();
        assert!(path.is_dir() && folders().contains(&path));
        drop(scratch);
        assert!(!path.exists() && !folders().contains(&path));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn an_ignored_signal_is_recognised() {
        // Rust's runtime ignores it.
        assert!(is_ignored(signal_hook::consts::SIGPIPE));
        assert!(!is_ignored(signal_hook::consts::SIGUSR2));
    }
}
