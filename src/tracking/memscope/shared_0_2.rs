//! What all of memscope 0.2 have in common.
//!
//! The hook's events go to the tracker of `get_tracker()`, named values to the one of `global_tracker()`; the two do not
//! see each other. The end of a named value is not seen.

use super::{name_value, prepare_naming};
use crate::tracking::Recorded;
use crate::tracking::memscope::{Block, Containers, OwnReport, TypeUse};
use memscope_rs::{GlobalTracker, Trackable, TrackingAllocator, get_tracker, global_tracker, init_global_tracking};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// memscope's hook. The hook has no state of its own: what it records is in `get_tracker()`.
pub static HOOK: TrackingAllocator = TrackingAllocator::new();

/// All levels can be had.
pub const VARIABLES_NEED_HOOK: Option<&str> = None;

/// memscope's own dashboard of named values.
pub const OWN_REPORT: OwnReport = OwnReport::dashboard(export);

fn export(path: &Path) -> Result<(), String> {
    let tracker = global_tracker().map_err(|error| error.to_string())?;
    tracker.export_html(path).map_err(|error| error.to_string())
}

/// Writes named values as files of JSON in a folder.
pub const EXPORT_JSON: fn(&Path) -> Result<(), String> = |path| {
    let tracker = global_tracker().map_err(|error| error.to_string())?;
    tracker.export_json(path).map_err(|error| error.to_string())
};

/// All containers can be named.
pub const CONTAINERS: Result<Containers, &str> = Ok(every_container!());

/// Makes the tracker that the hook reports to.
pub fn prepare_hook() {
    get_tracker();
}

/// Passes named values on to memscope, through the function behind its `track!`.
#[derive(Clone, Debug)]
pub struct Variables(Arc<GlobalTracker>);

impl Variables {
    /// Starts memscope's variable tracking.
    ///
    /// # Panics
    /// If memscope's lock is poisoned, which a panic within memscope alone can do.
    pub fn prepare() -> Self {
        // The only other error is that tracking has started already, which is as good.
        let _ = init_global_tracking();
        prepare_naming();
        Self(global_tracker().expect("variable tracking has just been started"))
    }

    /// How many named values memscope recorded.
    pub fn recorded(&self) -> Option<u64> {
        Some(self.0.tracker().stats().total_allocations as u64)
    }

    /// The recorded values by type, as memscope knows types.
    pub fn by_type(&self) -> Vec<TypeUse> {
        let mut types = BTreeMap::<String, TypeUse>::new();
        for event in self.0.tracker().events().into_iter().filter(|event| event.is_allocation()) {
            let name = event.type_name.unwrap_or_else(|| "unknown".to_owned());
            let used = types.entry(name.clone()).or_insert(TypeUse { name, count: 0, bytes: 0 });
            used.count += 1;
            used.bytes += event.size as u64;
        }
        types.into_values().collect()
    }

    #[inline]
    pub(super) fn pass_on(&self, name: &str, value: &impl Trackable) {
        name_value(&self.0, name, value);
    }
}

pass_on_every_kind!(Variables);

/// What the hook recorded.
pub fn recorded_events() -> Recorded {
    let Ok(stats) = get_tracker().get_stats() else { return Recorded::default() };
    Recorded {
        allocations: Some(stats.total_allocations),
        deallocations: Some(stats.total_deallocations),
        allocated_bytes: Some(stats.total_allocated),
        active_allocations: Some(stats.active_allocations as u64),
        active_bytes: Some(stats.active_memory),
        peak_bytes: Some(stats.peak_memory),
        variables: None,
    }
}

/// The blocks that memscope holds for alive, or `None` where it cannot tell.
///
/// The calling thread must be [`Paused`](crate::tracking::Paused) or the window closed: memscope allocates in here while
/// it holds its own locks, and with the hook on it would wait for itself for ever.
pub fn live_blocks() -> Option<Vec<Block>> {
    let active = get_tracker().get_active_allocations().ok()?;
    Some(active.into_iter().map(|block| Block { address: block.ptr, size: block.size }).collect())
}
