//! The interface of trackers: an allocator that observes, and its report.

use super::{Recorded, RecordingKind};
use std::alloc::GlobalAlloc;

/// A tracker of allocations, which a program installs as its global allocator with [`tracker!`](crate::tracker!).
///
/// Implement the trait for a type of your own that represents the tracker, so the allocator may come from another
/// crate.
///
/// ```
/// use memscope_bench::{AllocationTracker, Recorded, RecordingKind};
/// use std::alloc::{GlobalAlloc, Layout, System};
/// use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
///
/// /// Counts allocations, and no frees.
/// struct Counter(AtomicU64);
///
/// // SAFETY: each call is passed on to `System` unchanged.
/// unsafe impl GlobalAlloc for Counter {
///     unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
///         self.0.fetch_add(1, Relaxed);
///         unsafe { System.alloc(layout) }
///     }
///
///     unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
///         unsafe { System.dealloc(block, layout) }
///     }
/// }
///
/// struct Counting;
///
/// impl AllocationTracker for Counting {
///     type Allocator = Counter;
///     const NAME: &str = "counter";
///     const ABOUT: &str = "one counter that all threads share";
///     const RECORDS: RecordingKind = RecordingKind::Counts;
///     const ALLOCATOR: Counter = Counter(AtomicU64::new(0));
///
///     fn recorded(counter: &Counter) -> Recorded {
///         Recorded { allocations: Some(counter.0.load(Relaxed)), ..Recorded::default() }
///     }
/// }
///
/// // In a target called `tracker`: memscope_bench::tracker!(Counting);
/// let counter = Counting::ALLOCATOR;
/// assert_eq!(Counting::recorded(&counter).allocations, Some(0));
/// ```
pub trait AllocationTracker: 'static {
    /// The allocator that it installs.
    type Allocator: GlobalAlloc + Sync + 'static;

    /// Name in commands, reports and files: letters, digits, `-`, `_` and `.`.
    const NAME: &'static str;
    /// Description in a few words.
    const ABOUT: &'static str;
    /// The kind of record that it keeps.
    const RECORDS: RecordingKind;
    /// The allocator in its initial state.
    const ALLOCATOR: Self::Allocator;

    /// Starts recording. A tracker that always records does nothing here.
    fn start(_: &Self::Allocator) {}

    /// Stops recording. Blocks that it has recorded may be freed later.
    fn stop(_: &Self::Allocator) {}

    /// Returns everything recorded since the process began; `None` for a count that the tracker does not keep. A
    /// reallocation is an allocation and a free.
    ///
    /// It may be called at any time and on any thread, also while other threads allocate.
    fn recorded(allocator: &Self::Allocator) -> Recorded;
}
