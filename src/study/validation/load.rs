//! The load: busy threads during all measurements.

use crate::workloads::pools;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs `run`, and, with `load`, keeps as many threads busy as the machine runs at once.
pub(super) fn under_load<R>(load: bool, run: impl FnOnce() -> R) -> R {
    /// Ends the threads even if `run` panics: the scope waits for them.
    struct Busy<'a>(&'a AtomicBool);
    impl Drop for Busy<'_> {
        fn drop(&mut self) {
            self.0.store(false, Ordering::Relaxed);
        }
    }
    if !load {
        return run();
    }
    let is_busy = AtomicBool::new(true);
    std::thread::scope(|scope| {
        for _ in 0..pools::default_threads() {
            scope.spawn(|| {
                while is_busy.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let _busy = Busy(&is_busy);
        run()
    })
}
