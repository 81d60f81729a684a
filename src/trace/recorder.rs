//! The recorder as a global allocator: it forwards each call, and writes it to a trace.
//!
//! Each thread has a buffer of fixed size, mapped from the system, and writes it with `write(2)` when it is full. The
//! recorder never allocates, and calls no function that does. It records from the program's first allocation to its
//! exit handlers. The child of a fork records nothing.
#![allow(
    unsafe_code,
    reason = "an allocator cannot be written without it, nor can the system be called without allocating"
)]

mod buffers;
mod clock;
mod file;
mod lock;
mod system;

use crate::trace::format::{self, END_MARK, Event, FrameNumbers, Kind};
use buffers::{flush_all, leave, write};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ffi::CStr;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64};

/// A global allocator that writes a trace of the program to the file that the environment variable
/// `MEMSCOPE_BENCH_TRACE` names. Without the variable it only forwards calls. An earlier trace in that file is replaced
/// when the program starts; a file with other content stays, and nothing is recorded.
///
/// ```no_run
/// use memscope_bench::RecordingAllocator;
///
/// #[global_allocator]
/// static ALLOCATOR: RecordingAllocator = RecordingAllocator::new();
///
/// fn main() {}
/// ```
///
/// A program that aborts or is killed leaves a trace up to the last written buffer; [`flush`](Self::flush) writes all
/// buffers.
#[derive(Clone, Copy, Debug)]
pub struct RecordingAllocator<A = System>(A);

impl RecordingAllocator {
    /// Returns a recorder of the system's allocator.
    pub const fn new() -> Self {
        Self(System)
    }

    /// Writes everything that the threads have recorded so far. Call this before the program ends without running exit
    /// handlers.
    pub fn flush() {
        if let Some(call) = Call::begin() {
            flush_all();
            call.end();
        }
    }
}

impl Default for RecordingAllocator {
    fn default() -> Self {
        Self::new()
    }
}

impl<A> RecordingAllocator<A> {
    /// Returns a recorder of another allocator, such as the program's own.
    pub const fn over(allocator: A) -> Self {
        Self(allocator)
    }
}

// SAFETY: each call is passed on to the inner allocator with its arguments unchanged, and its result is returned. The
// recorder itself allocates nothing, and does not unwind.
unsafe impl<A: GlobalAlloc> GlobalAlloc for RecordingAllocator<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let call = Call::begin();
        // SAFETY: the caller's promise is what the inner allocator requires.
        let block = unsafe { self.0.alloc(layout) };
        ended(call, |call| call.allocated(Kind::Allocate, block, layout));
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let call = Call::begin();
        // SAFETY: the caller's promise is what the inner allocator requires.
        let block = unsafe { self.0.alloc_zeroed(layout) };
        ended(call, |call| call.allocated(Kind::Zeroed, block, layout));
        block
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        let call = Call::begin();
        // The ticket is drawn before another block can get the address.
        let ticket = if call.is_some() { ticket() } else { 0 };
        // SAFETY: the caller's promise is what the inner allocator requires.
        unsafe { self.0.dealloc(ptr, layout) };
        let event = |call: &Call| call.event(Kind::Free, ptr, layout.align(), ticket);
        ended(call, |call| write(&event(call)));
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let call = Call::begin();
        let before = if call.is_some() { ticket() } else { 0 };
        // SAFETY: the caller's promise is what the inner allocator requires.
        let block = unsafe { self.0.realloc(ptr, layout, new_size) };
        ended(call, |call| {
            if !block.is_null() {
                let event = call.event(Kind::Reallocate, ptr, layout.align(), before);
                write(&Event { after: ticket(), new_block: number(block), size: new_size as u64, ..event });
            }
        });
        block
    }
}

/// Records a call, if it is being recorded, and ends it.
#[inline]
fn ended(call: Option<Call>, record: impl FnOnce(&Call)) {
    if let Some(call) = call {
        record(&call);
        call.end();
    }
}

/// The states of the recorder.
const NEW: u8 = 0;
const OPENING: u8 = 1;
const OPEN: u8 = 2;
const CLOSED: u8 = 3;

static STATE: AtomicU8 = AtomicU8::new(NEW);
/// The process that records.
static PROCESS: AtomicU32 = AtomicU32::new(0);
/// True if an operation could not be kept: the trace then has no end mark.
static HAS_LOST: AtomicBool = AtomicBool::new(false);
static TICKETS: AtomicU64 = AtomicU64::new(0);
/// The number that is added to addresses.
static SECRET: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// True while this thread is within the recorder: calls from a signal handler are not recorded.
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Draws a ticket.
#[inline]
fn ticket() -> u64 {
    TICKETS.fetch_add(1, AcqRel)
}

/// Returns the number of a block.
#[inline]
fn number(block: *mut u8) -> u64 {
    (block as u64).wrapping_add(SECRET.load(Relaxed))
}

/// A call that is being recorded.
struct Call {
    gap_ns: u64,
    began: u64,
}

impl Call {
    /// Begins a call; `None` if it is not being recorded.
    #[inline]
    fn begin() -> Option<Self> {
        if STATE.load(Relaxed) == CLOSED || IS_INSIDE.replace(true) {
            return None;
        }
        if STATE.load(Acquire) != OPEN && !open() {
            IS_INSIDE.set(false);
            return None;
        }
        let (gap_ns, began) = clock::gap();
        Some(Self { gap_ns, began })
    }

    /// Ends the call: later time is the program's.
    #[inline]
    fn end(self) {
        clock::end(self.began);
        IS_INSIDE.set(false);
    }

    #[inline]
    fn event(&self, kind: Kind, block: *mut u8, align: usize, ticket: u64) -> Event {
        let block = number(block);
        let align = align.trailing_zeros() as u8;
        Event { kind, align, ticket, after: ticket, block, new_block: block, size: 0, gap_ns: self.gap_ns }
    }

    /// Records a block, unless the allocation failed.
    #[inline]
    fn allocated(&self, kind: Kind, block: *mut u8, layout: Layout) {
        if !block.is_null() {
            write(&Event { size: layout.size() as u64, ..self.event(kind, block, layout.align(), ticket()) });
        }
    }
}

/// Opens the trace at the program's first call, if the environment names one.
#[cold]
fn open() -> bool {
    open_by(system::open_named)
}

/// Starts recording to a file in the middle of a program. Returns false if the file cannot be written, or the process
/// has recorded before.
pub(crate) fn begin(path: &CStr) -> bool {
    clock::begin_midway();
    open_by(|| system::open_at(path))
}

/// Returns whether this process records.
pub(crate) fn is_open() -> bool {
    STATE.load(Acquire) == OPEN
}

/// Starts timing this thread's work before its next call.
pub(crate) fn mark() {
    clock::mark();
}

/// Ends the recording. All recording threads must have finished.
pub(crate) fn finish() {
    at_exit();
}

fn open_by(open: impl FnOnce() -> Option<system::Opened>) -> bool {
    if STATE.compare_exchange(NEW, OPENING, AcqRel, Acquire).is_err() {
        // Another thread is opening it, or there is no trace.
        return STATE.load(Acquire) == OPEN;
    }
    let Some(system::Opened { file, process, secret }) = open() else {
        STATE.store(CLOSED, Release);
        return false;
    };
    file.keep();
    PROCESS.store(process, Relaxed);
    SECRET.store(secret, Relaxed);
    system::at_exit(at_exit, after_fork, at_end_of_thread);
    // The time of opening is not the program's.
    clock::mark();
    STATE.store(OPEN, Release);
    true
}

/// Records the thread's work since its last call. Its ticket is the last drawn one, because a thread that waits for
/// this thread's end draws a later one.
fn rest(call: &Call) {
    let ticket = TICKETS.load(Acquire).saturating_sub(1);
    write(&Event {
        kind: Kind::Rest,
        align: 0,
        ticket,
        after: ticket,
        block: 0,
        new_block: 0,
        size: 0,
        gap_ns: call.gap_ns,
    });
}

/// Ends the recording when the program ends.
extern "C" fn at_exit() {
    if system::process() != PROCESS.load(Relaxed) {
        return;
    }
    let Some(call) = Call::begin() else { return };
    rest(&call);
    flush_all();
    if !HAS_LOST.load(Relaxed) {
        let ticket = TICKETS.load(Relaxed);
        let numbers = FrameNumbers { mark: END_MARK, thread: 0, length: 0, operations: 0, ticket };
        file::write(&format::frame(&numbers, &[]), CLOSED);
    }
    STATE.store(CLOSED, Release);
    call.end();
}

/// Ends the recording in the child of a fork.
extern "C" fn after_fork() {
    STATE.store(CLOSED, Release);
    file::leave();
}

/// Releases the buffer of an ending thread for another one.
extern "C" fn at_end_of_thread(_: *mut std::ffi::c_void) {
    if let Some(call) = Call::begin() {
        rest(&call);
        leave();
        call.end();
    }
}
