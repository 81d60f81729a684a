//! Report of leaks among named values.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::hook::tracker;
use super::{Leaks, Linked};
use crate::tracking::Level;
use crate::tracking::memscope::{Detector, FindingKind, ReportOutput};

/// From 0.2.1 on: the analyser of events.
#[cfg(memscope_leaks = "analyzer")]
impl Leaks for Linked {
    const LEAKS: Detector =
        Detector::new(FindingKind::Leaks, Level::Variables, "analyzer(&tracker)?.detect().leaks()", || {
            let tracker = memscope_rs::global_tracker().map_err(|error| error.to_string())?;
            let mut analyzer = memscope_rs::analyzer(&tracker).map_err(|error| error.to_string())?;
            let leaked = analyzer.detect().leaks().leaked_allocations;
            Ok(ReportOutput::Named(leaked.into_iter().map(|leak| vec![leak.ptr]).collect()))
        });
}

/// 0.2.0: an analysis of the blocks that the tracker treats as live.
#[cfg(memscope_leaks = "manager")]
impl Leaks for Linked {
    const LEAKS: Detector =
        Detector::new(FindingKind::Leaks, Level::Variables, "AnalysisManager::analyze_memory_leaks(active)", || {
            let manager = memscope_rs::analysis::AnalysisManager::new();
            let issues = manager.analyze_memory_leaks(&super::reports::named_blocks()?).issues;
            let addresses = issues.into_iter().map(|issue| issue.allocation_ptr.into_iter().collect());
            Ok(ReportOutput::Named(addresses.collect()))
        });
}

/// 0.1.3 to 0.1.10: a count in the statistics. The detectors of these versions watch memory handed to foreign code.
#[cfg(memscope_leaks = "statistics")]
impl Leaks for Linked {
    const LEAKS: Detector =
        Detector::new(FindingKind::Leaks, Level::Full, "tracker.get_stats().leaked_allocations", || {
            let stats = tracker().get_stats().map_err(|error| error.to_string())?;
            Ok(ReportOutput::Counted(stats.leaked_allocations as u64))
        });
}
