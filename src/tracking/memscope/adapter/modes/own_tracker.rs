//! A tracker of named values that the program creates itself, by memscope's `tracker!()`. It samples if it is set to,
//! and has no analyser of borrows, unlike the global tracker.

#[cfg(not(memscope_own_tracker = "none"))]
pub use form::OwnTracker;
#[cfg(memscope_own_tracker = "none")]
pub use none::OwnTracker;

#[cfg(not(memscope_own_tracker = "none"))]
mod form {
    use super::super::super::Linked;
    use super::super::OwnTrackers;
    use crate::tracking::memscope::modes::{Record, Setting};
    use memscope_rs::Trackable;
    use memscope_rs::tracker::{SamplingConfig, Tracker};
    use std::fmt;
    use std::sync::Arc;

    /// The tracker. It is shared, because dropping any clone of memscope's own type marks all allocations freed.
    #[derive(Clone)]
    pub struct OwnTracker(Arc<Tracker>);

    impl fmt::Debug for OwnTracker {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("OwnTracker")
        }
    }

    impl OwnTrackers for Linked {
        const OWN_TRACKER: Result<fn(Setting) -> OwnTracker, &'static str> = Ok(|setting| {
            let tracker = Tracker::new();
            OwnTracker(Arc::new(match setting {
                Setting::Every => tracker,
                Setting::Tenth => tracker.with_sampling(SamplingConfig::demo()),
                Setting::Hundredth => tracker.with_sampling(SamplingConfig::high_performance()),
                #[cfg(memscope_system_monitor = "thread")]
                Setting::Monitored => tracker.with_system_monitoring(),
                #[cfg(memscope_system_monitor = "none")]
                Setting::Monitored => tracker,
            }))
        });
    }

    impl OwnTracker {
        /// Passes a value on, as memscope's `track!` does.
        #[inline]
        fn pass_on(&self, name: &str, value: &impl Trackable) {
            #[cfg(memscope_own_tracker = "with_module")]
            self.0.track_as(value, name, file!(), line!(), module_path!());
            #[cfg(memscope_own_tracker = "plain")]
            self.0.track_as(value, name, file!(), line!());
        }

        /// Returns the number of named values recorded.
        pub fn recorded(&self) -> u64 {
            self.0.stats().total_allocations as u64
        }

        /// Returns the record of each named value, if memscope keeps one.
        pub fn records(&self) -> Option<Vec<Record>> {
            #[cfg(not(memscope_event_records = "none"))]
            return Some(super::super::records::of(&self.0));
            #[cfg(memscope_event_records = "none")]
            None
        }
    }

    pass_on_every_kind!(OwnTracker);
}

/// A source without such a tracker.
#[cfg(memscope_own_tracker = "none")]
mod none {
    use crate::tracking::memscope::modes::Record;

    /// A placeholder that is never created.
    #[derive(Clone, Debug)]
    pub struct OwnTracker;

    impl OwnTracker {
        fn pass_on<T>(&self, _name: &str, _value: &T) {}

        /// Returns no number.
        pub fn recorded(&self) -> u64 {
            0
        }

        /// Returns no record.
        pub fn records(&self) -> Option<Vec<Record>> {
            None
        }
    }

    pass_on_every_kind!(OwnTracker);
}
