//! Requests to the allocator: blocks, a growing vector, zeros.

use crate::worker::tasks::operation::Ready;
use std::hint::black_box;

/// Allocates and frees a block without writing to it.
pub(super) fn block(bytes: usize) -> Box<dyn Ready> {
    Box::new(move |times| {
        for _ in 0..times {
            drop(black_box(Vec::<u8>::with_capacity(black_box(bytes))));
        }
    })
}

/// Allocates a block, doubles it by a reallocation, and frees it, without writing to it.
pub(super) fn reallocation(bytes: usize) -> Box<dyn Ready> {
    Box::new(move |times| {
        for _ in 0..times {
            let mut block = black_box(Vec::<u8>::with_capacity(black_box(bytes)));
            block.reserve_exact(black_box(2 * bytes));
            drop(black_box(block));
        }
    })
}

/// Pushes numbers onto an empty vector, one by one, and drops it. The standard library decides when it is resized.
pub(super) fn growth(numbers: u64) -> Box<dyn Ready> {
    Box::new(move |times| {
        for _ in 0..times {
            let mut vector = Vec::new();
            for number in 0..black_box(numbers) {
                vector.push(black_box(number));
            }
            drop(black_box(vector));
        }
    })
}

/// Allocates and frees a block of zeros. The system has zeroed pages available; only the allocator may write to the
/// block.
pub(super) fn zeroed(bytes: usize) -> Box<dyn Ready> {
    Box::new(move |times| {
        for _ in 0..times {
            drop(black_box(vec![0_u8; black_box(bytes)]));
        }
    })
}
