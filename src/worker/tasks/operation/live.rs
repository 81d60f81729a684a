//! Live allocations for an operation to read.

use crate::tracking::VariableTracker;
use crate::workloads::Tracker;

/// Makes so many buffers of 64 to 319 bytes, each named where the level has names, as memscope's own benchmarks do.
pub(super) fn allocations(names: &VariableTracker, count: usize) -> Vec<Vec<u8>> {
    (0..count)
        .map(|number| {
            let data = vec![number as u8; 64 + number % 256];
            names.track("data", &data);
            data
        })
        .collect()
}
