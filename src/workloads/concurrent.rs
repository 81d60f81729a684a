//! Phase 3: many asynchronous tasks that share a map and allocate on all threads at once.

use super::pools::runtime;
use super::{Context, Digest, Map, Scale, Tracker};
use rand::RngExt;
use std::sync::Arc;
use tokio::sync::RwLock;

/// The tasks' shared state, by task and iteration.
type Shared = Arc<RwLock<Map<(u64, u64), Vec<u8>>>>;

/// At scale 1, 100 tasks of 50 iterations. Each iteration puts 1,000 bytes into a shared map, waits, makes 20 vectors
/// of 30 strings, and reads those bytes back.
///
/// A task yields in place of a real wait, unless the scale has a [`wait`](Scale::wait).
///
/// ```
/// use memscope_bench::workloads::{Scale, Untracked, concurrent};
///
/// let tiny = Scale::new(0.001)?;
/// assert_eq!(concurrent(&Untracked, tiny), concurrent(&Untracked, tiny));
/// # Ok::<(), memscope_bench::workloads::ScaleError>(())
/// ```
pub fn concurrent<T: Tracker>(tracker: &T, scale: Scale) -> Digest {
    let mut context = Context::new(tracker);
    let shared = Shared::default();
    runtime().block_on(async {
        let tasks: Vec<_> = (0..scale.count(100))
            .map(|task| tokio::spawn(one_task(tracker.clone(), scale, task, shared.clone())))
            .collect();
        for task in tasks {
            context.merge(task.await.expect("a task of this workload does not panic"));
        }
    });
    context.checkpoint("all shared values alive");
    context.record(shared.blocking_read().values().map(|value| value.len() as u64).sum());
    context.digest()
}

async fn one_task<T: Tracker>(tracker: T, scale: Scale, task: u64, shared: Shared) -> Digest {
    let mut context = Context::new(&tracker);
    let mut rng = scale.task_rng(3, task);
    for iteration in 0..50 {
        let fill: u8 = rng.random();
        shared.write().await.insert((task, iteration), vec![fill; 1_000]);
        pause(scale).await;

        let local: Vec<Vec<String>> = (0..20)
            .map(|vector| (0..30).map(|n| format!("task {task}, {iteration}: {vector}/{n}")).collect())
            .collect();
        context.track("local", &local);
        context.record(local.iter().flatten().map(|string| string.len() as u64).sum());

        let value = shared.read().await.get(&(task, iteration)).map(|value| u64::from(value[999]));
        context.record(value.expect("the task put it there"));
    }
    context.digest()
}

/// Waits as if for a disk or a peer.
async fn pause(scale: Scale) {
    if scale.wait().is_zero() {
        tokio::task::yield_now().await;
    } else {
        tokio::time::sleep(scale.wait()).await;
    }
}
