//! The processor's own time counter, which a program reads in a few nanoseconds without a system call: the time-stamp
//! counter of x86-64, and the virtual counter of AArch64. Both advance at a constant rate, also while another process
//! has the core.
#![allow(unsafe_code, reason = "the counter has no safe function; reading it touches no memory")]

use std::time::{Duration, Instant};

/// True if this processor has a counter.
pub(crate) const HAS_COUNTER: bool = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));

/// Reads the counter after all earlier work is done, so that a delay does not overlap with it.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn after_earlier_work() -> u64 {
    // SAFETY: each x86-64 processor has this instruction.
    unsafe { std::arch::asm!("lfence", options(nostack, nomem, preserves_flags)) };
    now()
}

/// Reads the counter.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn now() -> u64 {
    // SAFETY: each x86-64 processor has this instruction, and systems that forbid it do not run Rust's own clock.
    unsafe { std::arch::x86_64::_rdtsc() }
}

/// Reads the counter after all earlier work is done, so that a delay does not overlap with it.
#[cfg(target_arch = "aarch64")]
#[inline(always)]
pub(crate) fn after_earlier_work() -> u64 {
    // SAFETY: the instruction only waits.
    unsafe { std::arch::asm!("isb", options(nostack, nomem, preserves_flags)) };
    now()
}

/// Reads the counter.
#[cfg(target_arch = "aarch64")]
#[inline(always)]
pub(crate) fn now() -> u64 {
    let ticks: u64;
    // SAFETY: the systems that Rust's standard library supports let programs read this register.
    unsafe { std::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nostack, nomem, preserves_flags)) };
    ticks
}

/// Returns 0: without a counter, no level has a deadline.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) fn after_earlier_work() -> u64 {
    0
}

/// Returns 0: without a counter, no level has a deadline.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) fn now() -> u64 {
    0
}

/// Measures the counter's rate against the monotonic clock, in ticks for each nanosecond. It takes two milliseconds.
pub(crate) fn for_each_nanosecond() -> f64 {
    const LENGTH: Duration = Duration::from_millis(2);
    let (first, began) = both();
    while began.elapsed() < LENGTH {
        std::hint::spin_loop();
    }
    let (last, ended) = both();
    last.wrapping_sub(first) as f64 / ended.duration_since(began).as_nanos() as f64
}

/// Reads the counter and the clock at the same time. It takes the quickest of several tries, because another process
/// may have had the core in between.
fn both() -> (u64, Instant) {
    const TRIES: usize = 16;
    let one = || {
        let before = after_earlier_work();
        let clock = Instant::now();
        let took = after_earlier_work().wrapping_sub(before);
        (took, before.wrapping_add(took / 2), clock)
    };
    let (_, ticks, clock) = (0..TRIES).map(|_| one()).min_by_key(|&(took, ..)| took).expect("there are tries");
    (ticks, clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_advances_and_has_a_rate() {
        if !HAS_COUNTER {
            return;
        }
        let before = now();
        assert!(after_earlier_work().wrapping_sub(before) < u64::MAX / 2, "it does not go back");
        // Counters from 1 MHz to 10 GHz.
        let rate = for_each_nanosecond();
        assert!((0.001..10.0).contains(&rate), "{rate} ticks for each nanosecond");
    }
}
