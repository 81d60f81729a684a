//! Tests of threads: several at once, blocks that change threads, and threads that end.

use super::blocks::{first_wrong, layout};
use super::counts::compare;
use super::raw::{Block, at_the_end_of_this_thread};
use super::{Passed, Subject, Unmet, expect};
use crate::tracking::Recorded;
use std::cell::RefCell;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Barrier, Mutex, PoisonError};
use std::thread;

/// Runs a function on threads that exist from before the window opens until after it has closed, and returns the counts
/// before and after it. The counts exclude the allocations of starting and ending threads.
fn on_threads(subject: &dyn Subject, threads: usize, run: impl Fn(usize) + Sync) -> (Recorded, Recorded) {
    let [standing, begin, done, closed] = std::array::from_fn(|_| Barrier::new(threads + 1));
    thread::scope(|scope| {
        for number in 0..threads {
            let (run, barriers) = (&run, [&standing, &begin, &done, &closed]);
            scope.spawn(move || {
                let [standing, begin, done, closed] = barriers;
                standing.wait();
                begin.wait();
                run(number);
                done.wait();
                closed.wait();
            });
        }
        standing.wait();
        let before = subject.counts();
        subject.window(&mut || {
            begin.wait();
            done.wait();
        });
        let after = subject.counts();
        closed.wait();
        (before, after)
    })
}

/// Returns the counts of this many blocks of a size, all of them freed.
fn freed(blocks: usize, size: usize) -> Recorded {
    Recorded {
        allocations: Some(blocks as u64),
        deallocations: Some(blocks as u64),
        allocated_bytes: Some((blocks * size) as u64),
        active_allocations: Some(0),
        active_bytes: Some(0),
        ..Recorded::default()
    }
}

/// Allocates, checks and frees on four threads at once.
pub(super) fn at_once(subject: &dyn Subject) -> Result<Passed, Unmet> {
    const THREADS: usize = 4;
    const EACH: usize = 3_000;
    const SIZE: usize = 200;
    let is_broken = AtomicBool::new(false);
    let (before, after) = on_threads(subject, THREADS, |thread| {
        for _ in 0..EACH {
            let byte = thread as u8 + 1;
            let block = Block::filled(layout(SIZE), byte);
            let is_intact = block.is_some_and(|block| first_wrong(black_box(&block).bytes(), byte).is_none());
            if !is_intact {
                is_broken.store(true, Relaxed);
            }
        }
    });
    expect(!is_broken.load(Relaxed), || Unmet::new("blocks that only one thread has", "another thread's content"))?;
    compare(before, after, freed(THREADS * EACH, SIZE)).map(|_| Passed::Wholly)
}

/// Passes blocks from one thread to another, which frees them.
pub(super) fn handed_over(subject: &dyn Subject) -> Result<Passed, Unmet> {
    const BLOCKS: usize = 500;
    const SIZE: usize = 72;
    let handed: Vec<Mutex<Option<Block>>> = (0..BLOCKS).map(|_| Mutex::new(None)).collect();
    let is_full = Barrier::new(2);
    let (before, after) = on_threads(subject, 2, |thread| {
        if thread == 0 {
            for place in &handed {
                *place.lock().unwrap_or_else(PoisonError::into_inner) = Block::filled(layout(SIZE), 1);
            }
            is_full.wait();
        } else {
            is_full.wait();
            for place in &handed {
                drop(place.lock().unwrap_or_else(PoisonError::into_inner).take());
            }
        }
    });
    compare(before, after, freed(BLOCKS, SIZE)).map(|_| Passed::Wholly)
}

/// Runs threads that allocate, free and end within the window, in sequence.
pub(super) fn ended(subject: &dyn Subject) -> Result<Passed, Unmet> {
    const THREADS: usize = 8;
    const EACH: usize = 400;
    let before = subject.counts();
    let began = Barrier::new(2);
    subject.window(&mut || {
        for _ in 0..THREADS {
            thread::scope(|scope| {
                let thread = scope.spawn(|| {
                    began.wait();
                    for _ in 0..EACH {
                        drop(black_box(Block::filled(layout(48), 1)));
                    }
                });
                began.wait();
                let _ = thread.join();
            });
        }
    });
    let seen = subject.counts().since(before);
    // The allocations of starting and ending threads are recorded too, and their number is not known.
    let least = (THREADS * EACH) as u64;
    for (what, seen) in [("allocations", seen.allocations), ("frees", seen.deallocations)] {
        let Some(seen) = seen else { continue };
        expect(seen >= least, || {
            Unmet::new(format!("at least {least} {what} of {THREADS} threads that have ended"), seen.to_string())
        })?;
    }
    Ok(Passed::Wholly)
}

/// The destructors that have run.
static DESTROYED: AtomicUsize = AtomicUsize::new(0);

/// Allocates and frees in a destructor.
fn allocate() {
    for size in [16, 300, 5_000] {
        drop(black_box(Block::filled(layout(size), 1)));
    }
    DESTROYED.fetch_add(1, Relaxed);
}

/// A thread-local that has blocks, and allocates when it is destroyed.
struct Local(#[expect(dead_code, reason = "it is freed with the thread")] Vec<u8>);

impl Drop for Local {
    fn drop(&mut self) {
        allocate();
    }
}

thread_local! {
    static FIRST: RefCell<Option<Local>> = const { RefCell::new(None) };
    static LAST: RefCell<Option<Local>> = const { RefCell::new(None) };
}

/// Ends threads whose thread-locals allocate when they are destroyed: one from before the tracker saw the thread, which
/// is destroyed after the tracker's own; one from after that; and one of the system's, which is destroyed after all of
/// Rust's.
pub(super) fn destructors(subject: &dyn Subject) -> Result<Passed, Unmet> {
    const THREADS: usize = 8;
    const EACH: usize = 4;
    /// Requests to run once more after itself.
    fn again() {
        allocate();
        let _ = at_the_end_of_this_thread(allocate);
    }
    let (without_key, opened) = (AtomicBool::new(false), Barrier::new(THREADS + 1));
    let run = || {
        FIRST.with_borrow_mut(|local| *local = Some(Local(Vec::new())));
        opened.wait();
        if at_the_end_of_this_thread(again).is_err() {
            without_key.store(true, Relaxed);
        }
        LAST.with_borrow_mut(|local| *local = Some(Local(vec![1; 64])));
    };
    thread::scope(|scope| {
        let mut threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(run)).collect();
        subject.window(&mut || {
            opened.wait();
            threads.drain(..).for_each(|thread| _ = thread.join());
        });
    });
    if without_key.load(Relaxed) {
        return Ok(Passed::Inapplicable("the system has no keys left for its own thread-locals"));
    }
    let (expected, found) = (THREADS * EACH, DESTROYED.load(Relaxed));
    expect(found == expected, || Unmet::new(format!("{expected} destructors that ran to their end"), found.to_string()))
        .map(|()| Passed::Wholly)
}
