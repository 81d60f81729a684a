//! memscope 0.2.3 and later: whoever names a value says in which module, and borrows are analysed.

mod detectors_0_2;
mod of_names_0_2_1;
mod published_0_2;
mod shared_0_2;
mod shared_0_2_1;

use memscope_rs::analysis::borrow_analysis::get_global_borrow_analyzer;
use memscope_rs::{GlobalTracker, Trackable};
use of_names_0_2_1::{CYCLES, LEAKS};

pub use detectors_0_2::DETECTORS;
pub use published_0_2::PUBLISHED;
pub use shared_0_2::{
    CONTAINERS, EXPORT_JSON, HOOK, OWN_REPORT, VARIABLES_NEED_HOOK, Variables, live_blocks, prepare_hook,
    recorded_events,
};
pub use shared_0_2_1::ANALYSIS;

/// Makes what naming a value uses besides the tracker: the analyser of borrows.
pub fn prepare_naming() {
    get_global_borrow_analyzer();
}

/// Names a value to memscope.
#[inline]
pub fn name_value(tracker: &GlobalTracker, name: &str, value: &impl Trackable) {
    tracker.track_as(value, name, file!(), line!(), module_path!());
}
