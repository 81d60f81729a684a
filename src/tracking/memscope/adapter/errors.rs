//! Detectors of memory errors. They get events: no memory is really used after it was freed.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::{DoubleFrees, Linked, MemoryErrors};
use crate::tracking::memscope::{ErrorDetector, HeapEvent};

/// Returns the events in memscope's form.
#[cfg(any(memscope_memory_errors = "facade", memscope_double_frees = "events"))]
fn translated(events: &[HeapEvent]) -> impl Iterator<Item = memscope_rs::event_store::MemoryEvent> {
    use memscope_rs::event_store::MemoryEvent;
    events.iter().map(|event| match *event {
        HeapEvent::Allocated { address, size } => {
            let mut event = MemoryEvent::allocate(address, size, 1);
            // The detector of overflows only inspects buffers.
            event.type_name = Some("Vec<u8>".to_owned());
            event
        }
        HeapEvent::Freed { address, size } => MemoryEvent::deallocate(address, size, 1),
        HeapEvent::Accessed { address, size } => MemoryEvent::borrow(address, size, 1, false),
    })
}

/// From 0.2.3 on: the facade over all engines, which keeps events and runs detectors on them.
#[cfg(memscope_memory_errors = "facade")]
impl MemoryErrors for Linked {
    const USES_AFTER_FREE: ErrorDetector = Ok(|events| found(&kept(events).run_uaf_detector()));
    const OVERFLOWS: ErrorDetector = Ok(|events| found(&kept(events).run_overflow_detector()));
}

#[cfg(memscope_memory_errors = "facade")]
fn kept(events: &[HeapEvent]) -> memscope_rs::facade::MemScope {
    let scope = memscope_rs::facade::MemScope::new();
    translated(events).for_each(|event| scope.event_store.record(event));
    scope
}

/// From 0.2.3 on: a detector next to the facade.
#[cfg(memscope_double_frees = "events")]
impl DoubleFrees for Linked {
    const DOUBLE_FREES: ErrorDetector = Ok(|events| {
        use memscope_rs::analysis::detectors::DoubleFreeDetectorWithEvents;
        let events: Vec<_> = translated(events).collect();
        found(&DoubleFreeDetectorWithEvents::new().detect_from_events(&events))
    });
}

#[cfg(any(memscope_memory_errors = "facade", memscope_double_frees = "events"))]
fn found(result: &memscope_rs::analysis::detectors::DetectionResult) -> Vec<usize> {
    result.issues.iter().filter_map(|issue| issue.allocation_ptr).collect()
}
