//! Tracing of all threads, by the two one-line calls of the lock-free tracker.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::super::Linked;
use super::TraceAll;
use crate::tracking::Recorded;
use crate::tracking::memscope::modes::Driver;

#[cfg(memscope_trace_all = "functions")]
impl TraceAll for Linked {
    const TRACE_ALL: Result<Driver, &'static str> = Ok(Driver {
        start: |folder| memscope_rs::trace_all(&folder.join("trace")).expect("memscope's folder"),
        recorded: Some(|| {
            let seen = memscope_rs::memory_snapshot();
            Recorded {
                allocations: Some(seen.allocations as u64),
                deallocations: Some(seen.deallocations as u64),
                ..Recorded::default()
            }
        }),
        end: || memscope_rs::stop_tracing().expect("memscope's trace"),
        has_files: true,
        ..Driver::PLAIN
    });
}
