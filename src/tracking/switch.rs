//! The program's global allocator. It passes each call on to the system, to the counters or to memscope's hook.
//!
//! A static selects one of them. It is set once before a workload starts, and reset when all of the workload's values
//! are gone. So every level runs in the same binary: two binaries differ in layout, and layout alone moves times by
//! more than the effects to measure. With everything off, a call costs one relaxed load and one predictable branch
//! more than with the plain system allocator.
//!
//! Nearly all of the crate's unsafe code is in this file: the functions of the allocator's trait are unsafe to call
//! and to implement.
#![allow(
    unsafe_code,
    reason = "an allocator cannot be written without it; the crate denies it everywhere but here and in fork"
)]

use super::{counting, memscope};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

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

    /// Burns a known amount of work for each allocation, and passes it on to the system: the tracker of known cost.
    pub const BURN: Self = Self(4);

    /// Passes the call on to stats_alloc, in a build that has it.
    pub const STATS: Self = Self(8);

    /// Passes the call on to dhat, in a build that has it.
    pub const DHAT: Self = Self(16);

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

    /// Returns whether the harness's counters are on.
    pub const fn counts(self) -> bool {
        self.0 & Self::COUNT.0 != 0
    }

    /// Returns the mode for frees. Only allocations burn work, so a cost of one percent is possible.
    const fn of_frees(self) -> Self {
        if self.0 == Self::BURN.0 { Self::OFF } else { self }
    }

    /// Switches the allocator.
    fn set(self) {
        ALLOCATING.store(self.0, Ordering::SeqCst);
        FREEING.store(self.of_frees().0, Ordering::SeqCst);
    }

    /// Runs `run` while the allocator is switched to this mode. Blocks allocated inside the window and freed after it
    /// appear leaked to the tracker.
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

/// Units of work that [`Mode::BURN`] burns for each allocation.
static BURNED: AtomicU32 = AtomicU32::new(0);

/// Most units of work that one allocation can burn.
pub(crate) const MAX_SYNTHETIC_UNITS: u32 = 511;

/// Sets the work that [`Mode::BURN`] burns for each allocation, up to [`MAX_SYNTHETIC_UNITS`]. A unit is one step of a
/// generator of random numbers; groups of eight units are burned by shorter code that takes about as long.
pub(crate) fn set_synthetic_cost(units: u32) {
    BURNED.store(units.min(MAX_SYNTHETIC_UNITS), Ordering::Relaxed);
}

/// The origin of a thread's calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    /// The program. Its calls are counted and tracked.
    Program,
    /// The harness, while it inspects the tracker. Its calls are neither counted nor tracked.
    Harness,
    /// The tracker, within its hook. Its calls are counted separately and not tracked.
    Tracker,
}

thread_local! {
    /// The origin of this thread's calls now.
    static CALLER: Cell<Caller> = const { Cell::new(Caller::Program) };
}

/// Sends the calling thread's allocations to the system alone while it lives, so the harness can inspect the tracker
/// inside the window. Blocks allocated while it lives must be freed while it, or another guard, lives.
///
/// It has an effect only while the counters are on: the other modes do not pay for the check.
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

    fn for_calls_of(caller: Caller) -> Self {
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
        CALLER.set(self.before);
    }
}

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

/// The calls while something is on. They are out of line, so the untracked path stays small enough to be inlined.
///
/// They call the hook's own `realloc` and `alloc_zeroed`. memscope has only the trait's defaults, which copy and fill,
/// and that is a part of its cost.
///
/// Each function is as unsafe as the trait's function of the same name, and has the same requirements.
mod switched {
    use super::{
        BURNED, CALLER, Caller, GlobalAlloc, Layout, Mode, Ordering, PauseGuard, System, counting, memscope::HOOK,
    };
    #[cfg(feature = "references")]
    use {dhat::Alloc as Dhat, stats_alloc::INSTRUMENTED_SYSTEM};

    /// Passes a call on to the tracker of a mode that has one: a reference, or else memscope's hook.
    macro_rules! tracker {
        ($mode:ident, $method:ident($($argument:expr),*)) => {
            match $mode.reference() {
                // SAFETY: the caller's promise is what all trackers require.
                #[cfg(feature = "references")]
                Some(Mode::STATS) => unsafe { INSTRUMENTED_SYSTEM.$method($($argument),*) },
                // SAFETY: as above.
                #[cfg(feature = "references")]
                Some(_) => unsafe { Dhat.$method($($argument),*) },
                // SAFETY: as above.
                _ => unsafe { HOOK.$method($($argument),*) },
            }
        };
    }

    #[cold]
    pub(super) unsafe fn alloc(mode: Mode, layout: Layout) -> *mut u8 {
        let layout = if mode == Mode::BURN { burned(layout) } else { layout };
        // SAFETY: the caller's promise is what all allocators require.
        let (system, tracker) = (|| unsafe { System.alloc(layout) }, || tracker!(mode, alloc(layout)));
        pass_on(mode, system, tracker, |caller, block| counted(caller, block, layout.size()))
    }

    #[cold]
    pub(super) unsafe fn alloc_zeroed(mode: Mode, layout: Layout) -> *mut u8 {
        let layout = if mode == Mode::BURN { burned(layout) } else { layout };
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
        let layout = if mode == Mode::BURN { burned(layout) } else { layout };
        // SAFETY: the caller's promise is what all allocators require.
        let system = || unsafe { System.realloc(ptr, layout, new_size) };
        let tracker = || tracker!(mode, realloc(ptr, layout, new_size));
        pass_on(mode, system, tracker, |caller, block: *mut u8| {
            if !block.is_null() {
                // The old block counts as freed before the new one: blocks are usually resized in place.
                freed(caller, layout.size());
                counted(caller, block, new_size);
            }
        })
    }

    /// Repeats a statement a power of two times without a loop. A mispredicted end of a loop takes a few nanoseconds,
    /// and a fresh process predicts worse than one that has run for a while.
    macro_rules! repeat {
        (1 $work:stmt) => { $work };
        (2 $work:stmt) => { repeat!(1 $work); repeat!(1 $work) };
        (4 $work:stmt) => { repeat!(2 $work); repeat!(2 $work) };
        (8 $work:stmt) => { repeat!(4 $work); repeat!(4 $work) };
        (16 $work:stmt) => { repeat!(8 $work); repeat!(8 $work) };
        (32 $work:stmt) => { repeat!(16 $work); repeat!(16 $work) };
    }

    /// Burns one unit of work: a step of xorshift64 (Marsaglia 2003), which no compiler merges with the next.
    #[inline(always)]
    fn step(mut state: u64) -> u64 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^ state << 17
    }

    /// Burns about eight units of work, in a tenth of the code. More code would evict the workload's own from the
    /// CPU's caches, at a cost that depends on their other content.
    #[inline(always)]
    fn roots(number: f64) -> f64 {
        ((number + 1.0).sqrt() + 1.0).sqrt()
    }

    /// Burns the units of work of one allocation, and returns the layout.
    ///
    /// Each power of two has its own code, and each piece of work waits for the one before it. The returned layout
    /// depends on the last piece, although it is always the same. So the allocation waits for the work, and the CPU
    /// cannot do both at once.
    #[inline(never)]
    fn burned(layout: Layout) -> Layout {
        let units = BURNED.load(Ordering::Relaxed);
        let mut state = 1_u64;
        macro_rules! burn {
            ($($power:tt),* of steps, $($eights:tt),* of eights) => {
                $(if units & $power != 0 {
                    repeat!($power state = step(state));
                })*
                $(if units & (8 * $eights) != 0 {
                    // A number from 1 up to 2, with as many fractions as there are states.
                    let mut number = f64::from_bits(1.0_f64.to_bits() | state >> 12);
                    repeat!($eights number = roots(number));
                    state ^= number.to_bits();
                })*
            };
        }
        burn!(1, 2, 4 of steps, 1, 2, 4, 8, 16, 32 of eights);
        let nothing = (std::hint::black_box(state) ^ state) as usize;
        // SAFETY: nothing is added to the size, although the compiler cannot see that.
        unsafe { Layout::from_size_align_unchecked(layout.size() + nothing, layout.align()) }
    }

    /// Counts a block, unless the system had none.
    #[inline]
    fn counted(caller: Caller, block: *mut u8, size: usize) {
        match caller {
            _ if block.is_null() => {}
            Caller::Program => counting::allocated(size),
            Caller::Tracker => counting::own_allocated(size),
            Caller::Harness => {}
        }
    }

    /// Counts the end of a block.
    #[inline]
    fn freed(caller: Caller, size: usize) {
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
        if mode == Mode::HOOK || mode.reference() == Some(mode) {
            return tracker();
        }
        if mode == Mode::BURN {
            return system();
        }
        let caller = CALLER.get();
        let is_tracked = mode.hooks() || mode.reference().is_some();
        let result = if is_tracked && caller == Caller::Program {
            let _paused = PauseGuard::for_calls_of(Caller::Tracker);
            tracker()
        } else {
            system()
        };
        count(caller, result);
        result
    }
}
