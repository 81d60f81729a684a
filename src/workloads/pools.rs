//! The threads that parallel workloads run on: one tokio runtime and rayon's global pool, started once for the process.
//!
//! A probe starts them before its window, so that starting threads is not charged to the workload or to the tracker.

use std::sync::OnceLock;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// Starts both pools with this many threads each, and waits until the threads stand. A process has its pools for good:
/// a later call changes nothing.
///
/// # Panics
/// If the system refuses to start a thread.
pub fn start(threads: usize) {
    RUNTIME.get_or_init(|| {
        // Rayon's error here is that its pool stands already, as it does in a test that used it before.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        rayon::broadcast(|_| ());
        let runtime =
            Builder::new_multi_thread().worker_threads(threads).enable_time().build().expect("threads for the runtime");
        runtime.block_on(async { tokio::spawn(async {}).await.expect("an empty task cannot panic") });
        runtime
    });
}

/// As many threads as the machine runs at once.
pub fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The runtime; with [`default_threads`] where none was started.
pub(super) fn runtime() -> &'static Runtime {
    start(default_threads());
    RUNTIME.get().expect("start has just made it")
}
