//! What memscope 0.2.0 and 0.2.1 have in common: how a value is named.

use memscope_rs::{GlobalTracker, Trackable};

/// Makes what naming a value uses besides the tracker: nothing.
pub fn prepare_naming() {}

/// Names a value to memscope.
#[inline]
pub fn name_value(tracker: &GlobalTracker, name: &str, value: &impl Trackable) {
    tracker.track_as(value, name, file!(), line!());
}
