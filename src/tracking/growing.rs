//! The trackers of known growth. The cost of an allocation depends in a known way on the number of allocations before
//! it, or each allocation adds to the memory that the tracker keeps. A correct soak finds their classes.

use super::counting;
use super::known_cost::step;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The growth of a tracker, with its rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Growing {
    /// Units of work for each doubling of the allocations before.
    Logarithmic(u32),
    /// Units of work for each 1,000 allocations before.
    Linear(u32),
    /// Units of work for the square of each 1,000 allocations before.
    Quadratic(u32),
    /// Bytes that are kept for each allocation, up to [`MAX_KEPT_TOTAL`] in total, without additional work.
    Keeping(u32),
}

/// The maximum rate of work.
pub(crate) const MAX_RATE: u32 = 1_000_000_000;

/// The maximum number of bytes that are kept for an allocation.
pub(crate) const MAX_KEPT_EACH: u32 = 1 << 16;

/// The maximum number of bytes that are kept in total: a quarter of a gibibyte.
const MAX_KEPT_TOTAL: usize = 1 << 28;

/// The kind of growth: 0 for none, or the position in [`Growing`].
static KIND: AtomicU8 = AtomicU8::new(0);
/// The rate.
static RATE: AtomicU32 = AtomicU32::new(0);
/// The allocations so far.
static EARLIER: AtomicU64 = AtomicU64::new(0);
/// The kept bytes. Their memory is reserved before the window, because a tracker must not allocate here.
static KEPT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

impl Growing {
    /// Sets the growth of each allocation from now on.
    pub(super) fn set(self) {
        let (kind, rate) = match self {
            Self::Logarithmic(rate) => (1, rate.min(MAX_RATE)),
            Self::Linear(rate) => (2, rate.min(MAX_RATE)),
            Self::Quadratic(rate) => (3, rate.min(MAX_RATE)),
            Self::Keeping(bytes) => (4, bytes.min(MAX_KEPT_EACH)),
        };
        if kind == 4 {
            KEPT.lock().unwrap_or_else(PoisonError::into_inner).reserve_exact(MAX_KEPT_TOTAL);
        }
        RATE.store(rate, Ordering::Relaxed);
        KIND.store(kind, Ordering::Relaxed);
    }

    /// Returns the growth that is set; `None` if there is none.
    fn get() -> Option<Self> {
        let rate = RATE.load(Ordering::Relaxed);
        match KIND.load(Ordering::Relaxed) {
            1 => Some(Self::Logarithmic(rate)),
            2 => Some(Self::Linear(rate)),
            3 => Some(Self::Quadratic(rate)),
            4 => Some(Self::Keeping(rate)),
            _ => None,
        }
    }

    /// Returns the units of work of an allocation after this many earlier ones.
    pub(crate) fn units(self, earlier: u64) -> u64 {
        let thousands = earlier as f64 / 1_000.0;
        let (rate, growth) = match self {
            Self::Logarithmic(rate) => (rate, (earlier as f64 + 1.0).log2()),
            Self::Linear(rate) => (rate, thousands),
            Self::Quadratic(rate) => (rate, thousands.powi(2)),
            Self::Keeping(_) => (0, 0.0),
        };
        (f64::from(rate) * growth) as u64
    }
}

/// Takes the cost of one allocation, and returns a number that depends on its last piece of work; `None` if no growth
/// is set.
#[inline(always)]
pub(super) fn take() -> Option<u64> {
    if KIND.load(Ordering::Relaxed) == 0 { None } else { Some(taken()) }
}

#[inline(never)]
fn taken() -> u64 {
    let Some(growing) = Growing::get() else { return 0 };
    let earlier = EARLIER.fetch_add(1, Ordering::Relaxed);
    if let Growing::Keeping(bytes) = growing {
        keep(bytes as usize);
    }
    (0..growing.units(earlier)).fold(1, |state, _| step(state))
}

/// Keeps bytes, up to the reserved capacity.
fn keep(bytes: usize) {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let length = kept.len() + bytes;
    if length <= kept.capacity() {
        kept.resize(length, 1);
        counting::own_allocated(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_grow_in_their_class() {
        let units = |growing: Growing| [1_000, 2_000, 100_000, 200_000].map(|earlier| growing.units(earlier));
        assert_eq!(units(Growing::Linear(7)), [7, 14, 700, 1_400]);
        assert_eq!(units(Growing::Quadratic(7)), [7, 28, 70_000, 280_000]);
        let logarithmic = units(Growing::Logarithmic(100));
        let added = [logarithmic[1] - logarithmic[0], logarithmic[3] - logarithmic[2]];
        assert!(added.iter().all(|added| (98..=101).contains(added)), "100 for each doubling: {logarithmic:?}");
        assert_eq!(units(Growing::Keeping(64)), [0; 4]);
        assert_eq!(Growing::Quadratic(MAX_RATE).units(u64::MAX), u64::MAX, "no overflow");
    }
}
