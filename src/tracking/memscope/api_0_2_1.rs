//! memscope 0.2.1, which has what 0.2.0 has, and an analyser.

mod detectors_0_2;
mod of_names_0_2_1;
mod published_0_2;
mod shared_0_2;
mod shared_0_2_0;
mod shared_0_2_1;

use of_names_0_2_1::{CYCLES, LEAKS};

pub use detectors_0_2::DETECTORS;
pub use published_0_2::PUBLISHED;
pub use shared_0_2::{
    CONTAINERS, EXPORT_JSON, HOOK, OWN_REPORT, VARIABLES_NEED_HOOK, Variables, live_blocks, prepare_hook,
    recorded_events,
};
pub use shared_0_2_0::{name_value, prepare_naming};
pub use shared_0_2_1::ANALYSIS;
