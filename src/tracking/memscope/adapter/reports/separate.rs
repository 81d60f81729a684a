//! Reports of memscope 0.2. It has two trackers that do not see each other's events, each with its own reports: the
//! hook's under the level `allocator`, and the tracker of named values under `variables`.

use super::hook::tracker;
use super::{Cycles, Leaks, Linked, Reports};
use crate::tracking::Level;
use crate::tracking::memscope::{Detector, FindingKind, ReportOutput};
use memscope_rs::analysis::AnalysisManager;
use memscope_rs::{AllocationInfo, MemoryTracker, global_tracker};

impl Reports for Linked {
    const DETECTORS: &'static [Detector] = &[
        Detector::new(FindingKind::Leaks, Level::Allocator, "get_tracker().detect_leaks()", leaks),
        Self::LEAKS,
        Detector::new(FindingKind::Cycles, Level::Allocator, CIRCLES, || circles(blocks(&tracker())?)),
        Self::CYCLES,
        Detector::new(FindingKind::Active, Level::Allocator, ACTIVE, active),
        Detector::new(FindingKind::Active, Level::Variables, ACTIVE_NAMES, active_names),
        Detector::new(FindingKind::Active, Level::Full, ACTIVE, active),
    ];
}

/// The level of the search for cycles among named values.
#[allow(dead_code, reason = "the analyser has its own level")]
pub(super) const CYCLES_LEVEL: Level = Level::Variables;
/// The call behind [`circles`].
pub(super) const CIRCLES: &str = "AnalysisManager::analyze_circular_references(active)";
const ACTIVE: &str = "get_tracker().get_active_allocations()";
const ACTIVE_NAMES: &str = "global_tracker()?.tracker().inner().get_active_allocations()";

fn leaks() -> Result<ReportOutput, String> {
    let (count, _bytes) = tracker().detect_leaks();
    Ok(ReportOutput::Counted(count as u64))
}

fn active() -> Result<ReportOutput, String> {
    Ok(ReportOutput::Named(blocks(&tracker())?.into_iter().map(|block| vec![block.ptr]).collect()))
}

fn active_names() -> Result<ReportOutput, String> {
    Ok(ReportOutput::Named(named_blocks()?.into_iter().map(|block| vec![block.ptr]).collect()))
}

/// Returns the circles that memscope finds among blocks.
pub(super) fn circles(blocks: Vec<AllocationInfo>) -> Result<ReportOutput, String> {
    let analysis = AnalysisManager::new().analyze_circular_references(&blocks);
    let cycles = analysis.circular_references.into_iter();
    let addresses = cycles.map(|found| found.cycle_path.iter().flat_map(|node| [node.ptr, node.data_ptr]).collect());
    Ok(ReportOutput::Named(addresses.collect()))
}

/// Returns the blocks of named values that memscope treats as live.
pub(super) fn named_blocks() -> Result<Vec<AllocationInfo>, String> {
    let tracker = global_tracker().map_err(|error| error.to_string())?;
    blocks(tracker.tracker().inner())
}

fn blocks(tracker: &MemoryTracker) -> Result<Vec<AllocationInfo>, String> {
    let active = tracker.get_active_allocations().map_err(|error| error.to_string())?;
    Ok(active.into_iter().map(AllocationInfo::from).collect())
}
