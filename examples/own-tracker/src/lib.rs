//! A small tracker: it counts allocations, frees and bytes while it is on.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// An allocator that counts, and takes its blocks from the system.
#[derive(Debug, Default)]
pub struct Counter {
    pub is_on: AtomicBool,
    pub allocations: AtomicU64,
    pub frees: AtomicU64,
    pub bytes: AtomicU64,
}

impl Counter {
    pub const fn new() -> Self {
        let [allocations, frees, bytes] = [const { AtomicU64::new(0) }; 3];
        Self { is_on: AtomicBool::new(false), allocations, frees, bytes }
    }

    /// Counts a block, unless the allocation failed.
    fn allocated(&self, block: *mut u8, size: usize) {
        if self.is_on.load(Relaxed) && !block.is_null() {
            self.allocations.fetch_add(1, Relaxed);
            self.bytes.fetch_add(size as u64, Relaxed);
        }
    }

    /// Counts a free.
    fn freed(&self) {
        if self.is_on.load(Relaxed) {
            self.frees.fetch_add(1, Relaxed);
        }
    }
}

// SAFETY: each call is passed on to `System` with its arguments unchanged.
unsafe impl GlobalAlloc for Counter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let block = unsafe { System.alloc(layout) };
        self.allocated(block, layout.size());
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let block = unsafe { System.alloc_zeroed(layout) };
        self.allocated(block, layout.size());
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        self.freed();
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let resized = unsafe { System.realloc(block, layout, new_size) };
        if !resized.is_null() {
            self.freed();
            self.allocated(resized, new_size);
        }
        resized
    }
}
