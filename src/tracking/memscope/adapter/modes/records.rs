//! The thread, task and name in memscope's record of an allocation.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::super::Linked;
use super::super::hook::tracker;
use super::{EventRecords, HookRecords};
use crate::tracking::memscope::modes::Record;

#[cfg(not(memscope_event_records = "none"))]
impl EventRecords for Linked {
    const EVENT_RECORDS: Option<fn() -> Vec<Record>> =
        Some(|| memscope_rs::global_tracker().map_or_else(|_| Vec::new(), |global| of(global.tracker())));
}

/// Returns the allocations in a tracker's events.
#[cfg(not(memscope_event_records = "none"))]
pub(super) fn of(tracker: &memscope_rs::tracker::Tracker) -> Vec<Record> {
    let allocations = tracker.events().into_iter().filter(|event| event.is_allocation());
    let record = |event: memscope_rs::event_store::MemoryEvent| Record {
        size: event.size,
        thread: Some(event.thread_id),
        #[cfg(memscope_event_records = "with_tasks")]
        task: event.task_id,
        #[cfg(memscope_event_records = "plain")]
        task: None,
        name: event.var_name,
    };
    allocations.map(record).collect()
}

#[cfg(memscope_hook_records = "threads")]
impl HookRecords for Linked {
    const HOOK_RECORDS: Option<fn() -> Vec<Record>> = Some(|| of_blocks(&tracker()));
}

/// Returns a tracker's live blocks.
#[cfg(memscope_hook_records = "threads")]
pub(super) fn of_blocks(tracker: &memscope_rs::capture::backends::MemoryTracker) -> Vec<Record> {
    let Ok(blocks) = tracker.get_active_allocations() else { return Vec::new() };
    let record = |block: memscope_rs::capture::backends::core_types::AllocationInfo| Record {
        size: block.size,
        thread: Some(block.thread_id),
        task: None,
        name: block.var_name,
    };
    blocks.into_iter().map(record).collect()
}
