//! memscope's analysis of live allocations, which a program runs once, at its end or after a step.

use crate::tracking::memscope::ANALYSIS;
use crate::worker::tasks::operation::{Prepare, Ready, live};

/// Prepares live allocations for an analysis.
pub(super) fn live(prepare: Prepare<'_>, count: usize) -> Box<dyn Ready> {
    Box::new(Analysing { live: live::allocations(prepare.names, count), seen: Ok(0) })
}

struct Analysing {
    live: Vec<Vec<u8>>,
    /// Number of allocations that the analysis saw, or its error.
    seen: Result<usize, String>,
}

impl Ready for Analysing {
    fn repeat(&mut self, times: u64) {
        for _ in 0..times {
            self.seen = (ANALYSIS.run)();
        }
    }

    /// An analysis that misses allocations is fast.
    fn check(&self) -> Result<(), String> {
        let seen = self.seen.clone()?;
        let live = self.live.len();
        if seen >= live { Ok(()) } else { Err(format!("the analysis saw {seen} of {live} allocations")) }
    }
}
