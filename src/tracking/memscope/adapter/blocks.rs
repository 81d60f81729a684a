//! The live blocks.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::hook::tracker;
use super::{Blocks, Linked};
use crate::tracking::memscope::Block;

#[cfg(memscope_blocks = "fallible")]
impl Blocks for Linked {
    fn live_blocks() -> Option<Vec<Block>> {
        let active = tracker().get_active_allocations().ok()?;
        Some(active.into_iter().map(|block| Block { address: block.ptr, size: block.size }).collect())
    }
}

/// Before 0.1.0.
#[cfg(memscope_blocks = "plain")]
impl Blocks for Linked {
    fn live_blocks() -> Option<Vec<Block>> {
        let active = tracker().get_active_allocations();
        Some(active.into_iter().map(|block| Block { address: block.ptr, size: block.size }).collect())
    }
}
