//! Reports of memscope 0.1. It has one tracker, which needs both the hook and names to know who points to whom.

use super::{Cycles, Leaks, Linked, Reports};
use crate::tracking::Level;
use crate::tracking::memscope::{Detector, FindingKind, ReportOutput};
#[cfg(memscope_cycles = "manager")]
pub use shared_pointers::{CIRCLES, CYCLES_LEVEL, circles, named_blocks};

impl Reports for Linked {
    const DETECTORS: &'static [Detector] = &[
        Self::LEAKS,
        Self::CYCLES,
        Detector::new(FindingKind::Active, Level::Allocator, ACTIVE, active),
        Detector::new(FindingKind::Active, Level::Full, ACTIVE, active),
    ];
}

const ACTIVE: &str = "tracker.get_active_allocations()";

#[cfg(memscope_cycles = "manager")]
use shared_pointers::active;

#[cfg(not(memscope_cycles = "manager"))]
fn active() -> Result<ReportOutput, String> {
    let active = <Linked as super::Blocks>::live_blocks().ok_or("this version does not list live blocks")?;
    Ok(ReportOutput::Named(active.into_iter().map(|block| vec![block.address]).collect()))
}

/// Versions that follow shared pointers: 0.1.3 and later.
#[cfg(memscope_cycles = "manager")]
mod shared_pointers {
    use super::super::hook::tracker;
    use crate::tracking::Level;
    use crate::tracking::memscope::ReportOutput;
    use memscope_rs::analysis::AnalysisManager;
    use memscope_rs::core::types::AllocationInfo;

    /// The level of the search for cycles.
    pub const CYCLES_LEVEL: Level = Level::Full;
    /// The call behind [`circles`].
    pub const CIRCLES: &str = "AnalysisManager::analyze_circular_references(active)";

    /// Returns the circles that memscope finds among blocks.
    pub fn circles(blocks: Vec<AllocationInfo>) -> Result<ReportOutput, String> {
        let analysis = AnalysisManager::new().analyze_circular_references(&blocks);
        let cycles = analysis.circular_references.into_iter();
        let addresses =
            cycles.map(|found| found.cycle_path.iter().flat_map(|node| [node.ptr, node.data_ptr]).collect());
        Ok(ReportOutput::Named(addresses.collect()))
    }

    pub fn active() -> Result<ReportOutput, String> {
        // A named shared value has an address that memscope invents, and the address of its data.
        let addresses = |block: AllocationInfo| {
            let data = block.smart_pointer_info.map(|shared| shared.data_ptr);
            std::iter::once(block.ptr).chain(data).collect()
        };
        Ok(ReportOutput::Named(named_blocks()?.into_iter().map(addresses).collect()))
    }

    /// Returns the blocks that memscope treats as live.
    pub fn named_blocks() -> Result<Vec<AllocationInfo>, String> {
        tracker().get_active_allocations().map_err(|error| error.to_string())
    }
}
