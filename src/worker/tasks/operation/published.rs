//! memscope's own benchmarks in their own setting, to compare with the claims in its documents.
//!
//! The settings are those of the adapter ([`UpstreamBenches`]); they neither install the hook nor use the global
//! trackers. One bound is added: memscope's benchmark names millions of values to one tracker for seconds; a process
//! here names 100,000.

use crate::tracking::memscope::{BenchFn, UPSTREAM_BENCHES, UpstreamBenches};
use crate::worker::task::TaskError;
use crate::worker::tasks::operation::Ready;

type Prepared = Result<Box<dyn Ready>, TaskError>;

fn prepared(make: impl FnOnce(&UpstreamBenches) -> BenchFn) -> Prepared {
    let published = UPSTREAM_BENCHES.as_ref().map_err(|why| TaskError::Unsupported(why))?;
    Ok(Box::new(make(published)))
}

pub(super) fn track_single(bytes: usize) -> Prepared {
    prepared(|published| (published.track_single)(bytes))
}

pub(super) fn tracker_stats(live: usize) -> Prepared {
    prepared(|published| (published.tracker_stats)(live))
}

pub(super) fn tracker_analyze(live: usize) -> Prepared {
    prepared(|published| (published.tracker_analyze)(live))
}

pub(super) fn alloc_core() -> Prepared {
    prepared(|published| (published.alloc_core)())
}

pub(super) fn alloc_lockfree() -> Prepared {
    prepared(|published| (published.alloc_lockfree)())
}
