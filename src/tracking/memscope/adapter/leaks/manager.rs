//! Leaks among named values, by an analysis of the blocks that the tracker treats as live: 0.2.0.

use super::reports::named_blocks;
use crate::tracking::Level;
use crate::tracking::memscope::{Detector, FindingKind, ReportOutput};
use memscope_rs::analysis::AnalysisManager;

/// The report of leaks.
pub const LEAKS: Detector =
    Detector::new(FindingKind::Leaks, Level::Variables, "AnalysisManager::analyze_memory_leaks(active)", leaks);

fn leaks() -> Result<ReportOutput, String> {
    let issues = AnalysisManager::new().analyze_memory_leaks(&named_blocks()?).issues;
    Ok(ReportOutput::Named(issues.into_iter().map(|issue| issue.allocation_ptr.into_iter().collect()).collect()))
}
