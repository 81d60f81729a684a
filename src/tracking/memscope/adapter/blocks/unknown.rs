//! Live blocks that memscope cannot list: it has no list, or what the hook freed is still in it.

use crate::tracking::memscope::Block;

/// Returns `None`: the live blocks are not known.
pub fn live_blocks() -> Option<Vec<Block>> {
    None
}
