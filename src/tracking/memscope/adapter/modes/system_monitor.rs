//! The thread that reads the state of the system ten times a second.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::super::Linked;
use super::SystemMonitor;
use std::thread;
use std::time::{Duration, Instant};

#[cfg(memscope_system_monitor = "thread")]
impl SystemMonitor for Linked {
    const SYSTEM_MONITOR: Result<fn(), &'static str> = Ok(|| {
        /// The thread's first reading takes a tenth of a second.
        const MAX_WAIT: Duration = Duration::from_secs(5);
        let monitor = memscope_rs::capture::system_monitor::SystemMonitor::global();
        let begun = Instant::now();
        while monitor.last_update() == 0 && begun.elapsed() < MAX_WAIT {
            thread::sleep(Duration::from_millis(5));
        }
    });
}
