//! memscope 0.2.0.

mod detectors_0_2;
mod of_names_0_2_0;
mod published_0_2;
mod shared_0_2;
mod shared_0_2_0;

use super::Analysis;
use crate::tracking::Tracking;
use memscope_rs::global_tracker;
use of_names_0_2_0::{CYCLES, LEAKS};

pub use detectors_0_2::DETECTORS;
pub use published_0_2::PUBLISHED;
pub use shared_0_2::{
    CONTAINERS, EXPORT_JSON, HOOK, OWN_REPORT, VARIABLES_NEED_HOOK, Variables, live_blocks, prepare_hook,
    recorded_events,
};
pub use shared_0_2_0::{name_value, prepare_naming};

/// The tracker's summary. The hook's events reach no analysis.
pub const ANALYSIS: Analysis = Analysis { level: Tracking::Variables, finds: "totals and hotspots", run: analyse };

fn analyse() -> Result<usize, String> {
    let tracker = global_tracker().map_err(|error| error.to_string())?;
    Ok(tracker.analyze().active_allocations)
}
