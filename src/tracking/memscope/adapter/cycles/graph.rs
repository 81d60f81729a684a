//! Cycles among named values, by the analyser of their events: from 0.2.1 on.

use crate::tracking::Level;
use crate::tracking::memscope::{Detector, FindingKind, ReportOutput};
use memscope_rs::{analyzer, global_tracker};

/// The report of cycles.
pub const CYCLES: Detector =
    Detector::new(FindingKind::Cycles, Level::Variables, "analyzer(&tracker)?.graph().cycles()", cycles);

fn cycles() -> Result<ReportOutput, String> {
    let tracker = global_tracker().map_err(|error| error.to_string())?;
    let mut analyzer = analyzer(&tracker).map_err(|error| error.to_string())?;
    let cycles = analyzer.graph().cycles().cycles;
    // A node is a place in the list of what is alive, whatever its type says.
    let alive = analyzer.view().allocations();
    let address = |&node: &u64| alive.get(node as usize).and_then(|block| block.ptr);
    Ok(ReportOutput::Named(cycles.iter().map(|cycle| cycle.nodes.iter().filter_map(address).collect()).collect()))
}
