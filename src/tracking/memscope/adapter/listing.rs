//! Lists of blocks and of named values.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::hook::tracker;
use super::{Linked, Listing};
use crate::tracking::memscope::{Ask, Listed};

/// From 0.2.0 on: the hook's tracker lists blocks, the one of named values events and live values.
#[cfg(memscope_listing = "separate")]
impl Listing for Linked {
    const BLOCKS: Ask<Vec<Listed>> = Ok(|| live(&tracker()));
    const VALUES: Ask<Vec<Listed>> = Ok(|| {
        let tracker = memscope_rs::global_tracker().map_err(|error| error.to_string())?;
        // A value without a heap block has an event of another kind.
        let events = tracker.tracker().events().into_iter().filter(|event| event.var_name.is_some());
        let listed = events.map(|event| Listed {
            address: event.ptr,
            size: event.size as u64,
            name: event.var_name,
            type_name: event.type_name,
            thread: event.thread_id.to_string(),
            time: event.timestamp.into(),
        });
        Ok(listed.collect())
    });
    const LIVE_VALUES: Ask<Vec<Listed>> = Ok(|| {
        let tracker = memscope_rs::global_tracker().map_err(|error| error.to_string())?;
        live(tracker.tracker().inner())
    });
}

/// 0.1: one tracker, whose live blocks have names.
#[cfg(memscope_listing = "shared")]
impl Listing for Linked {
    const ONE_TRACKER: bool = true;
    const BLOCKS: Ask<Vec<Listed>> = Ok(|| live(&tracker()));
    const VALUES: Ask<Vec<Listed>> = Ok(named);
    const LIVE_VALUES: Ask<Vec<Listed>> = Ok(named);
}

#[cfg(memscope_listing = "shared")]
fn named() -> Result<Vec<Listed>, String> {
    Ok(live(&tracker())?.into_iter().filter(|block| block.name.is_some()).collect())
}

/// Returns the live blocks of a tracker.
#[cfg(not(memscope_listing = "none"))]
#[allow(clippy::useless_conversion, reason = "the fields' types differ between versions")]
fn live(tracker: &memscope_rs::MemoryTracker) -> Result<Vec<Listed>, String> {
    let active = tracker.get_active_allocations().map_err(|error| error.to_string())?;
    let listed = active.into_iter().map(|block| Listed {
        address: block.ptr,
        size: block.size as u64,
        name: block.var_name,
        type_name: block.type_name,
        thread: block.thread_id.to_string(),
        #[cfg(memscope_listing = "separate")]
        time: block.allocated_at_ns.into(),
        #[cfg(memscope_listing = "shared")]
        time: block.timestamp_alloc.into(),
    });
    Ok(listed.collect())
}
