//! The adapter to the linked memscope: a trait for each of its parts, and their forms.
//!
//! The build script reads memscope's source and chooses a form of each part: `build/parts.rs` lists the forms and what
//! each calls. A form implements the part's trait for [`Linked`], in the file with the part's name. The traits'
//! defaults stand for "unknown" and "unsupported", so a form implements only what its source offers.
//!
//! Parts are chosen one by one because memscope's API changes piece by piece: between two releases a source has pieces
//! of both. A folder for each release would fit releases only.

mod analysis;
mod blocks;
mod containers;
mod cycles;
mod hook;
mod json;
mod leaks;
pub(super) mod modes;
mod names;
#[cfg(memscope_published = "suite")]
mod published;
mod report;
#[cfg_attr(memscope_hook_reports = "separate", path = "adapter/reports/separate.rs")]
#[cfg_attr(memscope_hook_reports = "none", path = "adapter/reports/shared.rs")]
mod reports;
mod statistics;

pub(crate) use hook::HOOK;
pub use hook::{InstalledHook, prepare_hook};
pub use modes::OwnTracker;
pub use names::Variables;

use super::{Analysis, Block, Containers, Detector, FindingKind, OwnReport, TypeUse, UpstreamBenches};
use crate::tracking::{Level, Recorded};
use crate::workloads::Tracker;
use std::path::Path;

/// The memscope that this program is linked with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Linked;

/// All parts of the adapter.
pub(super) trait Adapter
where
    Self: Statistics + VariableTracker + Blocks + Report + Json + Analyses,
    Self: Leaks + Cycles + Reports + NamesContainers + Upstream + modes::Modes,
{
}

impl Adapter for Linked {}

/// The compiler checks here that each part has a form.
const _: () = {
    const fn is_complete<T: Adapter>() {}
    is_complete::<Linked>();
};

/// Events that the hook recorded.
#[diagnostic::on_unimplemented(message = "adapter/statistics.rs has no such form of the part `statistics`")]
pub(super) trait Statistics {
    /// Returns the events that the hook recorded. A figure that a version does not know, or that does not mean what
    /// its name says, is `None`.
    fn recorded_events() -> Recorded {
        Recorded::default()
    }
}

/// Naming values.
#[diagnostic::on_unimplemented(message = "adapter/names/ has no such form of the part `names`")]
pub(super) trait VariableTracker {
    /// Passes named values on to memscope.
    type Variables: NamedValues;

    /// Reason why no values can be named at any level; `None` if they can.
    const NO_NAMES: Option<&'static str> = None;

    /// Reason why the level `variables` is unsupported; `None` if it is not.
    const VARIABLES_NEED_HOOK: Option<&'static str> = if cfg!(memscope_unseen = "forgotten") {
        Some("this version notes names on blocks that its hook saw, and forgets them without it")
    } else {
        None
    };
}

/// memscope's variable tracking.
pub trait NamedValues: Tracker {
    /// Starts variable tracking, and makes the objects that naming a value uses.
    fn prepare() -> Self;

    /// Returns the number of named values recorded; `None` if the version does not count them.
    fn recorded(&self) -> Option<u64> {
        None
    }

    /// Returns the recorded values by type, as memscope knows types. It is empty if the version lists live values only.
    fn by_type(&self) -> Vec<TypeUse> {
        Vec::new()
    }
}

/// Live blocks.
#[diagnostic::on_unimplemented(message = "adapter/blocks.rs has no such form of the part `blocks`")]
pub(super) trait Blocks {
    /// Returns the blocks that memscope treats as live. It is `None` if memscope cannot list them, or lists blocks that
    /// its hook freed.
    ///
    /// The window must be closed, or the calling thread [paused](crate::tracking::PauseGuard): memscope allocates here
    /// while it holds its locks, and would wait for itself forever with the hook on.
    fn live_blocks() -> Option<Vec<Block>> {
        None
    }
}

/// memscope's own report for people.
#[diagnostic::on_unimplemented(message = "adapter/report.rs has no such form of the part `report`")]
pub(super) trait Report {
    /// The report.
    const OWN_REPORT: OwnReport =
        OwnReport::dashboard(|_| Err("this version has no report that the adapter knows".to_owned()));
}

/// Export as JSON.
#[diagnostic::on_unimplemented(message = "adapter/json.rs has no such form of the part `json`")]
pub(super) trait Json {
    /// Writes the allocations that memscope tracks as JSON to a file or folder.
    const EXPORT_JSON: fn(&Path) -> Result<(), String> =
        |_| Err("this version has no export of JSON that the adapter knows".to_owned());
}

/// Analysis of live allocations.
#[diagnostic::on_unimplemented(message = "adapter/analysis.rs has no such form of the part `analysis`")]
pub(super) trait Analyses {
    /// The analysis.
    const ANALYSIS: Analysis = Analysis {
        level: Level::Allocator,
        finds: "nothing",
        run: || Err("this version has no analysis that the adapter knows".to_owned()),
    };
}

/// Report of leaks among named values.
#[diagnostic::on_unimplemented(message = "adapter/leaks.rs has no such form of the part `leaks`")]
pub(super) trait Leaks {
    /// The report.
    const LEAKS: Detector = Detector::none(FindingKind::Leaks, Level::Full, "this version looks for no leaks");
}

/// Report of cycles among named values.
#[diagnostic::on_unimplemented(message = "adapter/cycles.rs has no such form of the part `cycles`")]
pub(super) trait Cycles {
    /// The report.
    const CYCLES: Detector = Detector::none(FindingKind::Cycles, Level::Full, "this version looks for no cycles");
}

/// All reports of findings.
#[diagnostic::on_unimplemented(message = "adapter/reports/ has no such form of the part `hook_reports`")]
pub(super) trait Reports {
    /// The reports.
    const DETECTORS: &'static [Detector] = &[];
}

/// Naming containers.
#[diagnostic::on_unimplemented(message = "adapter/containers.rs has no such form of the part `containers`")]
pub(super) trait NamesContainers {
    /// The functions that name containers.
    const CONTAINERS: Result<Containers, &'static str> = Err("this version takes Vec, String, Box, Rc and Arc alone");
}

/// memscope's own benchmarks.
#[diagnostic::on_unimplemented(message = "adapter/published.rs has no such form of the part `published`")]
pub(super) trait Upstream {
    /// The benchmarks.
    const UPSTREAM_BENCHES: Result<UpstreamBenches, &'static str> =
        Err("this version is not published with this benchmark");
}

// The forms of sources that lack a part.
#[cfg(memscope_blocks = "unknown")]
impl Blocks for Linked {}
#[cfg(memscope_report = "none")]
impl Report for Linked {}
#[cfg(memscope_json = "none")]
impl Json for Linked {}
#[cfg(memscope_analysis = "none")]
impl Analyses for Linked {}
#[cfg(memscope_leaks = "none")]
impl Leaks for Linked {}
#[cfg(memscope_cycles = "none")]
impl Cycles for Linked {}
#[cfg(memscope_containers = "none")]
impl NamesContainers for Linked {}
#[cfg(memscope_published = "none")]
impl Upstream for Linked {}
