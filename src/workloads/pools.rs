//! The threads that parallel workloads run on: one tokio runtime and rayon's global pool, started once for the process.
//!
//! A probe starts them before its window, so the time of starting threads is not attributed to the workload or the
//! tracker.

use crate::platform::limits;
use std::error::Error;
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// The time limit for starting all threads of a pool.
const STARTING: Duration = Duration::from_secs(10);

/// The error of a system that does not start as many threads as a run needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it cannot start {threads} threads at once: {why} ({limits})", limits = limits::on_threads())]
pub struct ThreadsError {
    /// Threads that the run needs.
    pub threads: usize,
    /// The system's error.
    pub why: String,
}

/// Starts both pools with this many threads each, and waits until they run. A process keeps its pools, so a later call
/// changes nothing.
///
/// # Errors
/// If the system refuses to start a thread.
pub fn start(threads: usize) -> Result<(), ThreadsError> {
    if RUNTIME.get().is_none() {
        let refused = |why: String| ThreadsError { threads, why };
        // Without a source, rayon's error is that its pool exists, as in a test that used it before.
        if let Err(error) = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()
            && let Some(why) = error.source()
        {
            return Err(refused(why.to_string()));
        }
        rayon::broadcast(|_| ());
        let runtime = runtime_of(threads).map_err(refused)?;
        runtime.block_on(async { tokio::spawn(async {}).await.expect("an empty task cannot panic") });
        let _ = RUNTIME.set(runtime);
    }
    Ok(())
}

/// Returns a runtime, and checks that it has all threads: tokio would run with fewer, which would be a different
/// measurement.
fn runtime_of(threads: usize) -> Result<Runtime, String> {
    let standing = Arc::new((Mutex::new(0), Condvar::new()));
    let started = Arc::clone(&standing);
    let mut runtime = Builder::new_multi_thread();
    runtime.worker_threads(threads).enable_time().on_thread_start(move || {
        *started.0.lock().expect("a counter cannot panic") += 1;
        started.1.notify_one();
    });
    let runtime = runtime.build().map_err(|error| error.to_string())?;
    let stand = standing.0.lock().expect("a counter cannot panic");
    let waited = standing.1.wait_timeout_while(stand, STARTING, |stand| *stand < threads);
    let (stand, _) = waited.expect("a counter cannot panic");
    if *stand < threads { Err(format!("no more than {stand} stand")) } else { Ok(runtime) }
}

/// Returns the number of threads that the machine runs at once.
pub fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Returns the runtime, and starts it with [`default_threads`] if none was started.
pub(super) fn runtime() -> &'static Runtime {
    start(default_threads()).expect("threads for a runtime");
    RUNTIME.get().expect("start has just made it")
}
