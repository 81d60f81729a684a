//! A queue of events for each thread, without locks. memscope itself never calls these functions: a program reports
//! each event, and a thread's first event creates its tracker.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::super::Linked;
use super::LockFree;
use crate::tracking::Recorded;
use crate::tracking::caller::Caller;
use crate::tracking::memscope::modes::Driver;
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

#[cfg(memscope_lock_free = "functions")]
use memscope_rs::capture::backends::lockfree_tracker::{
    finalize_thread_tracker, get_current_tracker, init_thread_tracker, track_allocation_lockfree,
    track_deallocation_lockfree,
};
#[cfg(memscope_lock_free = "sampled")]
use memscope_rs::lockfree::tracker::{
    finalize_thread_tracker, init_thread_tracker, track_allocation_lockfree, track_deallocation_lockfree,
};

/// Creates the tracker of this thread: without sampling if that can be chosen, and else as documented.
#[cfg(not(memscope_lock_free = "none"))]
fn prepare(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    #[cfg(memscope_lock_free = "functions")]
    return init_thread_tracker(folder, Some(1.0));
    #[cfg(memscope_lock_free = "sampled")]
    init_thread_tracker(folder, None)
}

/// A call stack in the form that the functions take. memscope takes none itself: the program passes one, or none.
#[cfg(memscope_lock_free = "functions")]
const CALL_STACK: u64 = 0;
#[cfg(memscope_lock_free = "sampled")]
const CALL_STACK: &[usize] = &[];

/// The folder for the files that trackers write when their thread ends.
#[cfg(not(memscope_lock_free = "none"))]
static FOLDER: OnceLock<PathBuf> = OnceLock::new();

#[cfg(not(memscope_lock_free = "none"))]
impl LockFree for Linked {
    const LOCK_FREE: Result<Driver, &'static str> = Ok(Driver {
        start: |folder| {
            FOLDER.set(folder.to_owned()).expect("a process has one window");
            begin();
            check();
        },
        recorded: Some(recorded),
        end: || {
            finalize_thread_tracker().expect("memscope's file of this thread");
            check();
        },
        has_files: true,
        ..Driver::PLAIN
    });

    #[inline]
    fn lock_free_events(address: usize, allocated: Option<usize>) {
        match STATE.get() {
            State::Ready => {}
            State::New if begin() => {}
            State::New | State::Ended => return,
        }
        let _ = match allocated {
            Some(size) => track_allocation_lockfree(address, size, CALL_STACK),
            None => track_deallocation_lockfree(address, CALL_STACK),
        };
    }
}

/// The reason why a thread has no tracker, if one has none.
#[cfg(not(memscope_lock_free = "none"))]
static FAILURE: OnceLock<String> = OnceLock::new();

/// Creates the tracker of the calling thread. An allocator must not panic, so a thread without a tracker goes on, and
/// [`check`] reports it.
#[cfg(not(memscope_lock_free = "none"))]
#[cold]
fn begin() -> bool {
    let Some(folder) = FOLDER.get() else { return false };
    // Values of a thread are dropped in reverse order of their creation: first the end is noted, then the tracker writes
    // its file, and then it counts as gone.
    GONE.with(|_| LIVE.fetch_add(1, Ordering::SeqCst));
    if let Err(error) = prepare(folder) {
        let _ = FAILURE.set(error.to_string());
        STATE.set(State::Ended);
        return false;
    }
    END.with(|_| STATE.set(State::Ready));
    true
}

/// Panics if a thread has no tracker: without one, its allocations cost nothing.
#[cfg(not(memscope_lock_free = "none"))]
fn check() {
    if let Some(why) = FAILURE.get().filter(|_| !std::thread::panicking()) {
        panic!("memscope creates no tracker for a thread: {why}");
    }
}

/// The state of a thread's tracker.
#[cfg(not(memscope_lock_free = "none"))]
#[derive(Clone, Copy)]
enum State {
    New,
    Ready,
    /// There is none, or no more: an ending thread frees its own memory after its tracker is dropped.
    Ended,
}

/// Notes the end of a thread. The next calls are those with which its tracker writes its file and frees its memory: the
/// tracker does not record them, and they are not the program's.
#[cfg(not(memscope_lock_free = "none"))]
struct End;

#[cfg(not(memscope_lock_free = "none"))]
impl Drop for End {
    fn drop(&mut self) {
        STATE.set(State::Ended);
        Caller::Tracker.becomes();
    }
}

/// The number of threads that began a tracker and whose file is not complete.
#[cfg(not(memscope_lock_free = "none"))]
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// Notes that a thread's tracker is dropped, so that its file is complete.
#[cfg(not(memscope_lock_free = "none"))]
struct Gone;

#[cfg(not(memscope_lock_free = "none"))]
impl Drop for Gone {
    fn drop(&mut self) {
        // The program may free more of the thread's values, and no tracker is left for them.
        Caller::Program.becomes();
        LIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(not(memscope_lock_free = "none"))]
thread_local! {
    static STATE: Cell<State> = const { Cell::new(State::New) };
    static END: End = const { End };
    static GONE: Gone = const { Gone };
}

/// Returns nothing: the record is in the files.
#[cfg(memscope_lock_free = "sampled")]
fn recorded() -> Recorded {
    Recorded::default()
}

/// Returns the record of this thread and of ended threads, or nothing while another thread has a tracker: no function
/// collects the records of all threads, and each thread writes its file when it ends.
#[cfg(memscope_lock_free = "functions")]
#[allow(clippy::unnecessary_cast, reason = "the fields' types differ between versions")]
fn recorded() -> Recorded {
    if LIVE.load(Ordering::SeqCst) > 1 {
        return Recorded::default();
    }
    let Some(tracker) = get_current_tracker() else { return Recorded::default() };
    let stats = tracker.get_stats();
    // Dropping the copy would take the events from the original tracker.
    std::mem::forget(tracker);
    let ended = FOLDER.get().and_then(|folder| in_files(folder).ok()).unwrap_or_default();
    Recorded {
        allocations: Some(stats.total_allocations as u64 + ended[0]),
        deallocations: Some(stats.total_deallocations as u64 + ended[1]),
        ..Recorded::default()
    }
}

/// Returns the allocations and frees in the files of a folder. An event is its kind, its time, and the block's address,
/// size and call stack, of eight bytes each except the first.
#[cfg(memscope_lock_free = "functions")]
fn in_files(folder: &Path) -> std::io::Result<[u64; 2]> {
    const HEAD: &[u8] = b"MEMSCOPE_LOCKFREE";
    const EVENT: usize = 1 + 4 * 8;
    let mut counts = [0; 2];
    for file in std::fs::read_dir(folder)? {
        let content = std::fs::read(file?.path())?;
        for event in content.strip_prefix(HEAD).unwrap_or_default().chunks_exact(EVENT) {
            if let 1..=2 = event[0] {
                counts[usize::from(event[0]) - 1] += 1;
            }
        }
    }
    Ok(counts)
}
