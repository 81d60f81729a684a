//! memscope 0.1.1 and 0.1.2. A named value that the hook did not see gets an entry of its own.

mod detectors_0_1_0;
mod shared_0_1;

use super::{Containers, OwnReport};
use shared_0_1::FIVE_KINDS;
use std::path::Path;

pub use detectors_0_1_0::DETECTORS;
pub use memscope_rs::get_global_tracker as tracker;
pub use shared_0_1::{ANALYSIS, EXPORT_JSON, HOOK, PUBLISHED, Variables, live_blocks, statistics as recorded_events};

/// All levels can be had.
pub const VARIABLES_NEED_HOOK: Option<&str> = None;

/// Containers cannot be named.
pub const CONTAINERS: Result<Containers, &str> = Err(FIVE_KINDS);

/// memscope's own picture of what its tracker holds.
pub const OWN_REPORT: OwnReport = OwnReport::picture(draw);

fn draw(path: &Path) -> Result<(), String> {
    tracker().export_memory_analysis(path).map_err(|error| error.to_string())
}

/// Makes the tracker that the hook reports to.
pub fn prepare_hook() {
    tracker();
}
