//! memscope 0.1.6 to 0.1.10.

pub use super::shared_0_1_5::{
    ANALYSIS, CONTAINERS, EXPORT_JSON, HOOK, OWN_REPORT, PUBLISHED, VARIABLES_NEED_HOOK, Variables, live_blocks,
    prepare_hook, recorded_events,
};
pub use memscope_rs::get_tracker as tracker;
