//! What memscope 0.1.0 to 0.1.2 find: what is alive, and nothing else.

use super::tracker;
use crate::tracking::Tracking;
use crate::tracking::memscope::{Answer, Detector, Sought};

/// The reports.
pub const DETECTORS: &[Detector] = &[
    Detector::none(Sought::Leaks, Tracking::Full, "this version looks for no leaks"),
    Detector::none(Sought::Cycles, Tracking::Full, "this version looks for no cycles"),
    Detector::new(Sought::Active, Tracking::Allocator, ACTIVE, active),
    Detector::new(Sought::Active, Tracking::Full, ACTIVE, active),
];

const ACTIVE: &str = "tracker.get_active_allocations()";

fn active() -> Result<Answer, String> {
    let active = tracker().get_active_allocations().map_err(|error| error.to_string())?;
    Ok(Answer::Named(active.into_iter().map(|block| vec![block.ptr]).collect()))
}
