//! memscope 0.1.5, which builds with its feature `parking-lot` alone.

mod detectors_0_1_3;
mod shared_0_1;
mod shared_0_1_5;

pub use detectors_0_1_3::DETECTORS;
pub use memscope_rs::get_global_tracker as tracker;
pub use shared_0_1::{ANALYSIS, EXPORT_JSON, HOOK, PUBLISHED, Variables, live_blocks};
pub use shared_0_1_5::{CONTAINERS, OWN_REPORT, VARIABLES_NEED_HOOK, prepare_hook, recorded_events};
