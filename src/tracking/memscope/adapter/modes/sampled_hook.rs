//! Sampling of the tracker that the hook reports to.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::super::Linked;
use super::SampledHook;
use crate::tracking::memscope::modes::Driver;

#[cfg(memscope_sampled_hook = "global")]
impl SampledHook for Linked {
    const SAMPLED_HOOK: Result<Driver, &'static str> = Ok(Driver {
        start: |_| {
            use memscope_rs::tracker::{SamplingConfig, Tracker};
            // Dropping it would mark the hook's allocations freed.
            std::mem::forget(Tracker::global().with_sampling(SamplingConfig::high_performance()));
        },
        ..Driver::PLAIN
    });
}
