//! Analysis of live allocations.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::hook::tracker;
use super::{Analyses, Linked};
use crate::tracking::Level;
use crate::tracking::memscope::Analysis;

/// From 0.2.1 on: the analyser of named values. The hook's events reach no analysis.
#[cfg(memscope_analysis = "analyzer")]
impl Analyses for Linked {
    const ANALYSIS: Analysis = Analysis {
        level: Level::Variables,
        finds: "leaks, cycles, metrics",
        run: || {
            let tracker = memscope_rs::global_tracker().map_err(|error| error.to_string())?;
            let report = memscope_rs::analyzer(&tracker).map_err(|error| error.to_string())?.analyze();
            Ok(report.stats.allocation_count)
        },
    };
}

/// 0.2.0: the summary of the tracker of named values. The hook's events reach no analysis.
#[cfg(memscope_analysis = "global")]
impl Analyses for Linked {
    const ANALYSIS: Analysis = Analysis {
        level: Level::Variables,
        finds: "totals and hotspots",
        run: || {
            let tracker = memscope_rs::global_tracker().map_err(|error| error.to_string())?;
            Ok(tracker.analyze().active_allocations)
        },
    };
}

/// 0.1: live memory by type. Other analyses are parts of the exports.
#[cfg(memscope_analysis = "types")]
impl Analyses for Linked {
    const ANALYSIS: Analysis = Analysis {
        // If frees are not counted, the types lack the blocks without names.
        level: if cfg!(memscope_statistics = "totals") { Level::Variables } else { Level::Allocator },
        finds: "memory by type",
        run: || {
            let types = tracker().get_memory_by_type().map_err(|error| error.to_string())?;
            Ok(types.iter().map(|used| used.allocation_count).sum())
        },
    };
}
