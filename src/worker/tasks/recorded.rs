//! A recorded window: a workload's allocations as a trace.

use crate::tracking::{Level, recording};
use crate::worker::probe::{self, Observation};
use crate::worker::task::TaskError;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The work of one process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The workload; its level is ignored.
    pub probe: probe::Request,
    /// The path of the trace.
    pub trace: String,
}

/// Records the window of a workload in this process. Call this once.
///
/// # Errors
/// If the trace cannot be written, or the probe cannot run here.
pub fn run(Request { probe, trace }: &Request) -> Result<Observation, TaskError> {
    let refused = |source| TaskError::System { action: "record", source };
    recording::begin(Path::new(trace)).map_err(refused)?;
    probe::run(probe::Request { level: Level::Recording, ..*probe })
}
