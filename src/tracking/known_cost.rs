//! The trackers of known cost. For each allocation they do units of work, or wait until a deadline, and keep no state.
//! The validation compares the harness's measurements with their cost. Trackers of known growth keep a number of
//! allocations or bytes: see [`Growing`].

use super::{growing, growing::Growing};
use crate::platform::ticks;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The cost of one allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KnownCost {
    /// Units of work, up to [`MAX_SYNTHETIC_UNITS`]. A unit is one step of a random number generator; groups of eight
    /// units are done by shorter code that takes about as long.
    Units(u32),
    /// Nanoseconds up to the deadline, by the processor's counter.
    Deadline(u32),
    /// A cost that grows with the allocations before.
    Growing(Growing),
}

/// The maximum number of units of work of one allocation.
pub(crate) const MAX_SYNTHETIC_UNITS: u32 = 511;

/// The maximum wait of one allocation in nanoseconds: a millisecond.
pub(crate) const MAX_DEADLINE_NS: u32 = 1_000_000;

/// Units of work for each allocation.
static UNITS: AtomicU32 = AtomicU32::new(0);
/// Ticks of the processor's counter that each allocation waits for; 0 if there is no deadline.
static TICKS: AtomicU64 = AtomicU64::new(0);

impl KnownCost {
    /// Sets the cost of [`Mode::BURN`](super::Mode::BURN) for each allocation. Setting a deadline takes two
    /// milliseconds, because the counter's rate is measured first.
    pub(crate) fn set(self) {
        let (units, ticks) = match self {
            Self::Units(units) => (units.min(MAX_SYNTHETIC_UNITS), 0.0),
            Self::Deadline(ns) => (0, f64::from(ns.min(MAX_DEADLINE_NS)) * ticks::for_each_nanosecond()),
            Self::Growing(growing) => return growing.set(),
        };
        UNITS.store(units, Ordering::Relaxed);
        TICKS.store(ticks.ceil() as u64, Ordering::Relaxed);
    }
}

/// Takes the known cost of one allocation. Returns 0, which the compiler cannot know: it depends on the last piece of
/// work. Adding it to an allocation's size makes the allocation wait for the work, so the processor cannot overlap the
/// two.
#[inline(never)]
pub(super) fn take() -> usize {
    let deadline = TICKS.load(Ordering::Relaxed);
    let last = match growing::take() {
        Some(last) => last,
        None if deadline > 0 => waited(deadline),
        None => burned(UNITS.load(Ordering::Relaxed)),
    };
    (std::hint::black_box(last) ^ last) as usize
}

/// Waits until the counter has advanced by this many ticks. Returns the counter.
#[inline(always)]
fn waited(deadline: u64) -> u64 {
    let began = ticks::after_earlier_work();
    loop {
        let now = ticks::now();
        if now.wrapping_sub(began) >= deadline {
            return now;
        }
    }
}

/// Repeats a statement a power of two times without a loop. A mispredicted end of a loop takes a few nanoseconds, and a
/// fresh process predicts worse than one that has run for a while.
macro_rules! repeat {
    (1 $work:stmt) => { $work };
    (2 $work:stmt) => { repeat!(1 $work); repeat!(1 $work) };
    (4 $work:stmt) => { repeat!(2 $work); repeat!(2 $work) };
    (8 $work:stmt) => { repeat!(4 $work); repeat!(4 $work) };
    (16 $work:stmt) => { repeat!(8 $work); repeat!(8 $work) };
    (32 $work:stmt) => { repeat!(16 $work); repeat!(16 $work) };
}

/// Does one unit of work: a step of xorshift64 (Marsaglia 2003), which no compiler merges with the next.
#[inline(always)]
pub(crate) fn step(mut state: u64) -> u64 {
    state ^= state << 13;
    state ^= state >> 7;
    state ^ state << 17
}

/// Does about eight units of work, in a tenth of the code. More code would evict the workload's own from the CPU's
/// caches, at a cost that depends on their other content.
#[inline(always)]
fn roots(number: f64) -> f64 {
    ((number + 1.0).sqrt() + 1.0).sqrt()
}

/// Does units of work, and returns their result. Each power of two has separate code, and each piece of work waits for
/// the one before it.
#[inline(always)]
fn burned(units: u32) -> u64 {
    let mut state = 1_u64;
    macro_rules! burn {
        ($($power:tt),* of steps, $($eights:tt),* of eights) => {
            $(if units & $power != 0 {
                repeat!($power state = step(state));
            })*
            $(if units & (8 * $eights) != 0 {
                // A number from 1 up to 2, with one fraction for each state.
                let mut number = f64::from_bits(1.0_f64.to_bits() | state >> 12);
                repeat!($eights number = roots(number));
                state ^= number.to_bits();
            })*
        };
    }
    burn!(1, 2, 4 of steps, 1, 2, 4, 8, 16, 32 of eights);
    state
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn known_costs_do_not_change_sizes() {
        for cost in [KnownCost::Units(0), KnownCost::Units(MAX_SYNTHETIC_UNITS), KnownCost::Deadline(1_000)] {
            cost.set();
            assert_eq!(take(), 0, "{cost:?}");
        }
        assert_ne!(burned(3), burned(2));
    }

    #[test]
    fn a_deadline_is_never_early() {
        if !ticks::HAS_COUNTER {
            return;
        }
        let rate = ticks::for_each_nanosecond();
        let (deadline, began) = ((2e6 * rate).ceil() as u64, Instant::now());
        waited(deadline);
        // The rate is measured, so it may be off by a thousandth.
        assert!(began.elapsed() >= Duration::from_micros(1_990), "{:?}", began.elapsed());
    }
}
