//! The documented start: logging, the global tracker, handlers, and an export to `./memscope-report` at the end.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::super::Linked;
use super::QuickStart;
use crate::tracking::memscope::modes::{QuickStarted, Start};
use std::time::Duration;

/// The time between two exports in the README's example of a service.
#[cfg(memscope_start_guard = "guard")]
const FLUSH: Duration = Duration::from_secs(300);

#[cfg(memscope_start_guard = "guard")]
impl QuickStart for Linked {
    const QUICK_START: Result<fn(Start) -> QuickStarted, &'static str> = Ok(|start| {
        use memscope_rs::{AutoExportConfig, MemScopeConfig};
        let guard = match start {
            Start::Plain => memscope_rs::start(),
            Start::Periodic => memscope_rs::start_with(
                MemScopeConfig::default().with_auto_export(AutoExportConfig::default().with_flush_interval(FLUSH)),
            ),
        };
        QuickStarted(Box::new(guard.expect("memscope starts once in a process")))
    });
}
