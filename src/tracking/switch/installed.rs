//! Another tracker as a program's global allocator, with the same switch before it.
//!
//! While the harness's counters are off, a call costs one relaxed load and one predictable branch more than the tracker
//! alone: as much as the untracked program pays with [`SwitchedAllocator`](super::SwitchedAllocator).

use super::{ALLOCATING, Caller, FREEING, Mode, PauseGuard, switched};
use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::Ordering::Relaxed;

/// A tracker's allocator, as a program installs it with `#[global_allocator]`. [`tracker!`](crate::tracker!) does that.
///
/// In a counted probe it also counts the program's calls, which are the truth for the tracker's record. Allocations of
/// the tracker while it is called are counted separately.
#[derive(Debug)]
pub struct Tracked<A>(A);

impl<A> Tracked<A> {
    /// Returns the allocator for installation.
    pub const fn new(allocator: A) -> Self {
        Self(allocator)
    }

    /// Returns the tracker's own allocator.
    pub const fn allocator(&self) -> &A {
        &self.0
    }
}

// SAFETY: each call is passed on to the tracker's allocator with its arguments unchanged.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Tracked<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is what the allocator requires.
        let pass_on = || unsafe { self.0.alloc(layout) };
        if is_off(ALLOCATING.load(Relaxed)) {
            return pass_on();
        }
        counted(pass_on, |caller, block| switched::counted(caller, block, layout.size()))
    }

    #[inline]
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is what the allocator requires.
        let pass_on = || unsafe { self.0.dealloc(ptr, layout) };
        if is_off(FREEING.load(Relaxed)) {
            return pass_on();
        }
        counted(pass_on, |caller, ()| switched::freed(caller, layout.size()));
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is what the allocator requires.
        let pass_on = || unsafe { self.0.alloc_zeroed(layout) };
        if is_off(ALLOCATING.load(Relaxed)) {
            return pass_on();
        }
        counted(pass_on, |caller, block| switched::counted(caller, block, layout.size()))
    }

    #[inline]
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's promise is what the allocator requires.
        let pass_on = || unsafe { self.0.realloc(ptr, layout, new_size) };
        if is_off(ALLOCATING.load(Relaxed)) {
            return pass_on();
        }
        counted(pass_on, |caller, block| switched::resized(caller, block, layout.size(), new_size))
    }
}

#[inline]
fn is_off(mode: u8) -> bool {
    Mode(mode) == Mode::OFF
}

/// Passes a call on, and counts it as the program's, or as the tracker's own if it is made within another call.
#[cold]
fn counted<R: Copy>(pass_on: impl FnOnce() -> R, count: impl FnOnce(Caller, R)) -> R {
    let caller = Caller::current();
    let result = if caller == Caller::Program {
        let _within = PauseGuard::for_calls_of(Caller::Tracker);
        pass_on()
    } else {
        pass_on()
    };
    count(caller, result);
    result
}
