//! A count of leaks in the statistics: 0.1.3 to 0.1.10. Their detectors watch memory that is handed to foreign code.

use super::hook::tracker;
use crate::tracking::Level;
use crate::tracking::memscope::{Detector, FindingKind, ReportOutput};

/// The report of leaks.
pub const LEAKS: Detector =
    Detector::new(FindingKind::Leaks, Level::Full, "tracker.get_stats().leaked_allocations", leaks);

fn leaks() -> Result<ReportOutput, String> {
    let stats = tracker().get_stats().map_err(|error| error.to_string())?;
    Ok(ReportOutput::Counted(stats.leaked_allocations as u64))
}
