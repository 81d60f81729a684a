//! What memscope 0.2.0 finds among named values: its analyses take the blocks that the tracker holds for alive.

use super::detectors_0_2::{CIRCLES, circles, named_blocks};
use crate::tracking::Tracking;
use crate::tracking::memscope::{Answer, Detector, Sought};
use memscope_rs::analysis::AnalysisManager;

/// The report of leaks.
pub const LEAKS: Detector =
    Detector::new(Sought::Leaks, Tracking::Variables, "AnalysisManager::analyze_memory_leaks(active)", leaks);

/// The report of cycles.
pub const CYCLES: Detector = Detector::new(Sought::Cycles, Tracking::Variables, CIRCLES, || circles(named_blocks()?));

fn leaks() -> Result<Answer, String> {
    let issues = AnalysisManager::new().analyze_memory_leaks(&named_blocks()?).issues;
    Ok(Answer::Named(issues.into_iter().map(|issue| issue.allocation_ptr.into_iter().collect()).collect()))
}
