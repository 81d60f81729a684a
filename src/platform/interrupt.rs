//! The end of this process by Ctrl-C, by `kill`, or by the end of its terminal: children end with it, and temporary
//! folders are removed.
//!
//! A signal ends a process without running any destructor, so a thread waits for it: it ends the children, removes the
//! folders, and then ends the process as the signal would have done. It is started with the first of them. While this
//! process runs a program of the user's, a signal is the program's.

use crate::platform::{signals, tree};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::Duration;

/// The folders and children that exist now.
static HELD: Mutex<Held> = Mutex::new(Held { folders: Vec::new(), children: Vec::new(), program: None });

/// Folders and children that end with this process.
#[derive(Debug)]
pub(super) struct Held {
    /// Temporary folders.
    pub(super) folders: Vec<PathBuf>,
    /// The numbers of children.
    pub(super) children: Vec<u32>,
    /// The number of the user's program that this process runs.
    pub(super) program: Option<u32>,
}

/// Returns the folders and children that end with this process, to add or remove one.
pub(super) fn held() -> MutexGuard<'static, Held> {
    static WATCHING: Once = Once::new();
    // Without the thread, an interrupted run leaves everything behind, and nothing else happens.
    WATCHING.call_once(|| _ = watch());
    lock()
}

fn lock() -> MutexGuard<'static, Held> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the thread that waits for a signal.
fn watch() -> io::Result<()> {
    let (mut reader, writer) = UnixStream::pair()?;
    let watched = [SIGHUP, SIGINT, SIGTERM].map(|number| (number, Arc::new(AtomicBool::new(false))));
    let seen = watched.clone();
    // It comes first: a signal that nobody waits for would have no effect.
    thread::Builder::new().spawn(move || {
        while reader.read_exact(&mut [0]).is_ok() {
            let came = seen.iter().filter(|(_, has_come)| has_come.swap(false, Ordering::SeqCst));
            came.for_each(|&(number, _)| handle(number));
        }
    })?;
    // A process of `nohup` or of a shell's background job is started with a signal ignored. It stays so.
    for (number, has_come) in watched.iter().filter(|&&(number, _)| !signals::is_ignored(number)) {
        // In this order: the thread wakes up when the number is there.
        flag::register(*number, Arc::clone(has_come))?;
        low_level::pipe::register(*number, writer.try_clone()?)?;
    }
    Ok(())
}

/// Passes a signal on to the user's program, or else ends this process.
fn handle(number: i32) {
    let held = lock();
    match held.program.map(|program| Pid::from_raw(program as i32)) {
        // The terminal sends it to the program too.
        Some(_) if number == SIGINT => {}
        Some(program) => _ = Signal::try_from(number).map(|signal| kill(program, signal)),
        None => {
            end_all(held);
            let _ = low_level::emulate_default_handler(number);
        }
    }
}

/// Ends all children and removes all folders. The lock is kept: nothing is added before the process ends, and nobody
/// reports the end of a child.
fn end_all(held: MutexGuard<Held>) {
    /// A child that is being interrupted too may still write into a folder.
    const TRIES: usize = 5;
    held.children.iter().for_each(|&child| tree::end(child));
    let folders = &held.folders;
    for _ in 0..TRIES {
        let are_gone = folders.iter().map(std::fs::remove_dir_all).filter(Result::is_ok).count() == folders.len();
        if are_gone || !folders.iter().any(|folder| folder.exists()) {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    std::mem::forget(held);
}
