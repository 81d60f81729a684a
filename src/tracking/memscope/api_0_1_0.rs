//! memscope 0.1.0. Named values are noted on blocks that the hook saw, so that without the hook they go nowhere.

use super::{Block, OwnReport, shared_0_1};
use crate::tracking::Recorded;
use memscope_rs::get_global_tracker;
use std::path::Path;

pub use super::shared_0_1::{HOOK, Variables};

/// Why the level `variables` cannot be had.
pub const VARIABLES_NEED_HOOK: Option<&str> =
    Some("this version notes names on blocks that its hook saw, and forgets them without it");

/// memscope's own picture of what its tracker holds.
pub const OWN_REPORT: OwnReport = OwnReport::picture(draw);

fn draw(path: &Path) -> Result<(), String> {
    get_global_tracker().export_to_svg(path).map_err(|error| error.to_string())
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
