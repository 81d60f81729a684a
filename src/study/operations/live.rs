//! Allocations that are alive while an operation looks at them.

use crate::tracking::VariableTracker;
use crate::workloads::Tracker;

/// So many buffers of 64 to 319 bytes, each named where the level has names: what memscope's own benchmarks look at.
pub fn allocations(names: &VariableTracker, count: usize) -> Vec<Vec<u8>> {
    (0..count)
        .map(|number| {
            let data = vec![number as u8; 64 + number % 256];
            names.track("data", &data);
            data
        })
        .collect()
}
