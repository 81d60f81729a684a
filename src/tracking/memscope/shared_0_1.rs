//! What all of memscope 0.1 have in common: the hook, and the function behind `track_var!`.
//!
//! memscope's `init()` is not called: it installs a logger that writes to standard output, which is the probe's, and
//! nothing is missing without it. One tracker keeps allocations and named values.

use super::{prepare_hook, tracker};
use crate::tracking::memscope::{Analysis, Block, Published, TypeUse};
use crate::tracking::{Recorded, Tracking};
use memscope_rs::{Trackable, TrackingAllocator};
use std::path::Path;

/// memscope's hook. What it records is in the one tracker.
pub static HOOK: TrackingAllocator = TrackingAllocator::new();

/// Passes named values on to memscope, through the function behind its `track_var!`.
#[derive(Clone, Debug)]
pub struct Variables;

impl Variables {
    /// Starts memscope's variable tracking: there is nothing to start but what [`prepare_hook`] makes.
    pub fn prepare() -> Self {
        prepare_hook();
        Self
    }

    /// memscope 0.1 does not tell how many named values it recorded: its registry keeps one for an address, and addresses
    /// come again.
    pub fn recorded(&self) -> Option<u64> {
        None
    }

    /// Nor does it tell of values that are gone.
    pub fn by_type(&self) -> Vec<TypeUse> {
        Vec::new()
    }

    #[inline]
    pub(super) fn pass_on(&self, name: &str, value: &impl Trackable) {
        // The macro of the later versions drops the result as well.
        let _ = memscope_rs::_track_var_impl(value, name);
    }
}

pass_on_every_kind!(Variables);

/// Why only values of five kinds can be named.
#[allow(dead_code, reason = "the later versions take more")]
pub const FIVE_KINDS: &str = "this version takes Vec, String, Box, Rc and Arc alone";

/// Its own benchmarks are of other things than those of 0.2.
pub const PUBLISHED: Result<Published, &str> = Err("this version is not published with this benchmark");

/// Writes what the tracker holds as JSON.
pub const EXPORT_JSON: fn(&Path) -> Result<(), String> =
    |path| tracker().export_to_json(path).map_err(|error| error.to_string());

/// What is alive, by type: the one analysis that all of 0.1 have on its own. The others are a part of the exports.
pub const ANALYSIS: Analysis = Analysis { level: Tracking::Allocator, finds: "memory by type", run: analyse };

fn analyse() -> Result<usize, String> {
    let types = tracker().get_memory_by_type().map_err(|error| error.to_string())?;
    Ok(types.iter().map(|used| used.allocation_count).sum())
}

/// All that the statistics of the tracker tell, whether or not the version means what the fields' names say.
pub fn statistics() -> Recorded {
    let Ok(stats) = tracker().get_stats() else { return Recorded::default() };
    Recorded {
        allocations: Some(stats.total_allocations as u64),
        deallocations: Some(stats.total_deallocations as u64),
        allocated_bytes: Some(stats.total_allocated as u64),
        active_allocations: Some(stats.active_allocations as u64),
        active_bytes: Some(stats.active_memory as u64),
        peak_bytes: Some(stats.peak_memory as u64),
        variables: None,
    }
}

/// The blocks that memscope holds for alive, or `None` where it cannot tell.
///
/// The calling thread must be [`Paused`](crate::tracking::Paused) or the window closed.
pub fn live_blocks() -> Option<Vec<Block>> {
    let active = tracker().get_active_allocations().ok()?;
    Some(active.into_iter().map(|block| Block { address: block.ptr, size: block.size }).collect())
}
