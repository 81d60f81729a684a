//! Leaks among named values, by an analysis of the blocks that the tracker treats as live: 0.2.0.

use super::reports::named_blocks;
use crate::tracking::Tracking;
use crate::tracking::memscope::{Answer, Detector, Sought};
use memscope_rs::analysis::AnalysisManager;

/// The report of leaks.
pub const LEAKS: Detector =
    Detector::new(Sought::Leaks, Tracking::Variables, "AnalysisManager::analyze_memory_leaks(active)", leaks);

fn leaks() -> Result<Answer, String> {
    let issues = AnalysisManager::new().analyze_memory_leaks(&named_blocks()?).issues;
    Ok(Answer::Named(issues.into_iter().map(|issue| issue.allocation_ptr.into_iter().collect()).collect()))
}
