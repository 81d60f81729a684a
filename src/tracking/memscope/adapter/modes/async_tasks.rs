//! Named values by asynchronous task: `track_in_tokio_task` of the global tracker's own tracker of tasks.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::super::Linked;
use super::AsyncTasks;
use crate::tracking::memscope::modes::{Driver, Interleave, Record};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};

#[cfg(memscope_tokio_tasks = "tracker")]
use memscope_rs::capture::backends::async_tracker::AsyncTracker;

#[cfg(memscope_tokio_tasks = "tracker")]
impl AsyncTasks for Linked {
    const ASYNC_TASKS: Result<Driver, &'static str> = Ok(Driver {
        around: |run| {
            let task: Pin<Box<dyn Future<Output = ()> + '_>> = Box::pin(async { run() });
            interleave(vec![task]);
        },
        records: Some(|| {
            let record = |seen: memscope_rs::AsyncAllocation| Record {
                size: seen.size,
                thread: None,
                task: Some(seen.task_id),
                name: seen.var_name,
            };
            tracker().snapshot().allocations.into_iter().map(record).collect()
        }),
        ..Driver::PLAIN
    });
    const INTERLEAVE: Option<Interleave> = Some(interleave);
}

#[cfg(memscope_tokio_tasks = "tracker")]
fn tracker() -> Arc<AsyncTracker> {
    let global = memscope_rs::global_tracker().expect("variable tracking has been started");
    Arc::clone(global.async_tracker())
}

/// Polls the tasks by turns until all are done. No future waits, so none needs to be woken.
#[cfg(memscope_tokio_tasks = "tracker")]
fn interleave(futures: Vec<Pin<Box<dyn Future<Output = ()> + '_>>>) {
    let tracker = tracker();
    let task = |(number, future)| Box::pin(tracker.track_in_tokio_task(format!("task {number}"), future));
    let mut tasks: Vec<_> = futures.into_iter().enumerate().map(task).collect();
    let mut context = Context::from_waker(Waker::noop());
    while !tasks.is_empty() {
        tasks.retain_mut(|task| task.as_mut().poll(&mut context).is_pending());
    }
}
