//! The load: busy threads during all measurements.

use crate::platform::limits;
use crate::workloads::pools;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Runs `run`, and, with `load`, keeps as many threads busy as the machine runs at once.
///
/// # Errors
/// If the system does not allow as many threads.
pub(super) fn under_load<R>(load: bool, run: impl FnOnce() -> R) -> io::Result<R> {
    /// Ends the threads even if `run` panics: the scope waits for them.
    struct Busy<'a>(&'a AtomicBool);
    impl Drop for Busy<'_> {
        fn drop(&mut self) {
            self.0.store(false, Ordering::Relaxed);
        }
    }
    if !load {
        return Ok(run());
    }
    let is_busy = AtomicBool::new(true);
    let spin = || {
        while is_busy.load(Ordering::Relaxed) {
            std::hint::spin_loop();
        }
    };
    thread::scope(|scope| {
        let _busy = Busy(&is_busy);
        for _ in 0..pools::default_threads() {
            thread::Builder::new().spawn_scoped(scope, spin).map_err(limits::explained)?;
        }
        Ok(run())
    })
}
