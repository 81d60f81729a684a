//! memscope's own benchmarks, in their very setting: what its documents claim can be held against the figures.
//!
//! The settings are those of the adapter ([`UpstreamBenches`]); they neither install the hook nor use the global
//! trackers. One thing is bounded here: where memscope's benchmark names values to one tracker for seconds, millions
//! of them, a process names 100,000.

use crate::study::operations::{CannotRun, Ready};
use crate::tracking::memscope::{BenchFn, UPSTREAM_BENCHES, UpstreamBenches};

type Prepared = Result<Box<dyn Ready>, CannotRun>;

fn prepared(make: impl FnOnce(&UpstreamBenches) -> BenchFn) -> Prepared {
    let published = UPSTREAM_BENCHES.as_ref().map_err(|why| CannotRun::Unsupported(why))?;
    Ok(Box::new(make(published)))
}

pub fn track_single(bytes: usize) -> Prepared {
    prepared(|published| (published.track_single)(bytes))
}

pub fn tracker_stats(live: usize) -> Prepared {
    prepared(|published| (published.tracker_stats)(live))
}

pub fn tracker_analyze(live: usize) -> Prepared {
    prepared(|published| (published.tracker_analyze)(live))
}

pub fn alloc_core() -> Prepared {
    prepared(|published| (published.alloc_core)())
}

pub fn alloc_lockfree() -> Prepared {
    prepared(|published| (published.alloc_lockfree)())
}
