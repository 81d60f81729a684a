//! The summary of the tracker of named values: 0.2.0. The hook's events reach no analysis.

use crate::tracking::Level;
use crate::tracking::memscope::Analysis;
use memscope_rs::global_tracker;

/// The tracker's summary.
pub const ANALYSIS: Analysis = Analysis { level: Level::Variables, finds: "totals and hotspots", run: analyse };

fn analyse() -> Result<usize, String> {
    let tracker = global_tracker().map_err(|error| error.to_string())?;
    Ok(tracker.analyze().active_allocations)
}
