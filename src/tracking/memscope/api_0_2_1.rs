//! memscope 0.2.1, which has what 0.2.0 has, and an analyser.

pub use super::shared_0_2::{
    CONTAINERS, EXPORT_JSON, HOOK, OWN_REPORT, PUBLISHED, VARIABLES_NEED_HOOK, Variables, live_blocks, prepare_hook,
    recorded_events,
};
pub use super::shared_0_2_0::{name_value, prepare_naming};
pub use super::shared_0_2_1::ANALYSIS;
