//! Leaks among named values, by the analyser of their events: from 0.2.1 on.

use crate::tracking::Level;
use crate::tracking::memscope::{Detector, FindingKind, ReportOutput};
use memscope_rs::{analyzer, global_tracker};

/// The report of leaks.
pub const LEAKS: Detector =
    Detector::new(FindingKind::Leaks, Level::Variables, "analyzer(&tracker)?.detect().leaks()", leaks);

fn leaks() -> Result<ReportOutput, String> {
    let tracker = global_tracker().map_err(|error| error.to_string())?;
    let mut analyzer = analyzer(&tracker).map_err(|error| error.to_string())?;
    let leaked = analyzer.detect().leaks().leaked_allocations;
    Ok(ReportOutput::Named(leaked.into_iter().map(|leak| vec![leak.ptr]).collect()))
}
