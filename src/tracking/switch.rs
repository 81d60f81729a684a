//! The program's global allocator. It passes each call on to the system, to the counters or to memscope's hook.
//!
//! A static selects one of them. It is set once before a workload starts, and reset after all of the workload's values
//! are dropped. So every level runs in the same binary: two binaries differ in layout, and layout alone changes times
//! by more than the effects to measure. With everything off, a call costs one relaxed load and one predictable branch
//! more than with the plain system allocator.
//!
//! Most of the crate's unsafe code is in this file and in the recorder of traces: the functions of the allocator's
//! trait are unsafe to call and to implement.
#![allow(
    unsafe_code,
    reason = "an allocator cannot be written without it; the crate denies it elsewhere, but in traces, fork and ticks"
)]

mod installed;

pub use installed::Tracked;

use super::caller::{Caller, PauseGuard};
use super::{counting, known_cost, memscope};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU8, Ordering};

/// The allocator's work for each call, as a set of bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode(u8);

impl Mode {
    /// Passes the call on to the system: the untracked program.
    pub const OFF: Self = Self(0);
    /// Passes the call on to memscope's hook.
    pub const HOOK: Self = Self(1);
    /// Counts the call, and passes it on to the system.
    pub const COUNT: Self = Self(2);

    /// Takes a known cost for each allocation, and passes the call on to the system: the tracker of known cost.
    pub const BURN: Self = Self(4);

    /// Takes a known cost for each allocation, and passes the call on to memscope's hook: a hook that is slowed on
    /// purpose.
    pub const SLOWED_HOOK: Self = Self(Self::HOOK.0 | Self::BURN.0);

    /// Passes the call on to stats_alloc, in a build that has it.
    pub const STATS: Self = Self(8);

    /// Passes the call on to dhat, in a build that has it.
    pub const DHAT: Self = Self(16);

    /// Passes the call on to the system, and reports the event to memscope's lock-free tracker.
    pub const REPORT: Self = Self(32);

    /// Writes the call to a trace, and passes it on to the system.
    pub const RECORD: Self = Self(64);

    /// Returns the same mode with the harness's counters on.
    pub const fn counted(self) -> Self {
        Self(self.0 | Self::COUNT.0)
    }

    /// Returns whether memscope's hook is called.
    pub const fn hooks(self) -> bool {
        self.0 & Self::HOOK.0 != 0
    }

    /// Returns the same mode without the harness's counters, if it passes calls on to a reference.
    const fn reference(self) -> Option<Self> {
        #[cfg(feature = "references")]
        if self.0 & (Self::STATS.0 | Self::DHAT.0) != 0 {
            return Some(Self(self.0 & !Self::COUNT.0));
        }
        None
    }

    /// Returns whether events are reported to memscope's lock-free tracker.
    const fn reports(self) -> bool {
        self.0 & Self::REPORT.0 != 0
    }

    /// Returns whether calls are written to a trace.
    const fn records(self) -> bool {
        self.0 & Self::RECORD.0 != 0
    }

    /// Returns whether the harness's counters are on.
    pub const fn counts(self) -> bool {
        self.0 & Self::COUNT.0 != 0
    }

    /// Returns whether each allocation takes a known cost.
    const fn burns(self) -> bool {
        self.0 & Self::BURN.0 != 0
    }

    /// Returns the same mode without a known cost, which is the mode for frees. Only allocations have the known cost,
    /// so that a cost of one percent is possible.
    const fn without_burning(self) -> Self {
        Self(self.0 & !Self::BURN.0)
    }

    /// Switches the allocator.
    fn set(self) {
        ALLOCATING.store(self.0, Ordering::SeqCst);
        FREEING.store(self.without_burning().0, Ordering::SeqCst);
    }

    /// Runs `run` while the allocator is switched to this mode. Blocks that are allocated inside the window and freed
    /// after it appear leaked to the tracker.
    pub fn window<R>(self, run: impl FnOnce() -> R) -> R {
        /// Switches back even if `run` panics.
        struct Open;
        impl Drop for Open {
            fn drop(&mut self) {
                Mode::OFF.set();
            }
        }
        self.set();
        let _open = Open;
        run()
    }
}

/// The modes for calls that allocate or resize, and for calls that free.
static ALLOCATING: AtomicU8 = AtomicU8::new(Mode::OFF.0);
static FREEING: AtomicU8 = AtomicU8::new(Mode::OFF.0);

/// The allocator that a program installs with `#[global_allocator]`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SwitchedAllocator;

// SAFETY: each call is passed on, with its arguments unchanged, to `System` or to memscope's `TrackingAllocator`. Both
// are sound allocators over the same heap (the hook itself allocates with `System`), so each may resize and free the
// other's blocks. The same holds for the references that are switched on in the hook's place.
unsafe impl GlobalAlloc for SwitchedAllocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match Mode(ALLOCATING.load(Ordering::Relaxed)) {
            // SAFETY: the caller's promise about `layout` is what `System` requires.
            Mode::OFF => unsafe { System.alloc(layout) },
            // SAFETY: the same promise.
            mode => unsafe { switched::alloc(mode, layout) },
        }
    }

    #[inline]
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        match Mode(FREEING.load(Ordering::Relaxed)) {
            // SAFETY: the caller promised that the block is this allocator's and has this layout; all blocks are
            // `System`'s.
            Mode::OFF => unsafe { System.dealloc(ptr, layout) },
            // SAFETY: the same promise.
            mode => unsafe { switched::dealloc(mode, ptr, layout) },
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match Mode(ALLOCATING.load(Ordering::Relaxed)) {
            // SAFETY: the caller's promise about `layout` is what `System` requires.
            Mode::OFF => unsafe { System.alloc_zeroed(layout) },
            // SAFETY: the same promise.
            mode => unsafe { switched::alloc_zeroed(mode, layout) },
        }
    }

    #[inline]
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        match Mode(ALLOCATING.load(Ordering::Relaxed)) {
            // SAFETY: the caller promised that the block is this allocator's and has this layout, and that the new size
            // is valid for its alignment; all blocks are `System`'s.
            Mode::OFF => unsafe { System.realloc(ptr, layout, new_size) },
            // SAFETY: the same promise.
            mode => unsafe { switched::realloc(mode, ptr, layout, new_size) },
        }
    }
}

/// An allocator that reports to a lock-free tracker of memscope, as a program would write it: the system's allocator
/// with a call for each event. A resized block is reported as freed and allocated.
struct Reporter;

// SAFETY: each call is passed on to `System` with its arguments unchanged. The reports allocate, so a caller must not
// report those allocations again.
unsafe impl GlobalAlloc for Reporter {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is what `System` requires.
        reported(unsafe { System.alloc(layout) }, layout.size())
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is what `System` requires.
        reported(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    #[inline]
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        memscope::modes::lock_free_events(ptr as usize, None);
        // SAFETY: the caller's promise is what `System` requires.
        unsafe { System.dealloc(ptr, layout) };
    }

    #[inline]
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's promise is what `System` requires.
        let resize = || unsafe { System.realloc(ptr, layout, new_size) };
        reporting_resize(ptr, layout.size(), new_size, resize, memscope::modes::lock_free_events)
    }
}

/// Resizes a block, and reports it. The free comes first: as soon as it has happened, another thread may allocate a
/// block at the same address, and report it. If the block cannot be resized, it is reported as allocated again.
#[inline]
fn reporting_resize(
    old: *mut u8,
    old_size: usize,
    new_size: usize,
    resize: impl FnOnce() -> *mut u8,
    report: impl Fn(usize, Option<usize>),
) -> *mut u8 {
    report(old as usize, None);
    let new = resize();
    if new.is_null() {
        report(old as usize, Some(old_size));
    } else {
        report(new as usize, Some(new_size));
    }
    new
}

/// Reports a block, unless the allocation failed.
#[inline]
fn reported(block: *mut u8, size: usize) -> *mut u8 {
    if !block.is_null() {
        memscope::modes::lock_free_events(block as usize, Some(size));
    }
    block
}

/// The calls while something is on. They are out of line, so the untracked path stays small enough to be inlined.
///
/// They call the hook's own `realloc` and `alloc_zeroed`. memscope only has the trait's defaults, which copy and fill,
/// and that is part of its cost.
///
/// Each function is as unsafe as the trait's function of the same name, and has the same requirements.
mod switched {
    use super::{Caller, GlobalAlloc, Layout, Mode, PauseGuard, System, counting, known_cost};
    use super::{Reporter, memscope::HOOK};
    use crate::trace::RecordingAllocator;
    #[cfg(feature = "references")]
    use crate::tracking::{
        own::AllocationTracker,
        references::{Dhat, StatsAlloc},
    };

    /// Passes a call on to the tracker of a mode: a reference, or else memscope's hook.
    macro_rules! tracker {
        ($mode:ident, $method:ident($($argument:expr),*)) => {
            match $mode.reference() {
                // SAFETY: the caller's promise is what all trackers require.
                _ if $mode.reports() => unsafe { Reporter.$method($($argument),*) },
                // SAFETY: as above.
                _ if $mode.records() => unsafe { RecordingAllocator::new().$method($($argument),*) },
                // SAFETY: the caller's promise is what all trackers require.
                #[cfg(feature = "references")]
                Some(Mode::STATS) => unsafe { StatsAlloc::ALLOCATOR.$method($($argument),*) },
                // SAFETY: as above.
                #[cfg(feature = "references")]
                Some(_) => unsafe { Dhat::ALLOCATOR.$method($($argument),*) },
                // SAFETY: as above.
                _ => unsafe { HOOK.$method($($argument),*) },
            }
        };
    }

    #[cold]
    pub(super) unsafe fn alloc(mode: Mode, layout: Layout) -> *mut u8 {
        let layout = if mode.burns() { burned(layout) } else { layout };
        // SAFETY: the caller's promise is what all allocators require.
        let (system, tracker) = (|| unsafe { System.alloc(layout) }, || tracker!(mode, alloc(layout)));
        pass_on(mode, system, tracker, |caller, block| counted(caller, block, layout.size()))
    }

    #[cold]
    pub(super) unsafe fn alloc_zeroed(mode: Mode, layout: Layout) -> *mut u8 {
        let layout = if mode.burns() { burned(layout) } else { layout };
        // SAFETY: the caller's promise is what all allocators require.
        let (system, tracker) = (|| unsafe { System.alloc_zeroed(layout) }, || tracker!(mode, alloc_zeroed(layout)));
        pass_on(mode, system, tracker, |caller, block| counted(caller, block, layout.size()))
    }

    #[cold]
    pub(super) unsafe fn dealloc(mode: Mode, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is what all allocators require.
        let (system, tracker) = (|| unsafe { System.dealloc(ptr, layout) }, || tracker!(mode, dealloc(ptr, layout)));
        pass_on(mode, system, tracker, |caller, ()| freed(caller, layout.size()));
    }

    #[cold]
    pub(super) unsafe fn realloc(mode: Mode, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let layout = if mode.burns() { burned(layout) } else { layout };
        // SAFETY: the caller's promise is what all allocators require.
        let system = || unsafe { System.realloc(ptr, layout, new_size) };
        let tracker = || tracker!(mode, realloc(ptr, layout, new_size));
        pass_on(mode, system, tracker, |caller, block| resized(caller, block, layout.size(), new_size))
    }

    /// Takes the known cost of one allocation, and returns the layout. The result depends on the last piece of work,
    /// although its value is always the same.
    #[inline(always)]
    fn burned(layout: Layout) -> Layout {
        // SAFETY: nothing is added to the size, although the compiler cannot see that.
        unsafe { Layout::from_size_align_unchecked(layout.size() + known_cost::take(), layout.align()) }
    }

    /// Counts a block, unless the allocation failed.
    #[inline]
    pub(super) fn counted(caller: Caller, block: *mut u8, size: usize) {
        match caller {
            _ if block.is_null() => {}
            Caller::Program => counting::allocated(size),
            Caller::Tracker => counting::own_allocated(size),
            Caller::Harness => {}
        }
    }

    /// Counts a resized block, unless the reallocation failed.
    #[inline]
    pub(super) fn resized(caller: Caller, block: *mut u8, old_size: usize, new_size: usize) {
        if !block.is_null() {
            // The old block counts as freed before the new one: blocks are usually resized in place.
            freed(caller, old_size);
            counted(caller, block, new_size);
        }
    }

    /// Counts a free.
    #[inline]
    pub(super) fn freed(caller: Caller, size: usize) {
        match caller {
            Caller::Program => counting::freed(size),
            Caller::Tracker => counting::own_freed(size),
            Caller::Harness => {}
        }
    }

    /// Passes a call on as the mode requires, and counts it if the mode counts.
    ///
    /// With a tracker and counters both on, the tracker's own allocations go to the system: they are not the program's.
    #[inline(always)]
    fn pass_on<R: Copy>(
        mode: Mode,
        system: impl FnOnce() -> R,
        tracker: impl FnOnce() -> R,
        count: impl FnOnce(Caller, R),
    ) -> R {
        let mode = mode.without_burning();
        if mode == Mode::HOOK || mode == Mode::RECORD || mode.reference() == Some(mode) {
            return tracker();
        }
        if mode == Mode::OFF {
            return system();
        }
        let caller = Caller::current();
        let is_tracked = mode.hooks() || mode.reports() || mode.records() || mode.reference().is_some();
        let result = if is_tracked && caller == Caller::Program {
            let _paused = PauseGuard::for_calls_of(Caller::Tracker);
            tracker()
        } else {
            system()
        };
        if is_tracked && !mode.counts() {
            return result;
        }
        count(caller, result);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn a_block_that_cannot_be_resized_lives_on_in_the_report() {
        let reported = |new: usize| {
            let events = RefCell::new(Vec::new());
            let report = |address, size| events.borrow_mut().push((address, size));
            let [old, new] = [0x1000, new].map(std::ptr::without_provenance_mut);
            assert_eq!(reporting_resize(old, 10, 20, || new, report), new);
            events.into_inner()
        };
        assert_eq!(reported(0x2000), [(0x1000, None), (0x2000, Some(20))]);
        assert_eq!(reported(0), [(0x1000, None), (0x1000, Some(10))]);
    }
}
