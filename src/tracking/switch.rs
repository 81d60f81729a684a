//! The global allocator of the binary: one that passes each call on to the system, to the counters or to memscope's hook.
//!
//! Which of them is said by a static, switched once before a workload starts and back when all of its values are
//! gone. So every level of tracking runs in the same binary: two binaries differ in layout, and layout alone moves
//! times by more than the effects sought. While nothing is on, a call costs one relaxed load and one predictable branch
//! more than with the plain system allocator.
//!
//! Nearly all of the crate's unsafe code is in this file. An allocator cannot be written without it: the trait's functions are
//! unsafe to call and to implement.
#![allow(
    unsafe_code,
    reason = "an allocator cannot be written without it; the crate denies it everywhere but here and in fork"
)]

use super::{counting, memscope};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

/// What the allocator does with each call; a set of bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode(u8);

impl Mode {
    /// Pass it on to the system: the untracked program.
    pub const OFF: Self = Self(0);
    /// Pass it on to memscope's hook.
    pub const HOOK: Self = Self(1);
    /// Count it, and pass it on to the system.
    pub const COUNT: Self = Self(2);

    /// Burn a known amount of work for each allocation, and pass it on to the system: the tracker of known cost.
    pub const BURN: Self = Self(4);

    /// Pass it on to stats_alloc.
    pub const STATS: Self = Self(8);

    /// Pass it on to dhat.
    pub const DHAT: Self = Self(16);

    /// The same with the harness's counters on.
    pub const fn counted(self) -> Self {
        Self(self.0 | Self::COUNT.0)
    }

    /// Whether memscope's hook is called.
    pub const fn hooks(self) -> bool {
        self.0 & Self::HOOK.0 != 0
    }

    /// The same without the harness's counters, if it passes calls on to another tracker than memscope.
    const fn reference(self) -> Option<Self> {
        #[cfg(feature = "references")]
        if self.0 & (Self::STATS.0 | Self::DHAT.0) != 0 {
            return Some(Self(self.0 & !Self::COUNT.0));
        }
        None
    }

    /// Whether the harness's counters are on.
    pub const fn counts(self) -> bool {
        self.0 & Self::COUNT.0 != 0
    }

    /// What is done with frees: burning work is for allocations alone, so that a cost of a percent can be had.
    const fn of_frees(self) -> Self {
        if self.0 == Self::BURN.0 { Self::OFF } else { self }
    }

    /// Switches the allocator.
    fn set(self) {
        ALLOCATING.store(self.0, Ordering::SeqCst);
        FREEING.store(self.of_frees().0, Ordering::SeqCst);
    }

    /// Runs something while the allocator is switched to this mode. What is allocated in it and freed after it stays
    /// alive for ever in the eyes of the tracker.
    pub fn window<R>(self, run: impl FnOnce() -> R) -> R {
        /// Switches back even if the run panics.
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

/// What is done with calls that allocate or resize, and with calls that free.
static ALLOCATING: AtomicU8 = AtomicU8::new(Mode::OFF.0);
static FREEING: AtomicU8 = AtomicU8::new(Mode::OFF.0);

/// The units of work that [`Mode::BURN`] burns for each allocation.
static BURNED: AtomicU32 = AtomicU32::new(0);

/// The most units of work that one allocation can burn.
pub const MAX_SYNTHETIC_UNITS: u32 = 511;

/// Sets how much work [`Mode::BURN`] burns for each allocation, up to [`MAX_SYNTHETIC_UNITS`]: a unit is one step of a generator of
/// random numbers, or an eighth of what takes about as long as eight of them.
pub fn set_synthetic_cost(units: u32) {
    BURNED.store(units.min(MAX_SYNTHETIC_UNITS), Ordering::Relaxed);
}

/// Whose a thread's calls are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    /// The program's: they are counted and tracked.
    Program,
    /// The harness's, while it looks at the tracker: neither counted nor tracked.
    Harness,
    /// The tracker's own, within its hook: counted apart, and not tracked.
    Tracker,
}

thread_local! {
    /// Whose this thread's calls are now.
    static CALLER: Cell<Caller> = const { Cell::new(Caller::Program) };
}

/// While this lives, the calling thread's allocations go to the system alone. For a harness that looks at the tracker
/// inside the window. What is allocated while it lives must be freed while it, or another one, lives.
///
/// It has effect while the counters are on; the other modes do not pay for the possibility.
#[derive(Debug)]
pub struct PauseGuard {
    before: Caller,
    /// The flag is the thread's: a guard must end where it began.
    _thread: std::marker::PhantomData<*const ()>,
}

impl PauseGuard {
    /// Pauses the calling thread.
    pub fn new() -> Self {
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

/// The allocator that the binary installs with `#[global_allocator]`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SwitchedAllocator;

// SAFETY: each call is passed on, with its arguments unchanged, to `System` or to memscope's `TrackingAllocator`. Both
// are sound allocators over the same heap (the hook itself allocates with `System`), so a block that one of them gave
// may be resized and freed by the other. So it is with the references that are switched on in the hook's place.
unsafe impl GlobalAlloc for SwitchedAllocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match Mode(ALLOCATING.load(Ordering::Relaxed)) {
            // SAFETY: what the caller promised of `layout` is what `System` asks.
            Mode::OFF => unsafe { System.alloc(layout) },
            // SAFETY: the same promise.
            mode => unsafe { switched::alloc(mode, layout) },
        }
    }

    #[inline]
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        match Mode(FREEING.load(Ordering::Relaxed)) {
            // SAFETY: the caller promised that the block is this allocator's and has this layout; all blocks are `System`'s.
            Mode::OFF => unsafe { System.dealloc(ptr, layout) },
            // SAFETY: the same promise.
            mode => unsafe { switched::dealloc(mode, ptr, layout) },
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match Mode(ALLOCATING.load(Ordering::Relaxed)) {
            // SAFETY: what the caller promised of `layout` is what `System` asks.
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

/// The calls while something is on. Out of line, so that the untracked path stays small enough to be inlined.
///
/// The hook's own `realloc` and `alloc_zeroed` are called, and not made of the two others here: that memscope has only
/// the trait's default for them, which copies and fills, is a part of what it costs.
///
/// Each function is unsafe as the trait's function of its name is, and asks of its caller what that one asks.
mod switched {
    use super::{
        BURNED, CALLER, Caller, GlobalAlloc, Layout, Mode, Ordering, PauseGuard, System, counting, memscope::HOOK,
    };
    #[cfg(feature = "references")]
    use {dhat::Alloc as Dhat, stats_alloc::INSTRUMENTED_SYSTEM};

    /// Passes a call on to the tracker of a mode that has one: to memscope's hook, but for the references' modes.
    macro_rules! tracker {
        ($mode:ident, $method:ident($($argument:expr),*)) => {
            match $mode.reference() {
                // SAFETY: the caller's promise is what all trackers ask.
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
    pub unsafe fn alloc(mode: Mode, layout: Layout) -> *mut u8 {
        let layout = if mode == Mode::BURN { burned(layout) } else { layout };
        // SAFETY: the caller's promise is what all allocators ask.
        let (system, tracker) = (|| unsafe { System.alloc(layout) }, || tracker!(mode, alloc(layout)));
        pass_on(mode, system, tracker, |caller, block| counted(caller, block, layout.size()))
    }

    #[cold]
    pub unsafe fn alloc_zeroed(mode: Mode, layout: Layout) -> *mut u8 {
        let layout = if mode == Mode::BURN { burned(layout) } else { layout };
        // SAFETY: the caller's promise is what all allocators ask.
        let (system, tracker) = (|| unsafe { System.alloc_zeroed(layout) }, || tracker!(mode, alloc_zeroed(layout)));
        pass_on(mode, system, tracker, |caller, block| counted(caller, block, layout.size()))
    }

    #[cold]
    pub unsafe fn dealloc(mode: Mode, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is what all allocators ask.
        let (system, tracker) = (|| unsafe { System.dealloc(ptr, layout) }, || tracker!(mode, dealloc(ptr, layout)));
        pass_on(mode, system, tracker, |caller, ()| freed(caller, layout.size()));
    }

    #[cold]
    pub unsafe fn realloc(mode: Mode, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let layout = if mode == Mode::BURN { burned(layout) } else { layout };
        // SAFETY: the caller's promise is what all allocators ask.
        let system = || unsafe { System.realloc(ptr, layout, new_size) };
        let tracker = || tracker!(mode, realloc(ptr, layout, new_size));
        pass_on(mode, system, tracker, |caller, block: *mut u8| {
            if !block.is_null() {
                // The old block is taken as gone before the new one comes: in place is the usual case.
                freed(caller, layout.size());
                counted(caller, block, new_size);
            }
        })
    }

    /// Repeats a statement a power of two times, in a row and without a loop: a processor that does not foresee a loop's
    /// end takes a few nanoseconds more, and a fresh process foresees less than one that has run for a while.
    macro_rules! repeat {
        (1 $work:stmt) => { $work };
        (2 $work:stmt) => { repeat!(1 $work); repeat!(1 $work) };
        (4 $work:stmt) => { repeat!(2 $work); repeat!(2 $work) };
        (8 $work:stmt) => { repeat!(4 $work); repeat!(4 $work) };
        (16 $work:stmt) => { repeat!(8 $work); repeat!(8 $work) };
        (32 $work:stmt) => { repeat!(16 $work); repeat!(16 $work) };
    }

    /// One unit of work: a step of xorshift64 (Marsaglia 2003), which no compiler merges with the next.
    #[inline(always)]
    fn step(mut state: u64) -> u64 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^ state << 17
    }

    /// About eight units of work, in a tenth of the code: much code would push the workload's own out of the processor's
    /// caches, and what that costs depends on what else is in them.
    #[inline(always)]
    fn roots(number: f64) -> f64 {
        ((number + 1.0).sqrt() + 1.0).sqrt()
    }

    /// Burns the units of work of one allocation, and gives the layout back.
    ///
    /// There is a stretch of code for each power of two, and each piece of work waits for the one before it. The layout that
    /// comes back depends on the last, though it is always the same: the allocation must wait for the work, and
    /// the processor cannot do one beside the other.
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
                    // Some number from 1 up to 2: as many fractions as there are states.
                    let mut number = f64::from_bits(1.0_f64.to_bits() | state >> 12);
                    repeat!($eights number = roots(number));
                    state ^= number.to_bits();
                })*
            };
        }
        burn!(1, 2, 4 of steps, 1, 2, 4, 8, 16, 32 of eights);
        let nothing = (std::hint::black_box(state) ^ state) as usize;
        // SAFETY: nothing is added to the size, whatever the compiler can see of it.
        unsafe { Layout::from_size_align_unchecked(layout.size() + nothing, layout.align()) }
    }

    /// Counts a block, unless the system had none to give.
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

    /// Passes a call on to where the mode says, and counts it if the mode says so.
    ///
    /// With a tracker and counters both on, what the tracker allocates on its way goes to the system: it is the tracker's
    /// and not the program's.
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
