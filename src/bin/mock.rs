//! The `memscope-bench-mock` program: a counting tracker without a defect, or with the defect that an environment
//! variable names. It shows that the conformance suite finds each defect, and that no other test fails for it.
#![allow(unsafe_code, reason = "an allocator cannot be written without it")]

use memscope_bench::{AllocationTracker, Recorded, RecordingKind, tracker};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, UnsafeCell};
use std::env;
use std::ptr::null_mut;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, AtomicU64};
use std::time::{Duration, Instant};

/// The variable that names the defect.
const DEFECT: &str = "MEMSCOPE_BENCH_DEFECT";

/// Lists the defects with the names of the variable.
macro_rules! defects {
    ($($defect:ident $name:literal,)*) => {
        #[derive(Clone, Copy, PartialEq)]
        #[repr(u8)]
        enum Defect { Nothing, $($defect,)* }

        /// Returns the defect of a name.
        fn named(name: &str) -> Defect {
            match name {
                $($name => Defect::$defect,)*
                other => panic!("{DEFECT} is '{other}', which is no defect"),
            }
        }
    };
}

defects! {
    Dirty "calloc-not-zeroed",
    LosesTail "realloc-loses-tail",
    IgnoresAlignment "alignment-ignored",
    HandsOutTwice "block-handed-out-twice",
    CountsFailures "failed-allocation-counted",
    AbortsOnNull "abort-on-null",
    MissesResizes "reallocation-not-counted",
    Wraps "live-count-wraps",
    LosesUpdates "concurrent-updates-lost",
    MissesForeignFrees "foreign-free-not-counted",
    ForgetsThreads "ended-thread-forgotten",
    NeedsThreadLocal "thread-local-needed",
    LocksReport "report-locks-allocator",
    LocksFork "lock-held-across-fork",
    GivesUp "interrupted-call-fails",
}

static ON: AtomicBool = AtomicBool::new(false);
/// The defect while the tracker records.
static NOW: AtomicU8 = AtomicU8::new(0);

fn has(defect: Defect) -> bool {
    NOW.load(Relaxed) == defect as u8
}

/// Totals: of allocations, frees, and their bytes.
static TOTALS: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];
/// The totals of threads, for the mock that forgets ended threads; for a few hundred threads.
static SLOTS: [[AtomicU64; 4]; 512] = [const { [const { AtomicU64::new(0) }; 4] }; 512];
static THREADS: AtomicU16 = AtomicU16::new(0);
/// The thread of each block, by a hash of its address.
static OWNERS: [AtomicU16; 1 << 20] = [const { AtomicU16::new(0) }; 1 << 20];
static IS_REPORTING: AtomicBool = AtomicBool::new(false);
static IS_LOCKED: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicU64 = AtomicU64::new(0);

/// The size at which the mock that allocates a block twice has only one block.
const TWICE: usize = 775;
#[repr(align(64))]
struct Shared(UnsafeCell<[u8; TWICE]>);

// SAFETY: sharing it is the defect.
unsafe impl Sync for Shared {}
static SHARED: Shared = Shared(UnsafeCell::new([0; TWICE]));

/// The number of a thread, which is forgotten at the thread's end.
struct Forgetful(u16);

impl Drop for Forgetful {
    fn drop(&mut self) {
        SLOTS[self.0 as usize % SLOTS.len()].iter().for_each(|total| total.store(0, Relaxed));
    }
}

/// A thread-local that is destroyed.
struct Destroyed;

impl Drop for Destroyed {
    fn drop(&mut self) {}
}

fn next_thread() -> u16 {
    THREADS.fetch_add(1, Relaxed) + 1
}

thread_local! {
    static THREAD: Cell<u16> = const { Cell::new(0) };
    static FORGETFUL: Forgetful = Forgetful(next_thread());
    static NEEDED: Destroyed = const { Destroyed };
}

/// Returns the number of this thread.
fn thread() -> u16 {
    if THREAD.get() == 0 {
        THREAD.set(next_thread());
    }
    THREAD.get()
}

fn owner(block: *mut u8) -> &'static AtomicU16 {
    let hash = (block as u64 >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44;
    &OWNERS[hash as usize]
}

fn add(total: usize, amount: usize) {
    let add_to = |total: &AtomicU64| _ = total.fetch_add(amount as u64, Relaxed);
    if has(Defect::ForgetsThreads) {
        let counted = FORGETFUL.try_with(|thread| add_to(&SLOTS[thread.0 as usize % SLOTS.len()][total]));
        counted.unwrap_or_else(|_| add_to(&TOTALS[total]));
    } else if has(Defect::LosesUpdates) {
        let before = TOTALS[total].load(Relaxed);
        // Not each time: on a busy machine a turn takes long.
        if before.is_multiple_of(16) {
            std::thread::yield_now();
        }
        TOTALS[total].store(before + amount as u64, Relaxed);
    } else {
        add_to(&TOTALS[total]);
    }
}

fn allocated(block: *mut u8, size: usize) {
    if has(Defect::MissesForeignFrees) {
        owner(block).store(thread(), Relaxed);
    }
    add(0, 1);
    add(2, size);
}

fn freed(block: *mut u8, size: usize) {
    if has(Defect::MissesForeignFrees) && ![0, thread()].contains(&owner(block).swap(0, Relaxed)) {
        return;
    }
    add(1, 1);
    add(3, size);
}

/// Waits for a moment, and returns whether a signal interrupted it.
fn is_interrupted() -> bool {
    let moment = nix::libc::timespec { tv_sec: 0, tv_nsec: 100_000 };
    // SAFETY: the time is valid, and the rest is not asked for.
    unsafe { nix::libc::nanosleep(&raw const moment, null_mut()) != 0 }
}

/// Applies the defect before a block is allocated; returns whether the allocation fails.
fn refuses() -> bool {
    while has(Defect::LocksReport) && IS_REPORTING.load(SeqCst) {
        is_interrupted();
    }
    if has(Defect::NeedsThreadLocal) {
        NEEDED.with(|_| ());
    }
    if has(Defect::LocksFork) {
        while IS_LOCKED.compare_exchange(false, true, Acquire, Relaxed).is_err() {
            std::thread::yield_now();
        }
        let began = Instant::now();
        while began.elapsed() < Duration::from_micros(20) {}
        IS_LOCKED.store(false, Release);
    }
    has(Defect::GivesUp) && CALLS.fetch_add(1, Relaxed) % 64 == 63 && is_interrupted()
}

/// Counts a new block, unless the allocation failed.
fn counted(block: *mut u8, size: usize) -> *mut u8 {
    if block.is_null() {
        if has(Defect::AbortsOnNull) {
            std::process::abort();
        }
        if !has(Defect::CountsFailures) {
            return block;
        }
    }
    allocated(block, size);
    block
}

/// The offset of blocks of the mock that ignores alignment.
const OFF: usize = 8;

/// Returns whether the mock misaligns new blocks of a layout.
fn misaligns(layout: Layout) -> bool {
    has(Defect::IgnoresAlignment) && layout.align() > 16
}

/// Returns whether the mock has misaligned a block.
fn is_off(block: *mut u8, layout: Layout) -> bool {
    layout.align() > 16 && block as usize % 16 == OFF
}

fn wider(layout: Layout) -> Layout {
    Layout::from_size_align(layout.size() + OFF, 16).expect("a little larger")
}

/// Returns whether a block is the one that is allocated twice.
fn is_shared(block: *mut u8) -> bool {
    block == SHARED.0.get().cast()
}

/// The tracker's allocator.
struct Mock;

impl Mock {
    /// Allocates while the tracker records.
    unsafe fn tracked(layout: Layout, from_system: impl FnOnce() -> *mut u8) -> *mut u8 {
        if refuses() {
            return null_mut();
        }
        if misaligns(layout) {
            // SAFETY: the layout is not empty.
            return unsafe { System.alloc_zeroed(wider(layout)).add(OFF) };
        }
        let is_shared = has(Defect::HandsOutTwice) && layout.size() == TWICE;
        counted(if is_shared { SHARED.0.get().cast() } else { from_system() }, layout.size())
    }
}

// SAFETY: there is none in a mock with a defect. Without one, each call is passed on to `System` unchanged.
unsafe impl GlobalAlloc for Mock {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is what `System` requires.
        let from_system = || unsafe { System.alloc(layout) };
        // SAFETY: as above.
        if ON.load(Relaxed) { unsafe { Self::tracked(layout, from_system) } } else { from_system() }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is what `System` requires.
        let dirty = || unsafe { System.alloc(layout) };
        // SAFETY: as above.
        let zeroed = || unsafe { System.alloc_zeroed(layout) };
        // SAFETY: as above.
        match ON.load(Relaxed) {
            true if has(Defect::Dirty) => unsafe { Self::tracked(layout, dirty) },
            true => unsafe { Self::tracked(layout, zeroed) },
            false => zeroed(),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if is_off(block, layout) {
            // SAFETY: the block begins before it.
            return unsafe { System.dealloc(block.sub(OFF), wider(layout)) };
        }
        if ON.load(Relaxed) {
            freed(block, layout.size());
        }
        if !is_shared(block) {
            // SAFETY: the block is the system's.
            unsafe { System.dealloc(block, layout) };
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if is_off(block, layout) || is_shared(block) {
            // SAFETY: both blocks have the bytes.
            return unsafe {
                let new = self.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
                new.copy_from(block, layout.size().min(new_size));
                self.dealloc(block, layout);
                new
            };
        }
        if ON.load(Relaxed) && refuses() {
            return null_mut();
        }
        // SAFETY: the block is the system's.
        let new = unsafe { System.realloc(block, layout, new_size) };
        if !ON.load(Relaxed) || has(Defect::MissesResizes) && !new.is_null() {
            return new;
        }
        if !new.is_null() {
            freed(block, layout.size());
            let last = layout.size().min(new_size) - 1;
            if has(Defect::LosesTail) && last > 1_000 {
                // SAFETY: both blocks have the byte.
                unsafe { new.add(last).write(!new.add(last).read()) };
            }
        }
        counted(new, new_size)
    }
}

/// The tracker.
struct Counting;

impl AllocationTracker for Counting {
    type Allocator = Mock;

    const NAME: &str = "mock";
    const ABOUT: &str = "counters with a defect";
    const RECORDS: RecordingKind = RecordingKind::Counts;
    const ALLOCATOR: Mock = Mock;

    fn start(_: &Mock) {
        let defect = env::var(DEFECT).map_or(Defect::Nothing, |name| named(&name));
        NOW.store(defect as u8, SeqCst);
        ON.store(true, SeqCst);
    }

    fn stop(_: &Mock) {
        ON.store(false, SeqCst);
    }

    fn recorded(_: &Mock) -> Recorded {
        let reports = ON.load(SeqCst) && has(Defect::LocksReport);
        IS_REPORTING.store(reports, SeqCst);
        let spare = Box::new(0_u64);
        IS_REPORTING.store(false, SeqCst);
        let slots = |total: usize| SLOTS.iter().map(|slot| slot[total].load(Relaxed)).sum::<u64>();
        let total = |number: usize| TOTALS[number].load(Relaxed) + slots(number) + *spare;
        let live = |made: u64, gone: u64| match has(Defect::Wraps) {
            true => made.wrapping_sub(gone),
            false => made.saturating_sub(gone),
        };
        Recorded {
            allocations: Some(total(0)),
            deallocations: Some(total(1)),
            allocated_bytes: Some(total(2)),
            active_allocations: Some(live(total(0), total(1))),
            active_bytes: Some(live(total(2), total(3))),
            ..Recorded::default()
        }
    }
}

tracker!(Counting);
