//! Live allocations for an operation to read.

use crate::tracking::VariableTracker;
use crate::workloads::Tracker;

/// Allocates this many buffers of 64 to 319 bytes, each named if the level has names, as in memscope's own benchmarks.
pub(super) fn allocations(names: &VariableTracker, count: usize) -> Vec<Vec<u8>> {
    (0..count)
        .map(|number| {
            let data = vec![number as u8; 64 + number % 256];
            names.track("data", &data);
            data
        })
        .collect()
}
