//! The origin of a thread's calls of the allocator.

use std::cell::Cell;

/// The origin of a thread's calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// The program. Its calls are counted and tracked.
    Program,
    /// The harness, while it inspects the tracker. Its calls are neither counted nor tracked.
    Harness,
    /// The tracker, within its hook or at the end of its thread. Its calls are counted separately and not tracked.
    Tracker,
}

thread_local! {
    /// The current origin of this thread's calls.
    static CALLER: Cell<Caller> = const { Cell::new(Caller::Program) };
}

impl Caller {
    /// Returns the origin of the calling thread's next call.
    #[inline(always)]
    pub(super) fn current() -> Self {
        CALLER.get()
    }

    /// Sets the origin of all further calls of the calling thread.
    pub(super) fn becomes(self) {
        CALLER.set(self);
    }
}

/// Sends the calling thread's allocations only to the system while it lives, so the harness can inspect the tracker
/// inside the window. Blocks allocated while it lives must be freed while it, or another guard, lives.
///
/// It only has an effect while the counters are on or events are reported, so the other modes do not pay for the check.
#[derive(Debug)]
pub(crate) struct PauseGuard {
    before: Caller,
    /// The flag belongs to the thread, so a guard must end on the thread where it began.
    _thread: std::marker::PhantomData<*const ()>,
}

impl PauseGuard {
    /// Pauses the calling thread.
    pub(crate) fn new() -> Self {
        Self::for_calls_of(Caller::Harness)
    }

    pub(super) fn for_calls_of(caller: Caller) -> Self {
        Self { before: CALLER.replace(caller), _thread: std::marker::PhantomData }
    }
}

impl Default for PauseGuard {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for PauseGuard {
    fn drop(&mut self) {
        self.before.becomes();
    }
}
