//! memscope's modes other than its hook and its global tracker of named values: a trait for each, and the forms.
//!
//! As for the other parts, `build/modes.rs` lists the items that a form calls, and a default means "unsupported".

mod accurate;
mod async_tasks;
mod fast;
mod lock_free;
mod own_tracker;
mod quick_start;
mod records;
mod sampled_hook;
mod system_monitor;
mod task_scopes;
mod thread_local;
mod trace_all;
mod unified;

pub use own_tracker::OwnTracker;

use super::Linked;
use crate::tracking::memscope::modes::{Driver, Interleave, QuickStarted, Record, Setting, Start};

/// All modes.
pub(in super::super) trait Modes
where
    Self: OwnTrackers + SystemMonitor + SampledHook + ThreadLocal + LockFree + TraceAll + Unified,
    Self: AsyncTasks + TaskScopes + QuickStart + Fast + Accurate + EventRecords + HookRecords,
{
}

impl Modes for Linked {}

/// Trackers of named values that the program creates itself.
#[diagnostic::on_unimplemented(message = "adapter/modes/own_tracker.rs has no such form of the part `own_tracker`")]
pub(in super::super) trait OwnTrackers {
    /// Creates a tracker with this setting.
    const OWN_TRACKER: Result<fn(Setting) -> OwnTracker, &'static str> =
        Err("this version has no tracker that a program makes for itself and that samples");
}

/// The program's own tracker with monitoring of the system.
#[diagnostic::on_unimplemented(message = "adapter/modes/ has no such form of the part `system_monitor`")]
pub(in super::super) trait SystemMonitor {
    /// Waits until the monitor's thread has made its first reading, so that its start is not in the window.
    const SYSTEM_MONITOR: Result<fn(), &'static str> =
        Err("this version has no monitor of the system that the adapter knows");
}

/// The hook while the tracker that it reports to is set to sample.
#[diagnostic::on_unimplemented(message = "adapter/modes/ has no such form of the part `sampled_hook`")]
pub(in super::super) trait SampledHook {
    /// Sets that tracker to 1 %.
    const SAMPLED_HOOK: Result<Driver, &'static str> = Err("this version has no sampling that could reach the hook");
}

/// A tracker for each thread.
#[diagnostic::on_unimplemented(message = "adapter/modes/ has no such form of the part `thread_local`")]
pub(in super::super) trait ThreadLocal {
    /// Sets the strategy.
    const THREAD_LOCAL: Result<Driver, &'static str> =
        Err("this version has no trackers of threads that can be collected");
}

/// Queues without locks.
#[diagnostic::on_unimplemented(message = "adapter/modes/ has no such form of the part `lock_free`")]
pub(in super::super) trait LockFree {
    /// The mode, which the switched allocator drives by [`lock_free_events`](Self::lock_free_events).
    const LOCK_FREE: Result<Driver, &'static str> =
        Err("this version has no functions of a lock-free tracker that the adapter knows");

    /// Reports an allocation of this many bytes, or a free, to the calling thread's tracker.
    fn lock_free_events(_address: usize, _allocated: Option<usize>) {}
}

/// Tracing of all threads without locks.
#[diagnostic::on_unimplemented(message = "adapter/modes/ has no such form of the part `trace_all`")]
pub(in super::super) trait TraceAll {
    /// Traces, and stops.
    const TRACE_ALL: Result<Driver, &'static str> = Err("this version has no `trace_all` that the adapter knows");
}

/// The unified backend.
#[diagnostic::on_unimplemented(message = "adapter/modes/ has no such form of the part `unified`")]
pub(in super::super) trait Unified {
    /// Begins and ends a session.
    const UNIFIED: Result<Driver, &'static str> = Err("this version has no unified backend that the adapter knows");
}

/// Tracking by asynchronous task.
#[diagnostic::on_unimplemented(message = "adapter/modes/ has no such form of the part `tokio_tasks`")]
pub(in super::super) trait AsyncTasks {
    /// Runs the window as one task.
    const ASYNC_TASKS: Result<Driver, &'static str> = Err("this version does not track asynchronous tasks");
    /// Runs futures as tasks that take turns on this thread.
    const INTERLEAVE: Option<Interleave> = None;
}

/// Attribution to task scopes.
#[diagnostic::on_unimplemented(message = "adapter/modes/ has no such form of the part `task_scopes`")]
pub(in super::super) trait TaskScopes {
    /// Runs the window as one scope.
    const TASK_SCOPES: Result<Driver, &'static str> = Err("this version has no scopes of tasks");
}

/// The documented start in one line.
#[diagnostic::on_unimplemented(message = "adapter/modes/ has no such form of the part `start_guard`")]
pub(in super::super) trait QuickStart {
    /// Starts memscope; the drop of the result exports.
    const QUICK_START: Result<fn(Start) -> QuickStarted, &'static str> = Err("this version has no `start()`");
}

/// The tracker's fast mode.
#[diagnostic::on_unimplemented(message = "adapter/modes/ has no such form of the part `fast`")]
pub(in super::super) trait Fast {
    /// Sets the flag.
    const FAST: Result<Driver, &'static str> = Err("this version has no fast mode");
}

/// The tracker's accurate mode.
#[diagnostic::on_unimplemented(message = "adapter/modes/ has no such form of the part `accurate`")]
pub(in super::super) trait Accurate {
    /// The hook, in a process with the variable.
    const ACCURATE: Result<Driver, &'static str> = Err("this version has no accurate mode");
}

/// The record of each event of named values.
#[diagnostic::on_unimplemented(message = "adapter/modes/records.rs has no such form of the part `event_records`")]
pub(in super::super) trait EventRecords {
    /// Returns the allocations in the global tracker's events.
    const EVENT_RECORDS: Option<fn() -> Vec<Record>> = None;
}

/// The record of each block that the hook saw.
#[diagnostic::on_unimplemented(message = "adapter/modes/records.rs has no such form of the part `hook_records`")]
pub(in super::super) trait HookRecords {
    /// Returns the live blocks. The window must be closed.
    const HOOK_RECORDS: Option<fn() -> Vec<Record>> = None;
}

// The forms of sources that lack a mode.
#[cfg(memscope_own_tracker = "none")]
impl OwnTrackers for Linked {}
#[cfg(memscope_system_monitor = "none")]
impl SystemMonitor for Linked {}
#[cfg(memscope_sampled_hook = "none")]
impl SampledHook for Linked {}
#[cfg(memscope_thread_local = "none")]
impl ThreadLocal for Linked {}
#[cfg(memscope_lock_free = "none")]
impl LockFree for Linked {}
#[cfg(memscope_trace_all = "none")]
impl TraceAll for Linked {}
#[cfg(memscope_unified = "none")]
impl Unified for Linked {}
#[cfg(memscope_tokio_tasks = "none")]
impl AsyncTasks for Linked {}
#[cfg(memscope_task_scopes = "none")]
impl TaskScopes for Linked {}
#[cfg(memscope_start_guard = "none")]
impl QuickStart for Linked {}
#[cfg(memscope_fast = "none")]
impl Fast for Linked {}
#[cfg(memscope_accurate = "none")]
impl Accurate for Linked {}
#[cfg(memscope_event_records = "none")]
impl EventRecords for Linked {}
#[cfg(memscope_hook_records = "none")]
impl HookRecords for Linked {}
