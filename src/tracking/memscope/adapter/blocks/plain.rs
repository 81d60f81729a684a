//! The live blocks of a tracker that always lists them, before 0.1.0.

use super::hook::tracker;
use crate::tracking::memscope::Block;

/// Returns the blocks that memscope treats as live.
///
/// The calling thread must be [`PauseGuard`](crate::tracking::Paused) or the window closed.
pub fn live_blocks() -> Option<Vec<Block>> {
    let active = tracker().get_active_allocations();
    Some(active.into_iter().map(|block| Block { address: block.ptr, size: block.size }).collect())
}
