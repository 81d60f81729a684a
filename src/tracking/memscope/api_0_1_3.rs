//! memscope 0.1.3 and 0.1.4, whose sources are the same.
//!
//! What the hook frees is not counted: all that was ever allocated is active, and the peak is the total. None of these is
//! what its name says, and they are not shown.

mod detectors_0_1_3;
mod shared_0_1;

use super::{Analysis, Block, Containers, OwnReport};
use crate::tracking::{Recorded, Tracking};
use memscope_rs::core::scope_tracker::get_global_scope_tracker;
use memscope_rs::variable_registry::VariableRegistry;
use shared_0_1::statistics;
use std::path::Path;

pub use detectors_0_1_3::DETECTORS;
pub use memscope_rs::get_global_tracker as tracker;
pub use shared_0_1::{EXPORT_JSON, HOOK, PUBLISHED, Variables};

/// All levels can be had.
pub const VARIABLES_NEED_HOOK: Option<&str> = None;

/// All containers can be named.
pub const CONTAINERS: Result<Containers, &str> = Ok(every_container!());

/// What the hook saw and nobody named is in the totals alone: neither analysis nor export shows it.
pub const ANALYSIS: Analysis = Analysis { level: Tracking::Variables, ..shared_0_1::ANALYSIS };

/// memscope's own picture of what its tracker holds.
pub const OWN_REPORT: OwnReport = OwnReport::picture(draw);

fn draw(path: &Path) -> Result<(), String> {
    // The tracker's own method would put it into a folder of its choice.
    memscope_rs::export_memory_analysis(&tracker(), path).map_err(|error| error.to_string())
}

/// Makes the tracker that the hook reports to, and what named values are kept in.
pub fn prepare_hook() {
    tracker();
    get_global_scope_tracker();
    VariableRegistry::get_stats();
}

/// What the hook recorded.
pub fn recorded_events() -> Recorded {
    let Recorded { allocations, allocated_bytes, .. } = statistics();
    Recorded { allocations, allocated_bytes, ..Recorded::default() }
}

/// The blocks that memscope holds for alive: it cannot tell, since what the hook freed is still among them.
pub fn live_blocks() -> Option<Vec<Block>> {
    None
}
