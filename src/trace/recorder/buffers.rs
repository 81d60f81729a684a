//! The buffers of the recorder: one for each thread, written to the file when it is full.

use super::lock::Lock;
use super::{HAS_LOST, OPEN, PROCESS, file, system};
use crate::trace::format::{self, Event, FRAME, FRAME_MARK, FrameNumbers, Last, MAX_LENGTH, PAYLOAD};
use std::cell::{Cell, UnsafeCell};
use std::ptr::null_mut;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32};

static THREADS: AtomicU32 = AtomicU32::new(0);
/// All buffers. They are never unmapped, so the list only grows.
static BUFFERS: AtomicPtr<Buffer> = AtomicPtr::new(null_mut());

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
    /// Held while a thread reads or writes the content.
    lock: Lock,
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
    let Some(buffer) = buffer().filter(|buffer| buffer.lock.acquire()) else { return HAS_LOST.store(true, Relaxed) };
    // SAFETY: the lock is held.
    let content = unsafe { &mut *buffer.content.get() };
    if content.used + MAX_LENGTH > PAYLOAD {
        content.flush();
    }
    if content.used + MAX_LENGTH > PAYLOAD {
        HAS_LOST.store(true, Relaxed);
    } else {
        content.add(event);
    }
    buffer.lock.release();
}

impl Content {
    #[inline]
    fn add(&mut self, event: &Event) {
        if self.operations == 0 {
            self.thread = NUMBER.get() - 1;
            self.ticket = event.ticket;
            self.last = Last { ticket: event.ticket, block: 0 };
        }
        self.used += format::encode(event, &mut self.last, &mut self.bytes[FRAME + self.used..]);
        self.operations += 1;
    }

    /// Writes the frame to the file, and empties it. The child of a vfork leaves it to its parent, whose memory it is.
    #[cold]
    fn flush(&mut self) {
        if self.operations == 0 || system::process() != PROCESS.load(Relaxed) {
            return;
        }
        let (length, operations) = (self.used as u32, self.operations);
        let numbers = FrameNumbers { mark: FRAME_MARK, thread: self.thread, length, operations, ticket: self.ticket };
        let (head, payload) = self.bytes.split_at_mut(FRAME);
        head.copy_from_slice(&format::frame(&numbers, &payload[..self.used]));
        file::write(&self.bytes[..FRAME + self.used], OPEN);
        (self.used, self.operations) = (0, 0);
    }
}

impl Buffer {
    /// Writes the frame to the file. Returns false if another thread keeps the lock.
    fn flush(&self) -> bool {
        let is_held = self.lock.acquire();
        if is_held {
            // SAFETY: the lock is held.
            unsafe { &mut *self.content.get() }.flush();
            self.lock.release();
        } else {
            HAS_LOST.store(true, Relaxed);
        }
        is_held
    }
}

/// Writes the frames of all threads.
pub(super) fn flush_all() {
    let mut place = BUFFERS.load(Acquire);
    // SAFETY: the list has mapped buffers only, and ends with null.
    while let Some(buffer) = unsafe { place.as_ref() } {
        buffer.flush();
        place = buffer.next;
    }
}

/// Writes the buffer of an ending thread, and releases it for another one.
pub(super) fn leave() {
    let place = BUFFER.replace(null_mut());
    // SAFETY: buffers are never unmapped.
    if let Some(buffer) = unsafe { place.as_ref() }
        && buffer.flush()
    {
        buffer.is_owned.store(false, Release);
    }
}
