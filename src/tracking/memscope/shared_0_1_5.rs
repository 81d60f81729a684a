//! What memscope 0.1.5 to 0.1.10 have in common: all but the name of the tracker.
//!
//! Active and peak count named values alone, while the total counts all: they are not shown.

use super::shared_0_1::statistics;
use super::tracker;
use crate::tracking::Recorded;
use crate::tracking::memscope::{Containers, OwnReport};
use memscope_rs::core::scope_tracker::get_global_scope_tracker;
use memscope_rs::export::visualization::export_memory_analysis;
use memscope_rs::variable_registry::VariableRegistry;
use std::path::Path;

/// All levels can be had.
pub const VARIABLES_NEED_HOOK: Option<&str> = None;

/// All containers can be named.
pub const CONTAINERS: Result<Containers, &str> = Ok(every_container!());

/// memscope's own picture of what its tracker holds.
pub const OWN_REPORT: OwnReport = OwnReport::picture(draw);

fn draw(path: &Path) -> Result<(), String> {
    // The tracker's own method would put it into a folder of its choice.
    export_memory_analysis(&tracker(), path).map_err(|error| error.to_string())
}

/// Makes the tracker that the hook reports to, and what named values are kept in.
pub fn prepare_hook() {
    tracker();
    get_global_scope_tracker();
    VariableRegistry::get_stats();
}

/// What the hook recorded.
pub fn recorded_events() -> Recorded {
    Recorded { active_allocations: None, active_bytes: None, peak_bytes: None, ..statistics() }
}
