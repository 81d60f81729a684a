//! A count of leaks in the statistics: 0.1.3 to 0.1.10. Their detectors watch memory that is handed to foreign code.

use super::hook::tracker;
use crate::tracking::Tracking;
use crate::tracking::memscope::{Answer, Detector, Sought};

/// The report of leaks.
pub const LEAKS: Detector =
    Detector::new(Sought::Leaks, Tracking::Full, "tracker.get_stats().leaked_allocations", leaks);

fn leaks() -> Result<Answer, String> {
    let stats = tracker().get_stats().map_err(|error| error.to_string())?;
    Ok(Answer::Counted(stats.leaked_allocations as u64))
}
