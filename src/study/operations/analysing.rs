//! memscope's analysis of what is alive: what is done once, at the end of a program or of a step of it.

use crate::study::operations::{Prepare, Ready, live};
use crate::tracking::memscope::ANALYSIS;

/// What is alive is analysed once.
pub fn live(prepare: Prepare<'_>, count: usize) -> Box<dyn Ready> {
    Box::new(Analysing { live: live::allocations(prepare.names, count), seen: Ok(0) })
}

struct Analysing {
    live: Vec<Vec<u8>>,
    /// How many allocations the analysis saw, or why there is none.
    seen: Result<usize, String>,
}

impl Ready for Analysing {
    fn repeat(&mut self, times: u64) {
        for _ in 0..times {
            self.seen = (ANALYSIS.run)();
        }
    }

    /// An analysis that saw nothing is fast.
    fn check(&self) -> Result<(), String> {
        let seen = self.seen.clone()?;
        let live = self.live.len();
        if seen >= live { Ok(()) } else { Err(format!("the analysis saw {seen} of {live} allocations")) }
    }
}
