//! The harness's own counters of allocations and bytes.
//!
//! They are the truth that a tracker's record is compared with. As the level `counting` they measure the cost of the
//! cheapest useful tracker. Each thread counts in its own slot, so threads do not wait for each other. Only live bytes
//! are summed over threads, whenever those of a thread have changed by `FLUSH_BYTES`.
//!
//! A reallocation counts as one allocation and one deallocation, as in memscope.
//!
//! Allocations that a tracker makes for itself, while its hook is called or its thread ends, are counted separately: see
//! [`TrackerAllocations`].

use serde::{Deserialize, Serialize};
use std::array;
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed};

/// The number of size classes: up to 8 B, up to 16 B, … up to 64 KiB, and larger.
pub(crate) const CLASSES: usize = 15;

/// The largest size of each class except the last, in bytes.
pub const CLASS_LIMITS: [usize; CLASSES - 1] =
    [8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536];

/// The maximum number of bytes by which a thread's live bytes may differ from its share of the sum. The peak is exact
/// for one thread, and within this much per thread for several.
const FLUSH_BYTES: i64 = 4_096;

/// The number of slots that belong to one thread each. Further threads share one more slot, at the cost of atomic
/// additions.
const OWNED_SLOTS: usize = 256;

/// Counts since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Allocations made.
    pub allocations: u64,
    /// Allocations made, by size class.
    pub by_class: [u64; CLASSES],
    /// Deallocations made.
    pub deallocations: u64,
    /// Bytes of all allocations.
    pub allocated_bytes: u64,
    /// Bytes of all deallocations.
    pub freed_bytes: u64,
    /// Peak live bytes.
    pub peak_live_bytes: u64,
    /// Peak number of live allocations, exact to those of 4 KiB for each thread.
    pub peak_live_allocations: u64,
}

/// Allocations that a tracker made for itself, while its hook was called or its thread ended, since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackerAllocations {
    /// Allocations made.
    pub allocations: u64,
    /// Live bytes.
    pub live_bytes: u64,
    /// Peak live bytes.
    pub peak_live_bytes: u64,
}

impl Counts {
    /// Returns the number of live allocations.
    pub fn live_allocations(&self) -> u64 {
        self.allocations.saturating_sub(self.deallocations)
    }

    /// Returns the live bytes.
    pub fn live_bytes(&self) -> u64 {
        self.allocated_bytes.saturating_sub(self.freed_bytes)
    }

    /// Returns the counts since earlier ones. The peaks are those of the whole time, because a high-water mark has no
    /// difference.
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            allocations: self.allocations - earlier.allocations,
            by_class: array::from_fn(|class| self.by_class[class] - earlier.by_class[class]),
            deallocations: self.deallocations - earlier.deallocations,
            allocated_bytes: self.allocated_bytes - earlier.allocated_bytes,
            freed_bytes: self.freed_bytes - earlier.freed_bytes,
            peak_live_bytes: self.peak_live_bytes,
            peak_live_allocations: self.peak_live_allocations,
        }
    }
}

/// One thread's counters, on separate cache lines.
#[repr(align(128))]
struct Slot {
    by_class: [AtomicU64; CLASSES],
    deallocations: AtomicU64,
    allocated_bytes: AtomicU64,
    freed_bytes: AtomicU64,
    /// Live allocations that are not yet in [`LIVE_BLOCKS`].
    pending_blocks: AtomicI64,
    /// Live bytes that are not yet in [`LIVE`], and their maximum since its last update.
    pending: AtomicI64,
    pending_peak: AtomicI64,
}

impl Slot {
    const fn new() -> Self {
        Self {
            by_class: [const { AtomicU64::new(0) }; CLASSES],
            deallocations: AtomicU64::new(0),
            allocated_bytes: AtomicU64::new(0),
            freed_bytes: AtomicU64::new(0),
            pending_blocks: AtomicI64::new(0),
            pending: AtomicI64::new(0),
            pending_peak: AtomicI64::new(0),
        }
    }
}

static SLOTS: [Slot; OWNED_SLOTS + 1] = [const { Slot::new() }; OWNED_SLOTS + 1];
static SLOTS_TAKEN: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);
static LIVE_BLOCKS: AtomicI64 = AtomicI64::new(0);
static PEAK_BLOCKS: AtomicI64 = AtomicI64::new(0);

/// The tracker's own allocations. All threads share these counters: a run that counts them is not timed.
static OWN_ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static OWN_LIVE: AtomicI64 = AtomicI64::new(0);
static OWN_PEAK: AtomicI64 = AtomicI64::new(0);

thread_local! {
    /// The number of this thread's slot, once it has one.
    static SLOT: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Returns the number of the calling thread's slot, which it takes at its first allocation.
#[inline]
fn slot_number() -> usize {
    let number = SLOT.get();
    if number != usize::MAX {
        return number;
    }
    let number = SLOTS_TAKEN.fetch_add(1, Relaxed).min(OWNED_SLOTS);
    SLOT.set(number);
    number
}

/// Adds to a counter. Only its owner writes to an owned slot, so no locked instruction is needed there.
#[inline]
fn add(owned: bool, counter: &AtomicU64, amount: u64) {
    if owned {
        counter.store(counter.load(Relaxed).wrapping_add(amount), Relaxed);
    } else {
        counter.fetch_add(amount, Relaxed);
    }
}

/// Counts an allocation of this many bytes.
#[inline]
pub(super) fn allocated(size: usize) {
    let number = slot_number();
    let (slot, owned) = (&SLOTS[number], number < OWNED_SLOTS);
    add(owned, &slot.by_class[class_of(size)], 1);
    add(owned, &slot.allocated_bytes, size as u64);
    live_changed(owned, slot, size as i64, 1);
}

/// Counts a deallocation of this many bytes.
#[inline]
pub(super) fn freed(size: usize) {
    let number = slot_number();
    let (slot, owned) = (&SLOTS[number], number < OWNED_SLOTS);
    add(owned, &slot.deallocations, 1);
    add(owned, &slot.freed_bytes, size as u64);
    live_changed(owned, slot, -(size as i64), -1);
}

/// Counts an allocation that the tracker made for itself.
pub(super) fn own_allocated(size: usize) {
    OWN_ALLOCATIONS.fetch_add(1, Relaxed);
    let live = OWN_LIVE.fetch_add(size as i64, Relaxed) + size as i64;
    OWN_PEAK.fetch_max(live, Relaxed);
}

/// Counts a deallocation of the tracker's own.
pub(super) fn own_freed(size: usize) {
    OWN_LIVE.fetch_sub(size as i64, Relaxed);
}

/// Returns the tracker's own allocations. If it freed more than it allocated, because it had blocks from before the
/// window, it has no live bytes.
pub(crate) fn own() -> TrackerAllocations {
    TrackerAllocations {
        allocations: OWN_ALLOCATIONS.load(Relaxed),
        live_bytes: OWN_LIVE.load(Relaxed).max(0) as u64,
        peak_live_bytes: OWN_PEAK.load(Relaxed) as u64,
    }
}

#[inline]
fn live_changed(owned: bool, slot: &Slot, change: i64, blocks: i64) {
    if !owned {
        let live = LIVE.fetch_add(change, Relaxed) + change;
        PEAK.fetch_max(live, Relaxed);
        let live = LIVE_BLOCKS.fetch_add(blocks, Relaxed) + blocks;
        PEAK_BLOCKS.fetch_max(live, Relaxed);
        return;
    }
    let blocks = slot.pending_blocks.load(Relaxed) + blocks;
    let pending = slot.pending.load(Relaxed) + change;
    let highest = slot.pending_peak.load(Relaxed).max(pending);
    if pending.abs() < FLUSH_BYTES {
        slot.pending.store(pending, Relaxed);
        slot.pending_peak.store(highest, Relaxed);
        slot.pending_blocks.store(blocks, Relaxed);
    } else {
        let before = LIVE.fetch_add(pending, Relaxed);
        PEAK.fetch_max(before + highest, Relaxed);
        let live = LIVE_BLOCKS.fetch_add(blocks, Relaxed) + blocks;
        PEAK_BLOCKS.fetch_max(live, Relaxed);
        slot.pending_blocks.store(0, Relaxed);
        slot.pending.store(0, Relaxed);
        slot.pending_peak.store(0, Relaxed);
    }
}

/// Returns the class of a size, by its power of two.
fn class_of(size: usize) -> usize {
    let above_eight = size.saturating_sub(1) >> 3;
    ((usize::BITS - above_eight.leading_zeros()) as usize).min(CLASSES - 1)
}

/// Returns the allocations and bytes that the calling thread counted. Threads that share a slot share the counts.
pub(crate) fn this_thread() -> (u64, u64) {
    let slot = &SLOTS[slot_number()];
    (slot.by_class.iter().map(|class| class.load(Relaxed)).sum(), slot.allocated_bytes.load(Relaxed))
}

/// Returns the counts of all threads. They are exact if no thread counts meanwhile; otherwise each count is from some
/// time during the call.
pub(crate) fn totals() -> Counts {
    let taken = SLOTS_TAKEN.load(Relaxed).min(OWNED_SLOTS);
    let slots = || SLOTS[..taken].iter().chain([&SLOTS[OWNED_SLOTS]]);
    let sum = |counter: fn(&Slot) -> &AtomicU64| slots().map(|slot| counter(slot).load(Relaxed)).sum::<u64>();
    let by_class: [u64; CLASSES] = array::from_fn(|class| slots().map(|slot| slot.by_class[class].load(Relaxed)).sum());
    let pending_blocks: i64 = slots().map(|slot| slot.pending_blocks.load(Relaxed)).sum();
    let unflushed_peak = slots().map(|slot| slot.pending_peak.load(Relaxed)).max().unwrap_or(0);
    Counts {
        allocations: by_class.iter().sum(),
        by_class,
        deallocations: sum(|slot| &slot.deallocations),
        allocated_bytes: sum(|slot| &slot.allocated_bytes),
        freed_bytes: sum(|slot| &slot.freed_bytes),
        peak_live_bytes: PEAK.load(Relaxed).max(LIVE.load(Relaxed) + unflushed_peak).max(0) as u64,
        peak_live_allocations: PEAK_BLOCKS.load(Relaxed).max(LIVE_BLOCKS.load(Relaxed) + pending_blocks).max(0) as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_ends_at_its_limit() {
        for (class, &limit) in CLASS_LIMITS.iter().enumerate() {
            assert_eq!(class_of(limit), class, "{limit} B");
            assert_eq!(class_of(limit + 1), class + 1, "{} B", limit + 1);
        }
        assert_eq!(class_of(0), 0);
        assert_eq!(class_of(usize::MAX), CLASSES - 1);
    }

    /// The counters belong to the process, so one test covers all of them. The library's tests run on the plain system
    /// allocator, so nothing else counts here.
    #[test]
    fn counts_add_up_over_threads_and_find_the_peak() {
        allocated(10_000);
        allocated(100);
        freed(10_000);
        let one = totals();
        assert_eq!((one.allocations, one.deallocations), (2, 1));
        assert_eq!((one.live_allocations(), one.live_bytes()), (1, 100));
        assert_eq!(one.peak_live_bytes, 10_100);
        assert_eq!(one.peak_live_allocations, 1, "the peak of 2 lies within 4 KiB of a peak that was flushed");

        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1_000).for_each(|_| allocated(16)));
            }
        });
        let all = totals();
        assert_eq!(all.allocations, 4_002);
        assert_eq!(all.by_class[class_of(16)], 4_000);
        assert_eq!(all.live_bytes(), 100 + 4_000 * 16);

        freed(16);
        allocated(32);
        let after = totals();
        assert_eq!((after.allocations, after.deallocations), (4_003, 2));
        assert_eq!(after.live_bytes(), all.live_bytes() + 16);
        assert_eq!(after.peak_live_allocations, 4_001);

        assert_eq!(own(), TrackerAllocations::default());
        own_allocated(1_000);
        own_allocated(24);
        own_freed(1_000);
        assert_eq!(own(), TrackerAllocations { allocations: 2, live_bytes: 24, peak_live_bytes: 1_024 });
        assert_eq!(totals(), after, "allocations of a tracker are not the program's");
    }
}
