//! Reading the statistics of the hook while it is on.

use crate::tracking::{VariableTracker, memscope};
use crate::worker::tasks::operation::{Ready, live};
use std::hint::black_box;

/// Reads the statistics with this many live allocations.
pub(super) fn statistics(count: usize) -> Box<dyn Ready> {
    let live = live::allocations(&VariableTracker::NOOP, count);
    Box::new(move |times| {
        black_box(&live);
        for _ in 0..times {
            black_box(memscope::recorded_events());
        }
    })
}
