//! Report of cycles among named values.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::{Cycles, Linked};
use crate::tracking::Level;
use crate::tracking::memscope::{Detector, FindingKind, ReportOutput};

/// From 0.2.1 on: the analyser of events.
#[cfg(memscope_cycles = "graph")]
impl Cycles for Linked {
    const CYCLES: Detector =
        Detector::new(FindingKind::Cycles, Level::Variables, "analyzer(&tracker)?.graph().cycles()", || {
            let tracker = memscope_rs::global_tracker().map_err(|error| error.to_string())?;
            let mut analyzer = memscope_rs::analyzer(&tracker).map_err(|error| error.to_string())?;
            let cycles = analyzer.graph().cycles().cycles;
            // A node is an index in the list of live allocations, although its type suggests otherwise.
            let live = analyzer.view().allocations();
            let address = |&node: &u64| live.get(node as usize).and_then(|block| block.ptr);
            let addresses = cycles.iter().map(|cycle| cycle.nodes.iter().filter_map(address).collect());
            Ok(ReportOutput::Named(addresses.collect()))
        });
}

/// 0.1.3 to 0.2.0: an analysis of the blocks that the tracker treats as live.
#[cfg(memscope_cycles = "manager")]
impl Cycles for Linked {
    const CYCLES: Detector = {
        use super::reports::{CIRCLES, CYCLES_LEVEL, circles, named_blocks};
        Detector::new(FindingKind::Cycles, CYCLES_LEVEL, CIRCLES, || circles(named_blocks()?))
    };
}
