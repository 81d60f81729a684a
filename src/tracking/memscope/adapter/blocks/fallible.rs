//! The live blocks of a tracker that may refuse to list them.

use super::hook::tracker;
use crate::tracking::memscope::Block;

/// Returns the blocks that memscope treats as live, or `None` where it cannot list them.
///
/// The calling thread must be [`PauseGuard`](crate::tracking::Paused) or the window closed: memscope allocates in here while
/// it holds its own locks, and with the hook on it would wait for itself for ever.
pub fn live_blocks() -> Option<Vec<Block>> {
    let active = tracker().get_active_allocations().ok()?;
    Some(active.into_iter().map(|block| Block { address: block.ptr, size: block.size }).collect())
}
