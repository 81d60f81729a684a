//! The unified backend, which chooses a strategy automatically.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::super::Linked;
use super::Unified;
use crate::tracking::Recorded;
use crate::tracking::memscope::modes::Driver;
use std::sync::OnceLock;

#[cfg(memscope_unified = "backend")]
impl Unified for Linked {
    const UNIFIED: Result<Driver, &'static str> = Ok(Driver {
        around: |run| {
            use memscope_rs::UnifiedBackend;
            use memscope_rs::capture::backends::BackendConfig;
            let mut backend = UnifiedBackend::initialize(BackendConfig::default()).expect("memscope's backend");
            let session = backend.start_tracking().expect("memscope's session");
            run();
            let data = session.end_session().expect("memscope's data");
            let _ = ALLOCATIONS.set(data.statistics.total_allocations as u64);
        },
        recorded: Some(|| Recorded { allocations: ALLOCATIONS.get().copied(), ..Recorded::default() }),
        ..Driver::PLAIN
    });
}

/// The allocations in the data of the session.
#[cfg(memscope_unified = "backend")]
static ALLOCATIONS: OnceLock<u64> = OnceLock::new();
