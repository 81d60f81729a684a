//! Looking at the statistics of what the hook recorded, while it is on.

use crate::study::operations::{Ready, live};
use crate::tracking::{VariableTracker, memscope};
use std::hint::black_box;

/// The statistics are read with so many allocations alive.
pub fn statistics(count: usize) -> Box<dyn Ready> {
    let live = live::allocations(&VariableTracker::NOOP, count);
    Box::new(move |times| {
        black_box(&live);
        for _ in 0..times {
            black_box(memscope::recorded_events());
        }
    })
}
