//! What memscope 0.1.3 to 0.1.10 find. Its detectors of leaks watch memory that is handed to foreign code; of the program's
//! own there is a count in the statistics.

use super::tracker;
use crate::tracking::Tracking;
use crate::tracking::memscope::{Answer, Detector, Sought};
use memscope_rs::analysis::AnalysisManager;
use memscope_rs::core::types::AllocationInfo;

/// The reports. One tracker keeps all, and only with hook and names does it know who points to whom.
pub const DETECTORS: &[Detector] = &[
    Detector::new(Sought::Leaks, Tracking::Full, "tracker.get_stats().leaked_allocations", leaks),
    Detector::new(Sought::Cycles, Tracking::Full, "AnalysisManager::analyze_circular_references(active)", cycles),
    Detector::new(Sought::Active, Tracking::Allocator, ACTIVE, active),
    Detector::new(Sought::Active, Tracking::Full, ACTIVE, active),
];

const ACTIVE: &str = "tracker.get_active_allocations()";

fn leaks() -> Result<Answer, String> {
    let stats = tracker().get_stats().map_err(|error| error.to_string())?;
    Ok(Answer::Counted(stats.leaked_allocations as u64))
}

fn cycles() -> Result<Answer, String> {
    let analysis = AnalysisManager::new().analyze_circular_references(&blocks()?);
    let cycles = analysis.circular_references.into_iter();
    let addresses = cycles.map(|found| found.cycle_path.iter().flat_map(|node| [node.ptr, node.data_ptr]).collect());
    Ok(Answer::Named(addresses.collect()))
}

fn active() -> Result<Answer, String> {
    // A shared value that was named is kept by an address that memscope makes up, beside that of its data.
    let addresses = |block: AllocationInfo| {
        let data = block.smart_pointer_info.map(|shared| shared.data_ptr);
        std::iter::once(block.ptr).chain(data).collect()
    };
    Ok(Answer::Named(blocks()?.into_iter().map(addresses).collect()))
}

fn blocks() -> Result<Vec<AllocationInfo>, String> {
    tracker().get_active_allocations().map_err(|error| error.to_string())
}
