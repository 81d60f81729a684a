//! A tracker for each thread, to which the hook reports that thread's events.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::super::Linked;
use super::ThreadLocal;
use crate::tracking::Recorded;
use crate::tracking::memscope::modes::{Driver, Record};

#[cfg(memscope_thread_local = "registry")]
impl ThreadLocal for Linked {
    const THREAD_LOCAL: Result<Driver, &'static str> = Ok(Driver {
        start: |_| memscope_rs::configure_tracking_strategy(true),
        recorded: Some(recorded),
        #[cfg(memscope_hook_records = "threads")]
        records: Some(|| trackers().iter().flat_map(|tracker| super::records::of_blocks(tracker)).collect()),
        ..Driver::PLAIN
    });
}

#[cfg(memscope_thread_local = "registry")]
use memscope_rs::capture::backends::collect_all_trackers_local as trackers;

/// Returns the sum over all threads. Peaks cannot be summed.
#[cfg(memscope_thread_local = "registry")]
#[allow(clippy::unnecessary_cast, reason = "the fields' types differ between versions")]
fn recorded() -> Recorded {
    let mut sum = [0; 5];
    for tracker in trackers() {
        let Ok(stats) = tracker.get_stats() else { return Recorded::default() };
        let of_thread = [
            stats.total_allocations as u64,
            stats.total_deallocations as u64,
            stats.total_allocated as u64,
            stats.active_allocations as u64,
            stats.active_memory as u64,
        ];
        sum.iter_mut().zip(of_thread).for_each(|(sum, number)| *sum += number);
    }
    let [allocations, deallocations, allocated_bytes, active_allocations, active_bytes] = sum.map(Some);
    Recorded { allocations, deallocations, allocated_bytes, active_allocations, active_bytes, ..Recorded::default() }
}
