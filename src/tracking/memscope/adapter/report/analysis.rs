//! The picture that the tracker draws: 0.1.1 and 0.1.2.

use super::hook::tracker;
use crate::tracking::memscope::OwnReport;
use std::path::Path;

/// memscope's own picture of what its tracker holds.
pub const OWN_REPORT: OwnReport = OwnReport::picture(draw);

fn draw(path: &Path) -> Result<(), String> {
    tracker().export_memory_analysis(path).map_err(|error| error.to_string())
}
