//! The picture that a function draws, from 0.1.3 on: the tracker's own method puts it into a folder of its choice.

use super::hook::tracker;
use crate::tracking::memscope::OwnReport;
use memscope_rs::export::visualization::export_memory_analysis;
use std::path::Path;

/// memscope's own picture of what its tracker holds.
pub const OWN_REPORT: OwnReport = OwnReport::picture(draw);

fn draw(path: &Path) -> Result<(), String> {
    export_memory_analysis(&tracker(), path).map_err(|error| error.to_string())
}
