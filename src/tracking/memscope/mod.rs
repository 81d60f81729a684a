//! memscope itself. No other module names it.
//!
//! `adapter` adapts to the linked source: a published version, a folder or a commit. A figure that a source does not
//! know, or whose meaning differs from its name, is `None`. An action that a source lacks is an error with the reason.

#[macro_use]
mod kinds;
mod adapter;
mod detector;
pub mod modes;
mod statement;
mod tools;
pub mod versions;

pub(super) use adapter::HOOK;
pub use adapter::{InstalledHook, NamedValues, OwnTracker, Variables, prepare_hook};
pub use detector::{Detector, FindingKind, ReportOutput};
pub use statement::{
    Ask, AsyncTasks, Borrows, ErrorDetector, Export, HeapEvent, Listed, ListedTask, Relation, Started, Starting,
    TaskScopes, Work,
};
pub use tools::{Analysis, BenchFn, Containers, Name, UpstreamBenches};

use super::Recorded;
use crate::platform::git::described;
use adapter::{
    Analyses, AsynchronousTasks, Binary, Blocks, Borrowing, Clones, DoubleFrees, Html, Json, Linked, Listing,
    MemoryErrors, NamesContainers, QuickStart, Relations, Report, Reports, ServiceStart, Statistics, Tasks, Upstream,
    VariableTracker,
};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The analysis of live allocations.
pub const ANALYSIS: Analysis = Linked::ANALYSIS;
/// The functions that name containers.
pub const CONTAINERS: Result<Containers, &str> = Linked::CONTAINERS;
/// The reports of leaks, cycles and live blocks.
pub const DETECTORS: &[Detector] = Linked::DETECTORS;
/// Writes the allocations that memscope tracks as JSON to a file or folder.
pub const EXPORT_JSON: fn(&Path) -> Result<(), String> = Linked::EXPORT_JSON;
/// memscope's own report for readers.
pub const OWN_REPORT: OwnReport = Linked::OWN_REPORT;
/// memscope's own benchmarks.
pub const UPSTREAM_BENCHES: Result<UpstreamBenches, &str> = Linked::UPSTREAM_BENCHES;
/// The reason why no values can be named at any level; `None` if they can.
pub const NO_NAMES: Option<&str> = Linked::NO_NAMES;
/// The reason why the level `variables` is unsupported; `None` if it is supported.
pub const VARIABLES_NEED_HOOK: Option<&str> = Linked::VARIABLES_NEED_HOOK;

/// The blocks that memscope lists as live.
pub const BLOCKS: Ask<Vec<Listed>> = Linked::BLOCKS;
/// True if one tracker is known to have both the hook's blocks and the named values.
pub const ONE_TRACKER: bool = Linked::ONE_TRACKER;
/// The named values that memscope lists.
pub const VALUES: Ask<Vec<Listed>> = Linked::VALUES;
/// The named values that memscope lists as live.
pub const LIVE_VALUES: Ask<Vec<Listed>> = Linked::LIVE_VALUES;
/// The relations between named values.
pub const RELATIONS: Ask<Vec<Relation>> = Linked::RELATIONS;
/// The addresses of variables that share one value, for each edge of an exported graph.
pub const CLONES: Ask<Vec<Vec<usize>>> = Linked::CLONES;
/// Recording of borrows.
pub const BORROWS: Result<Borrows, &str> = Linked::BORROWS;
/// Recording of tasks as scopes.
pub const TASKS: Result<TaskScopes, &str> = Linked::TASKS;
/// Recording of asynchronous tasks.
pub const ASYNC_TASKS: Result<AsyncTasks, &str> = Linked::ASYNC_TASKS;
/// The detector of uses after frees.
pub const USES_AFTER_FREE: ErrorDetector = Linked::USES_AFTER_FREE;
/// The detector of blocks that are freed twice.
pub const DOUBLE_FREES: ErrorDetector = Linked::DOUBLE_FREES;
/// The detector of accesses beyond the end.
pub const OVERFLOWS: ErrorDetector = Linked::OVERFLOWS;
/// Export as HTML.
pub const EXPORT_HTML: Export = Linked::EXPORT_HTML;
/// Export in a binary format, translated into JSON by memscope.
pub const EXPORT_BINARY: Export = Linked::EXPORT_BINARY;

/// The quick start of the version's documents.
pub const QUICK_START: Result<Starting, &str> = Linked::QUICK_START;
/// The documented program of a service; `None` if the version's documents have none.
pub const SERVICE_START: Option<Result<Starting, &str>> = Linked::SERVICE_START;

/// Returns the events that the hook recorded. A figure that a version does not know is `None`.
pub fn recorded_events() -> Recorded {
    Linked::recorded_events()
}

/// Returns the blocks that memscope treats as live, or `None` if it cannot list them.
///
/// The window must be closed, or the calling thread paused: memscope allocates here while it holds its locks, and would
/// deadlock with the hook on.
pub fn live_blocks() -> Option<Vec<Block>> {
    Linked::live_blocks()
}

/// The memscope build that this program measures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemscopeBuild {
    /// Package name.
    pub name: String,
    /// Version that Cargo resolved.
    pub version: String,
    /// Origin: `crates.io`, `path`, or the source's address with its revision.
    pub source: String,
    /// Full hash of the commit that the sources are from, which ends with `-dirty` if they differ from it. `None` for a
    /// published version, and if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

impl MemscopeBuild {
    /// Returns the memscope that this program was built with, as the build script read it from Cargo.lock.
    pub fn of_this_build() -> Self {
        let [name, version, source] =
            [env!("LINKED_NAME"), env!("LINKED_VERSION"), env!("LINKED_SOURCE")].map(str::to_owned);
        Self { name, version, source, commit: None }
    }
}

impl std::fmt::Display for MemscopeBuild {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let commit = self.commit.as_ref().map_or(String::new(), |commit| format!(", commit {}", described(commit)));
        write!(f, "{} {} ({}{commit})", self.name, self.version, self.source)
    }
}

/// A block of memory that memscope treats as live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Address of its first byte.
    pub address: usize,
    /// Bytes requested.
    pub size: usize,
}

/// The named values of a type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeUse {
    /// Type name.
    pub name: String,
    /// Number of values.
    pub count: u64,
    /// Bytes that they owned when they were named.
    pub bytes: u64,
}

/// A report for readers that memscope writes after the window is closed.
#[derive(Clone, Copy, Debug)]
pub struct OwnReport {
    /// Name of its file or folder.
    pub name: &'static str,
    /// True if it is written only on request, because a dashboard takes some megabytes, and hundreds after a long run.
    pub on_demand: bool,
    /// Writes the report to a path, or returns why it cannot.
    pub write: fn(&Path) -> Result<(), String>,
}

impl OwnReport {
    /// Returns the SVG of versions 0.1.
    #[allow(dead_code, reason = "a version has either")]
    const fn picture(write: fn(&Path) -> Result<(), String>) -> Self {
        Self { name: "memscope_analysis.svg", on_demand: false, write }
    }

    /// Returns the HTML of versions 0.2, which draw no SVG.
    #[allow(dead_code, reason = "a version has either")]
    const fn dashboard(write: fn(&Path) -> Result<(), String>) -> Self {
        Self { name: "memscope_dashboard", on_demand: true, write }
    }
}
