//! The analyser of named values, from 0.2.1 on. The hook's events reach no analysis.

use crate::tracking::Level;
use crate::tracking::memscope::Analysis;
use memscope_rs::{analyzer, global_tracker};

/// The whole report.
pub const ANALYSIS: Analysis = Analysis { level: Level::Variables, finds: "leaks, cycles, metrics", run: analyse };

fn analyse() -> Result<usize, String> {
    let tracker = global_tracker().map_err(|error| error.to_string())?;
    let report = analyzer(&tracker).map_err(|error| error.to_string())?.analyze();
    Ok(report.stats.allocation_count)
}
