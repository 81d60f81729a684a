//! memscope 0.2.0 and 0.2.1.

use memscope_rs::{GlobalTracker, Trackable};

pub use super::shared_0_2::{
    HOOK, OWN_REPORT, VARIABLES_NEED_HOOK, Variables, live_blocks, prepare_hook, recorded_events,
};

/// Makes what naming a value uses besides the tracker: nothing.
pub fn prepare_naming() {}

/// Names a value to memscope.
#[inline]
pub fn name_value(tracker: &GlobalTracker, name: &str, value: &impl Trackable) {
    tracker.track_as(value, name, file!(), line!());
}
