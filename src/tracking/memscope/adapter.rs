//! The adapter to the linked memscope: a trait for each of its parts, and their forms.
//!
//! The build script reads memscope's source and chooses a form of each part: `build/parts.rs` lists the forms and the
//! items that each calls. A form implements the part's trait for [`Linked`], in the file with the part's name. The
//! traits' defaults mean "unknown" and "unsupported", so a form implements only what its source offers.
//!
//! Parts are chosen individually, because memscope's API changes in steps: between two releases a source has parts of
//! both. A folder for each release would only fit releases.

mod analysis;
mod blocks;
mod borrowing;
mod clones;
mod containers;
mod cycles;
mod errors;
mod exports;
mod hook;
mod json;
mod leaks;
mod listing;
pub(super) mod modes;
mod names;
#[cfg(memscope_published = "suite")]
mod published;
mod quick_start;
mod relations;
mod report;
#[cfg_attr(memscope_hook_reports = "separate", path = "adapter/reports/separate.rs")]
#[cfg_attr(memscope_hook_reports = "none", path = "adapter/reports/shared.rs")]
mod reports;
mod statistics;
mod tasks;

pub(crate) use hook::HOOK;
pub use hook::{InstalledHook, prepare_hook};
pub use modes::OwnTracker;
pub use names::Variables;

use super::{Analysis, Block, Containers, Detector, FindingKind, OwnReport, TypeUse, UpstreamBenches};
use super::{Ask, AsyncTasks, Borrows, ErrorDetector, Export, Listed, Relation, Starting, TaskScopes};
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
    Self: Listing + Relations + Clones + Borrowing + Tasks + AsynchronousTasks,
    Self: MemoryErrors + DoubleFrees + Html + Binary + QuickStart + ServiceStart,
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
    /// Returns the events that the hook recorded. `None` for a figure that a version does not know, or whose meaning
    /// differs from its name.
    fn recorded_events() -> Recorded {
        Recorded::default()
    }
}

/// Naming values.
#[diagnostic::on_unimplemented(message = "adapter/names/ has no such form of the part `names`")]
pub(super) trait VariableTracker {
    /// The type that passes named values to memscope.
    type Variables: NamedValues;

    /// The reason why no values can be named at any level; `None` if they can.
    const NO_NAMES: Option<&'static str> = None;

    /// The reason why the level `variables` is unsupported; `None` if it is supported.
    const VARIABLES_NEED_HOOK: Option<&'static str> = if cfg!(memscope_unseen = "forgotten") {
        Some("this version notes names on blocks that its hook saw, and forgets them without it")
    } else {
        None
    };
}

/// memscope's variable tracking.
pub trait NamedValues: Tracker {
    /// Starts variable tracking, and creates the objects that naming a value uses.
    fn prepare() -> Self;

    /// Returns the number of named values recorded; `None` if the version does not count them.
    fn recorded(&self) -> Option<u64> {
        None
    }

    /// Returns the recorded values by memscope's types. Empty if the version only lists live values.
    fn by_type(&self) -> Vec<TypeUse> {
        Vec::new()
    }
}

/// Live blocks.
#[diagnostic::on_unimplemented(message = "adapter/blocks.rs has no such form of the part `blocks`")]
pub(super) trait Blocks {
    /// Returns the blocks that memscope treats as live. `None` if memscope cannot list them, or lists blocks that its
    /// hook freed.
    ///
    /// The window must be closed, or the calling thread [paused](crate::tracking::PauseGuard): memscope allocates here
    /// while it holds its locks, and would deadlock with the hook on.
    fn live_blocks() -> Option<Vec<Block>> {
        None
    }
}

/// memscope's own report for readers.
#[diagnostic::on_unimplemented(message = "adapter/report.rs has no such form of the part `report`")]
pub(super) trait Report {
    /// The report.
    const OWN_REPORT: OwnReport =
        OwnReport::dashboard(|_| Err("this version has no report that the adapter knows".to_owned()));
}

/// Export to JSON.
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

/// Lists of blocks and of named values.
#[diagnostic::on_unimplemented(message = "adapter/listing.rs has no such form of the part `listing`")]
pub(super) trait Listing {
    /// True if one tracker is known to have both the hook's blocks and the named values.
    const ONE_TRACKER: bool = false;
    /// The blocks that the hook's tracker treats as live. The window must be closed: see [`Blocks::live_blocks`].
    const BLOCKS: Ask<Vec<Listed>> = Err("this version has no list of blocks that the adapter knows");
    /// The named values, including dropped ones if the version keeps them.
    const VALUES: Ask<Vec<Listed>> = Err("this version has no list of named values that the adapter knows");
    /// The named values that the version treats as live.
    const LIVE_VALUES: Ask<Vec<Listed>> = Err("this version has no list of named values that the adapter knows");
}

/// Relations between named values.
#[diagnostic::on_unimplemented(message = "adapter/relations.rs has no such form of the part `relations`")]
pub(super) trait Relations {
    /// The relations. The values must be alive: memscope reads their memory.
    const RELATIONS: Ask<Vec<Relation>> = Err("this version lists no relations between values");
}

/// Clones of shared values.
#[diagnostic::on_unimplemented(message = "adapter/clones.rs has no such form of the part `clones`")]
pub(super) trait Clones {
    /// The addresses of variables that share one value, for each edge of an exported graph.
    const CLONES: Ask<Vec<Vec<usize>>> = Err("this version exports no graph of variables");
}

/// Recording of borrows.
#[diagnostic::on_unimplemented(message = "adapter/borrowing.rs has no such form of the part `borrowing`")]
pub(super) trait Borrowing {
    /// The functions that record and list borrows.
    const BORROWS: Result<Borrows, &'static str> = Err("this version records no borrows");
}

/// Recording of tasks as scopes.
#[diagnostic::on_unimplemented(message = "adapter/tasks.rs has no such form of the part `tasks`")]
pub(super) trait Tasks {
    /// The functions that record and list tasks.
    const TASKS: Result<TaskScopes, &'static str> = Err("this version has no registry of tasks");
}

/// Recording of asynchronous tasks.
#[diagnostic::on_unimplemented(message = "adapter/tasks.rs has no such form of the part `async_tasks`")]
pub(super) trait AsynchronousTasks {
    /// The functions that spawn and list tasks.
    const ASYNC_TASKS: Result<AsyncTasks, &'static str> = Err("this version spawns no tracked tasks");
}

/// Detectors of memory that is used after it was freed, or beyond its end.
#[diagnostic::on_unimplemented(message = "adapter/errors.rs has no such form of the part `memory_errors`")]
pub(super) trait MemoryErrors {
    /// The detector of uses after frees.
    const USES_AFTER_FREE: ErrorDetector = Err("this version looks for no use after free in events");
    /// The detector of accesses beyond the end.
    const OVERFLOWS: ErrorDetector = Err("this version looks for no overflow in events");
}

/// Detector of blocks that are freed twice.
#[diagnostic::on_unimplemented(message = "adapter/errors.rs has no such form of the part `double_frees`")]
pub(super) trait DoubleFrees {
    /// The detector.
    const DOUBLE_FREES: ErrorDetector = Err("this version looks for no double free in events");
}

/// Export to HTML.
#[diagnostic::on_unimplemented(message = "adapter/exports.rs has no such form of the part `html`")]
pub(super) trait Html {
    /// Writes a page or a folder of pages.
    const EXPORT_HTML: Export = Err("this version has no export of HTML that the adapter knows");
}

/// Export to a binary format.
#[diagnostic::on_unimplemented(message = "adapter/exports.rs has no such form of the part `binary`")]
pub(super) trait Binary {
    /// Writes a binary file, lets memscope translate it to JSON, and leaves the JSON at the path.
    const EXPORT_BINARY: Export = Err("this version has no binary format");
}

/// The quick start of the version's documents.
#[diagnostic::on_unimplemented(message = "adapter/quick_start.rs has no such form of the part `quick_start`")]
pub(super) trait QuickStart {
    /// The program.
    const QUICK_START: Result<Starting, &'static str> =
        Err("the calls of the documented quick start are not in this version's source");
}

/// The documented program of a service.
#[diagnostic::on_unimplemented(message = "adapter/quick_start.rs has no such form of the part `service_start`")]
pub(super) trait ServiceStart {
    /// The program; `None` if the version's documents have none.
    const SERVICE_START: Option<Result<Starting, &'static str>> = None;
}

// The forms of sources that lack a part.
#[cfg(memscope_quick_start = "none")]
impl QuickStart for Linked {}
#[cfg(memscope_service_start = "none")]
impl ServiceStart for Linked {}
#[cfg(memscope_listing = "none")]
impl Listing for Linked {}
#[cfg(memscope_relations = "none")]
impl Relations for Linked {}
#[cfg(memscope_clones = "none")]
impl Clones for Linked {}
#[cfg(memscope_borrowing = "none")]
impl Borrowing for Linked {}
#[cfg(memscope_tasks = "none")]
impl Tasks for Linked {}
#[cfg(memscope_async_tasks = "none")]
impl AsynchronousTasks for Linked {}
#[cfg(memscope_memory_errors = "none")]
impl MemoryErrors for Linked {}
#[cfg(memscope_double_frees = "none")]
impl DoubleFrees for Linked {}
#[cfg(memscope_html = "none")]
impl Html for Linked {}
#[cfg(memscope_binary = "none")]
impl Binary for Linked {}
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
