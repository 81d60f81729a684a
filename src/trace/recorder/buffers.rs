//! The buffers of the recorder: one for each thread, written to the file when it is full.

use super::{CLOSED, FILE, PROCESS, STATE, system};
use crate::trace::format::{self, Event, FRAME, FRAME_MARK, FrameNumbers, Last, MAX_LENGTH, PAYLOAD};
use std::cell::{Cell, UnsafeCell};
use std::hint::spin_loop;
use std::ptr::null_mut;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32};

static THREADS: AtomicU32 = AtomicU32::new(0);
/// All buffers. They are never unmapped, so the list only grows.
static BUFFERS: AtomicPtr<Buffer> = AtomicPtr::new(null_mut());
/// True while a thread writes to the file.
static WRITING: AtomicBool = AtomicBool::new(false);

/// The maximum number of turns that a thread waits for a lock: its holder may be the code that a signal interrupted.
const MAX_TURNS: u32 = 10_000_000;

thread_local! {
    /// This thread's number plus one; 0 before its first call.
    static NUMBER: Cell<u32> = const { Cell::new(0) };
    /// This thread's buffer, if it has one.
    static BUFFER: Cell<*mut Buffer> = const { Cell::new(null_mut()) };
}

/// A buffer with one owning thread at a time.
struct Buffer {
    next: *mut Buffer,
    is_owned: AtomicBool,
    /// True while a thread reads or writes the content.
    is_locked: AtomicBool,
    content: UnsafeCell<Content>,
}

struct Content {
    thread: u32,
    operations: u32,
    ticket: u64,
    last: Last,
    used: usize,
    /// The frame's beginning and its operations.
    bytes: [u8; FRAME + PAYLOAD],
}

/// Returns whether the lock was acquired.
fn lock(lock: &AtomicBool) -> bool {
    for _ in 0..MAX_TURNS {
        if !lock.swap(true, Acquire) {
            return true;
        }
        spin_loop();
    }
    false
}

/// Returns this thread's buffer; `None` if the system has no memory for it.
#[inline]
fn buffer() -> Option<&'static Buffer> {
    let known = BUFFER.get();
    let buffer = if known.is_null() { own_buffer()? } else { known };
    // SAFETY: buffers are never unmapped.
    Some(unsafe { &*buffer })
}

/// Takes a buffer that an ended thread has released, or a new one.
#[cold]
fn own_buffer() -> Option<*mut Buffer> {
    if NUMBER.get() == 0 {
        NUMBER.set(THREADS.fetch_add(1, Relaxed) + 1);
    }
    let mut place = BUFFERS.load(Acquire);
    // SAFETY: the list has mapped buffers only, and ends with null.
    while let Some(left) = unsafe { place.as_ref() } {
        if !left.is_owned.swap(true, AcqRel) {
            break;
        }
        place = left.next;
    }
    if place.is_null() {
        place = system::zeroed_memory(size_of::<Buffer>())?.cast();
        // SAFETY: it was mapped just now, with this size and of zeros, which are a valid buffer. No other thread knows
        // it.
        unsafe { (*place).is_owned = AtomicBool::new(true) };
        let mut first = BUFFERS.load(Acquire);
        loop {
            // SAFETY: the same.
            unsafe { (*place).next = first };
            match BUFFERS.compare_exchange(first, place, AcqRel, Acquire) {
                Ok(_) => break,
                Err(other) => first = other,
            }
        }
    }
    BUFFER.set(place);
    system::call_at_end_of_thread(place.cast());
    Some(place)
}

/// Writes an event into this thread's buffer.
pub(super) fn write(event: &Event) {
    let Some(buffer) = buffer().filter(|buffer| lock(&buffer.is_locked)) else { return };
    // SAFETY: the lock is held.
    let content = unsafe { &mut *buffer.content.get() };
    if content.used + MAX_LENGTH > PAYLOAD {
        content.flush();
    }
    if content.operations == 0 {
        content.thread = NUMBER.get() - 1;
        content.ticket = event.ticket;
        content.last = Last { ticket: event.ticket, block: 0 };
    }
    let length = format::encode(event, &mut content.last, &mut content.bytes[FRAME + content.used..]);
    content.used += length;
    content.operations += 1;
    buffer.is_locked.store(false, Release);
}

impl Content {
    /// Writes the frame to the file, and empties it. After a failure, recording stops.
    #[cold]
    fn flush(&mut self) {
        if self.operations == 0 {
            return;
        }
        let (length, operations) = (self.used as u32, self.operations);
        let numbers = FrameNumbers { mark: FRAME_MARK, thread: self.thread, length, operations, ticket: self.ticket };
        let (head, payload) = self.bytes.split_at_mut(FRAME);
        head.copy_from_slice(&format::frame(&numbers, &payload[..self.used]));
        to_file(&self.bytes[..FRAME + self.used]);
        (self.used, self.operations) = (0, 0);
    }
}

/// Writes bytes at the end of the trace.
pub(super) fn to_file(bytes: &[u8]) {
    // The child of a fork without a handler still has the parent's file.
    if system::process() != PROCESS.load(Relaxed) || !lock(&WRITING) {
        return;
    }
    if !system::write_all(FILE.load(Relaxed), bytes) {
        STATE.store(CLOSED, Release);
    }
    WRITING.store(false, Release);
}

/// Writes the frames of all threads.
pub(super) fn flush_all() {
    let mut place = BUFFERS.load(Acquire);
    // SAFETY: the list has mapped buffers only, and ends with null.
    while let Some(buffer) = unsafe { place.as_ref() } {
        if lock(&buffer.is_locked) {
            // SAFETY: the lock is held.
            unsafe { &mut *buffer.content.get() }.flush();
            buffer.is_locked.store(false, Release);
        }
        place = buffer.next;
    }
}

/// Writes the buffer of an ending thread, and releases it for another one.
pub(super) fn leave() {
    let place = BUFFER.replace(null_mut());
    // SAFETY: buffers are never unmapped.
    if let Some(buffer) = unsafe { place.as_ref() }
        && lock(&buffer.is_locked)
    {
        // SAFETY: the lock is held.
        unsafe { &mut *buffer.content.get() }.flush();
        buffer.is_locked.store(false, Release);
        buffer.is_owned.store(false, Release);
    }
}
