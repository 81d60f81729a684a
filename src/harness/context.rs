//! The context of another crate's workload.

#[cfg(feature = "studies")]
use crate::study::stress::Observer;
use crate::tracking::VariableTracker;
use crate::worker::tasks::detection::ledger::Ledger;
use crate::workloads::{Digest, Tracker, Untracked, Value};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The argument of a workload of [`harness!`](crate::harness!): it names values to the tracker. Naming is optional.
///
/// Threads share it. At a level without names, a named value costs a count and a branch. The untracked and the tracked
/// time both include it.
pub struct Context {
    tracker: WorkloadTracker,
    variables: AtomicU64,
}

/// The trackers that run workloads. They share one type, so a workload is compiled once and its instructions are the
/// same at every level.
pub(super) enum WorkloadTracker {
    /// The tracker of a probe.
    Variables(VariableTracker),
    /// The tracker of a report whose findings are compared with the planted objects.
    Ledger(Ledger),
    /// The tracker of a stress run.
    #[cfg(feature = "studies")]
    Observer(Observer),
}

impl Context {
    pub(super) fn new(tracker: WorkloadTracker) -> Self {
        Self { tracker, variables: AtomicU64::new(0) }
    }

    /// Names a value to the tracker: a `Vec`, `String`, `Box`, `Rc` or `Arc`.
    #[inline]
    pub fn track(&self, name: &'static str, value: &impl Value) {
        self.variables.fetch_add(1, Relaxed);
        match &self.tracker {
            WorkloadTracker::Variables(tracker) => tracker.track(name, value),
            WorkloadTracker::Ledger(tracker) => tracker.track(name, value),
            #[cfg(feature = "studies")]
            WorkloadTracker::Observer(tracker) => tracker.track(name, value),
        }
    }

    /// Marks a checkpoint, a point at which the workload's live memory peaks. The stress run inspects the heap there.
    #[inline]
    pub fn checkpoint(&self, name: &'static str) {
        match &self.tracker {
            WorkloadTracker::Variables(tracker) => tracker.checkpoint(name),
            WorkloadTracker::Ledger(tracker) => tracker.checkpoint(name),
            #[cfg(feature = "studies")]
            WorkloadTracker::Observer(tracker) => tracker.checkpoint(name),
        }
    }

    /// Returns the digest of a workload that returned this checksum.
    pub(super) fn digest(self, checksum: u64) -> Digest {
        Digest { checksum, variables: self.variables.into_inner(), ..Digest::default() }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("variables", &self.variables).finish_non_exhaustive()
    }
}

/// A tracker that a context can pass values to.
pub(super) trait Named: Tracker {
    /// Returns the tracker as a variant of [`WorkloadTracker`].
    fn workload_tracker(&self) -> WorkloadTracker;
}

impl Named for Untracked {
    fn workload_tracker(&self) -> WorkloadTracker {
        WorkloadTracker::Variables(VariableTracker::NOOP)
    }
}

impl Named for VariableTracker {
    fn workload_tracker(&self) -> WorkloadTracker {
        WorkloadTracker::Variables(self.clone())
    }
}

impl Named for Ledger {
    fn workload_tracker(&self) -> WorkloadTracker {
        WorkloadTracker::Ledger(self.clone())
    }
}

#[cfg(feature = "studies")]
impl Named for Observer {
    fn workload_tracker(&self) -> WorkloadTracker {
        WorkloadTracker::Observer(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_name_values_in_one_context() {
        let context = Context::new(Untracked.workload_tracker());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| context.track("text", &String::new()));
            }
        });
        assert_eq!(context.digest(7), Digest { checksum: 7, variables: 4, ..Digest::default() });
    }
}
