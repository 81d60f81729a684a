//! The adapter to the linked memscope, put together from parts.
//!
//! The build script reads memscope's source and chooses one form of each part: `build/parts.rs` lists the forms and what
//! each calls. All forms of a part define the same names. What a version lacks is an `Err` with the reason, and what it
//! does not know is `None`.

mod hook;
mod names;
mod prepare;

#[cfg(memscope_statistics = "all")]
#[path = "statistics/all.rs"]
mod statistics;
#[cfg(memscope_statistics = "bounded")]
#[path = "statistics/bounded.rs"]
mod statistics;
#[cfg(memscope_statistics = "totals")]
#[path = "statistics/totals.rs"]
mod statistics;
#[cfg(memscope_statistics = "live")]
#[path = "statistics/live.rs"]
mod statistics;

#[cfg(memscope_blocks = "fallible")]
#[path = "blocks/fallible.rs"]
mod blocks;
#[cfg(memscope_blocks = "plain")]
#[path = "blocks/plain.rs"]
mod blocks;
#[cfg(memscope_blocks = "unknown")]
#[path = "blocks/unknown.rs"]
mod blocks;

#[cfg(memscope_report = "dashboard")]
#[path = "report/dashboard.rs"]
mod report;
#[cfg(memscope_report = "visualization")]
#[path = "report/visualization.rs"]
mod report;
#[cfg(memscope_report = "analysis")]
#[path = "report/analysis.rs"]
mod report;
#[cfg(memscope_report = "svg")]
#[path = "report/svg.rs"]
mod report;
#[cfg(memscope_report = "none")]
#[path = "report/none.rs"]
mod report;

#[cfg(memscope_json = "global")]
#[path = "json/global.rs"]
mod json;
#[cfg(memscope_json = "tracker")]
#[path = "json/tracker.rs"]
mod json;
#[cfg(memscope_json = "none")]
#[path = "json/none.rs"]
mod json;

#[cfg(memscope_analysis = "analyzer")]
#[path = "analysis/analyzer.rs"]
mod analysis;
#[cfg(memscope_analysis = "global")]
#[path = "analysis/global.rs"]
mod analysis;
#[cfg(memscope_analysis = "types")]
#[path = "analysis/types.rs"]
mod analysis;
#[cfg(memscope_analysis = "none")]
#[path = "analysis/none.rs"]
mod analysis;

#[cfg(memscope_leaks = "analyzer")]
#[path = "leaks/analyzer.rs"]
mod leaks;
#[cfg(memscope_leaks = "manager")]
#[path = "leaks/manager.rs"]
mod leaks;
#[cfg(memscope_leaks = "statistics")]
#[path = "leaks/statistics.rs"]
mod leaks;
#[cfg(memscope_leaks = "none")]
#[path = "leaks/none.rs"]
mod leaks;

#[cfg(memscope_cycles = "graph")]
#[path = "cycles/graph.rs"]
mod cycles;
#[cfg(memscope_cycles = "manager")]
#[path = "cycles/manager.rs"]
mod cycles;
#[cfg(memscope_cycles = "none")]
#[path = "cycles/none.rs"]
mod cycles;

#[cfg(memscope_hook_reports = "separate")]
#[path = "reports/separate.rs"]
mod reports;
#[cfg(memscope_hook_reports = "none")]
#[path = "reports/shared.rs"]
mod reports;

#[cfg(memscope_containers = "all")]
#[path = "containers_all.rs"]
mod containers;
#[cfg(memscope_containers = "none")]
#[path = "containers_none.rs"]
mod containers;

#[cfg(memscope_published = "suite")]
#[path = "published_suite.rs"]
mod published;
#[cfg(memscope_published = "none")]
#[path = "published_none.rs"]
mod published;

pub use analysis::ANALYSIS;
pub use blocks::live_blocks;
pub use containers::CONTAINERS;
pub use hook::HOOK;
pub use json::EXPORT_JSON;
pub use names::{NO_NAMES, VARIABLES_NEED_HOOK, Variables};
pub use prepare::prepare_hook;
pub use published::PUBLISHED;
pub use report::OWN_REPORT;
pub use reports::DETECTORS;
pub use statistics::recorded_events;
