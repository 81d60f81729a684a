//! memscope 0.1.1 and 0.1.2. A named value that the hook did not see gets an entry of its own.

use super::{Block, OwnReport, shared_0_1};
use crate::tracking::Recorded;
use memscope_rs::get_global_tracker;
use std::path::Path;

pub use super::shared_0_1::{HOOK, Variables};

/// All levels can be had.
pub const VARIABLES_NEED_HOOK: Option<&str> = None;

/// memscope's own picture of what its tracker holds.
pub const OWN_REPORT: OwnReport = OwnReport::picture(draw);

fn draw(path: &Path) -> Result<(), String> {
    get_global_tracker().export_memory_analysis(path).map_err(|error| error.to_string())
}

/// Makes the tracker that the hook reports to.
pub fn prepare_hook() {
    get_global_tracker();
}

/// What the hook recorded.
pub fn recorded_events() -> Recorded {
    shared_0_1::statistics(&get_global_tracker())
}

/// The blocks that memscope holds for alive, or `None` where it cannot tell.
///
/// The calling thread must be [`Paused`](crate::tracking::Paused) or the window closed.
pub fn live_blocks() -> Option<Vec<Block>> {
    shared_0_1::active(&get_global_tracker())
}
