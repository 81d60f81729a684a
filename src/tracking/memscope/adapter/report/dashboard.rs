//! The HTML dashboard of named values, from 0.2.0 on.

use crate::tracking::memscope::OwnReport;
use memscope_rs::global_tracker;
use std::path::Path;

/// memscope's own dashboard of named values.
pub const OWN_REPORT: OwnReport = OwnReport::dashboard(export);

fn export(path: &Path) -> Result<(), String> {
    let tracker = global_tracker().map_err(|error| error.to_string())?;
    tracker.export_html(path).map_err(|error| error.to_string())
}
