//! What the allocator does for a program: blocks, a vector that grows, zeros.

use crate::study::operations::Ready;
use std::hint::black_box;

/// A block is allocated and freed; nothing is written to it.
pub fn block(bytes: usize) -> Box<dyn Ready> {
    Box::new(move |times| {
        for _ in 0..times {
            drop(black_box(Vec::<u8>::with_capacity(black_box(bytes))));
        }
    })
}

/// An empty vector gets numbers, one by one, and goes: it is resized as often as the standard library sees fit.
pub fn growth(numbers: u64) -> Box<dyn Ready> {
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

/// A block of zeros is allocated and freed. The system has zeros at hand; nothing is written to the block unless the
/// allocator does it.
pub fn zeroed(bytes: usize) -> Box<dyn Ready> {
    Box::new(move |times| {
        for _ in 0..times {
            drop(black_box(vec![0_u8; black_box(bytes)]));
        }
    })
}
