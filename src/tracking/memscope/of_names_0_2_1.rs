//! What memscope 0.2.1 and later find among named values: there is an analyser of their events.

use crate::tracking::Tracking;
use crate::tracking::memscope::{Answer, Detector, Sought};
use memscope_rs::{Analyzer, analyzer, global_tracker};

/// The report of leaks.
pub const LEAKS: Detector =
    Detector::new(Sought::Leaks, Tracking::Variables, "analyzer(&tracker)?.detect().leaks()", leaks);

/// The report of cycles.
pub const CYCLES: Detector =
    Detector::new(Sought::Cycles, Tracking::Variables, "analyzer(&tracker)?.graph().cycles()", cycles);

fn leaks() -> Result<Answer, String> {
    let leaked = of_names()?.detect().leaks().leaked_allocations;
    Ok(Answer::Named(leaked.into_iter().map(|leak| vec![leak.ptr]).collect()))
}

fn cycles() -> Result<Answer, String> {
    let mut analyzer = of_names()?;
    let cycles = analyzer.graph().cycles().cycles;
    // A node is a place in the list of what is alive, whatever its type says.
    let alive = analyzer.view().allocations();
    let address = |&node: &u64| alive.get(node as usize).and_then(|block| block.ptr);
    Ok(Answer::Named(cycles.iter().map(|cycle| cycle.nodes.iter().filter_map(address).collect()).collect()))
}

fn of_names() -> Result<Analyzer, String> {
    let tracker = global_tracker().map_err(|error| error.to_string())?;
    analyzer(&tracker).map_err(|error| error.to_string())
}
