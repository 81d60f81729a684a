//! The recorder's clock: the CPU time of a thread.
//!
//! The system's clock of CPU time needs a system call, which costs more than most of a program's work between two
//! allocations, and slows the work after it. So a short gap is measured by the processor's counter. A long gap may
//! contain time off the processor: it is measured by the system's clock, minus the counted time since the clock's last
//! reading.

use super::system::cpu_time_ns;
use crate::platform::ticks::{self, HAS_COUNTER};
use std::cell::Cell;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};

/// The gap above which the system's clock is read, in nanoseconds: a waiting thread is off the processor for longer.
const LONG_NS: u64 = 5_000;
/// The number of readings for the cost of one.
const READINGS: u64 = 2_000;

/// Nanoseconds per tick of the counter, times 2^32.
static RATE: AtomicU64 = AtomicU64::new(1 << 32);

/// True if the recording began in the middle of the program. The time of a thread before its first recorded call is then
/// mostly from before the recording: a pool's threads have run the warm-up. That of a thread which starts later is left
/// out too: it is short, since a thread allocates when it starts.
static IS_MIDWAY: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// The counter at the end of this thread's last call; 0 before its first.
    static LAST: Cell<u64> = const { Cell::new(0) };
    /// The CPU time of this thread in nanoseconds, and the counter at the same time.
    static ANCHOR: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

/// Returns the counter, or nanoseconds of CPU time if the processor has none.
#[inline]
fn now() -> u64 {
    if HAS_COUNTER { ticks::now() } else { cpu_time_ns() }
}

/// Returns the nanoseconds between two readings.
#[inline]
fn between(from: u64, to: u64) -> u64 {
    // The counters of cores may differ by a few ticks.
    ((u128::from(to.saturating_sub(from)) * u128::from(RATE.load(Relaxed))) >> 32) as u64
}

/// Reads both clocks.
#[cold]
fn anchor() -> u64 {
    let both = (cpu_time_ns(), now());
    ANCHOR.set(both);
    both.1
}

/// Measures the counter's rate, and returns the cost of one reading in picoseconds.
pub(super) fn start() -> u32 {
    if HAS_COUNTER {
        let rate = (4_294_967_296.0 / ticks::for_each_nanosecond()) as u64;
        RATE.store(rate.max(1), Relaxed);
    }
    let began = now();
    let mut last = began;
    for _ in 0..READINGS {
        last = now();
    }
    (between(began, last) * 1_000 / READINGS) as u32
}

/// Leaves out the time of threads before their first recorded call.
pub(super) fn begin_midway() {
    IS_MIDWAY.store(true, Relaxed);
}

/// Begins to measure this thread's work.
pub(super) fn mark() {
    LAST.set(anchor());
}

/// Returns the CPU time of this thread's work since its last call, in nanoseconds, and the current reading.
#[inline]
pub(super) fn gap() -> (u64, u64) {
    let (last, now) = (LAST.get(), now());
    let ns = between(last, now);
    if last != 0 && (ns < LONG_NS || !HAS_COUNTER) { (ns, now) } else { (long_gap(last, ns), now) }
}

/// Returns the CPU time of a long gap. That of a thread's first gap is its time so far, unless the recording began in the
/// middle of the program.
#[cold]
fn long_gap(last: u64, elapsed: u64) -> u64 {
    let (cpu_then, then) = ANCHOR.get();
    anchor();
    let (cpu, _) = ANCHOR.get();
    if last == 0 {
        return first_gap(cpu, IS_MIDWAY.load(Relaxed));
    }
    // Some systems' CPU clocks go back a little.
    let passed = cpu.saturating_sub(cpu_then);
    passed.saturating_sub(between(then, last)).min(elapsed)
}

/// Returns the work of a thread before its first recorded call, by its CPU time so far.
fn first_gap(cpu: u64, is_midway: bool) -> u64 {
    if is_midway { 0 } else { cpu }
}

/// Ends a call that began at this reading: later time is the program's.
#[inline]
pub(super) fn end(began: u64) {
    let now = now();
    // The thread may have waited within the call.
    LAST.set(if between(began, now) < LONG_NS || !HAS_COUNTER { now } else { anchor() });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;
    use std::time::Duration;

    /// Works for this much CPU time.
    fn work(time: Duration) {
        let began = cpu_time_ns();
        while cpu_time_ns() - began < time.as_nanos() as u64 {
            black_box(());
        }
    }

    /// Returns the gap after an action.
    fn after(deed: impl FnOnce()) -> u64 {
        mark();
        deed();
        gap().0
    }

    #[test]
    fn a_gap_includes_work_and_not_sleep() {
        start();
        let busy = Duration::from_millis(3);
        let gap = after(|| {
            work(busy);
            std::thread::sleep(Duration::from_millis(20));
        });
        assert!((3_000_000..15_000_000).contains(&gap), "{gap} ns of 3 ms of work beside 20 ms of sleep");
    }

    #[test]
    fn short_gaps_before_a_long_one_are_not_counted_twice() {
        start();
        mark();
        let began = cpu_time_ns();
        let mut sum = 0;
        for turn in 0..2_000 {
            let (gap, reading) = gap();
            sum += gap;
            end(reading);
            if turn % 500 == 499 {
                work(Duration::from_micros(200));
            }
        }
        sum += gap().0;
        let all = cpu_time_ns() - began;
        assert!(sum <= all + all / 10, "{sum} ns of gaps within {all} ns of CPU time");
        assert!(sum >= 600_000, "{sum} ns, of which three times 200 µs were work");
    }

    #[test]
    fn time_from_before_the_recording_is_not_work() {
        assert_eq!([false, true].map(|is_midway| first_gap(1_000, is_midway)), [1_000, 0]);
    }

    #[test]
    fn the_first_gap_of_a_thread_is_its_time_so_far() {
        start();
        let gap = std::thread::spawn(|| {
            work(Duration::from_millis(1));
            gap().0
        });
        assert!(gap.join().expect("a thread") >= 1_000_000);
    }
}
