//! Times of single calls, each read from the clock right before and right after the call, and their quantiles.
//!
//! The times go into a histogram with fixed bounds, like Gil Tene's HdrHistogram. Each time includes the cost of
//! reading the clock, so tasks that time calls also time an empty call equally often.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The longest recorded time, in nanoseconds: a minute. A longer time counts as this.
const MAX_NS: u64 = 60_000_000_000;

/// Significant digits of a recorded time.
const DIGITS: u8 = 3;

/// Recorded quantiles, from the median up to the maximum.
pub const QUANTILES: [f64; 11] = [0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99999, 1.0];

/// Quantiles of the times of all calls, in nanoseconds, in the order of [`QUANTILES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantiles(pub(crate) [u64; QUANTILES.len()]);

impl Quantiles {
    /// Returns the quantiles of recorded times.
    pub(super) fn of(times: &Histogram<u64>) -> Self {
        Self(QUANTILES.map(|quantile| times.value_at_quantile(quantile)))
    }

    /// Returns the time at one of [`QUANTILES`], by its index there, in nanoseconds.
    pub fn at(&self, place: usize) -> u64 {
        self.0[place]
    }

    /// Returns whether so many calls are enough for one of [`QUANTILES`], by its index there: at least one of them is
    /// beyond it.
    pub fn is_defined(place: usize, calls: u64) -> bool {
        // The maximum of a single call is not a separate quantile.
        let needed = if place + 1 == QUANTILES.len() { 2.0 } else { 1.0 / (1.0 - QUANTILES[place]) };
        // Rounded: 1 − 0.9 is a little less than 0.1.
        calls as f64 >= needed.round()
    }

    /// Returns the index of one of [`QUANTILES`].
    ///
    /// # Panics
    /// If it is not one of them.
    pub fn place(quantile: f64) -> usize {
        QUANTILES.iter().position(|&known| known == quantile).expect("a quantile that is recorded")
    }
}

/// Returns the step of the clock in nanoseconds: the smallest difference between two times that it shows.
pub(super) fn clock_step() -> Option<u64> {
    /// Enough readings for every remainder to occur.
    const READINGS: usize = 10_000;
    let mut times: Vec<u64> = (0..READINGS)
        .map(|_| {
            let began = Instant::now();
            began.elapsed().as_nanos() as u64
        })
        .collect();
    times.sort_unstable();
    step_of(&times)
}

/// Returns the smallest difference between sorted times of nothing; `None` if they are all the same. If some are zero,
/// a reading takes less than a step, and the smallest other time is the step.
///
/// A step that is no whole number of nanoseconds is rounded both ways, so a time and the next nanosecond are the same
/// number of steps. Only a clock that shows each nanosecond shows three in a row.
fn step_of(sorted: &[u64]) -> Option<u64> {
    let mut different = sorted.to_vec();
    different.dedup();
    if let [0, step, ..] = different.as_slice() {
        return Some(*step);
    }
    let shows_each = different.windows(3).any(|three| three[2] - three[0] == 2);
    different.dedup_by(|next, first| !shows_each && *next - *first == 1);
    different.windows(2).map(|two| two[1] - two[0]).min()
}

/// Returns an empty histogram of times. It does not allocate later.
pub(super) fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(MAX_NS, DIGITS).expect("bounds that a histogram can have")
}

/// Records a time. A histogram with fixed bounds does not allocate here.
#[inline]
fn note(times: &mut Histogram<u64>, time: Duration) {
    times.saturating_record(time.as_nanos() as u64);
}

/// Times a call.
#[inline(always)]
pub(super) fn timed<R>(times: &mut Histogram<u64>, run: impl FnOnce() -> R) -> R {
    let began = Instant::now();
    let result = black_box(run());
    note(times, began.elapsed());
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_is_the_smallest_difference_between_times() {
        assert_eq!(step_of(&[20, 20, 30, 30, 50, 7_040]), Some(10));
        assert_eq!(step_of(&[19, 20, 20, 21, 25]), Some(1));
        assert_eq!(step_of(&[0, 0, 41, 42, 83]), Some(41), "41.67 ns, rounded");
        assert_eq!(step_of(&[20, 20, 30, 31, 31, 40, 80, 81, 90, 91, 171, 3_485]), Some(10), "10.02 ns, rounded");
        assert_eq!(step_of(&[20, 30, 31, 40, 50, 70, 71]), Some(10));
        assert_eq!(step_of(&[20, 21, 21]), None, "the same, rounded");
        assert_eq!((step_of(&[7, 7]), step_of(&[])), (None, None));
        assert!(clock_step().is_none_or(|step| step > 0));
    }

    #[test]
    fn quantiles_are_those_of_the_times() {
        let mut times = Histogram::<u64>::new_with_max(1_000_000, 3).expect("bounds");
        (1..=1_000).for_each(|time| times.record(time).expect("within the bounds"));
        let quantiles = Quantiles::of(&times);
        let at = |wanted: f64| quantiles.at(Quantiles::place(wanted));
        assert_eq!((at(0.5), at(0.99), at(0.999), at(1.0)), (500, 990, 999, 1_000));
    }

    #[test]
    fn a_call_is_run_once_and_its_time_is_recorded() {
        let (mut times, mut calls) = (histogram(), 0);
        for _ in 0..3 {
            timed(&mut times, || calls += 1);
        }
        assert_eq!((calls, times.len()), (3, 3));
    }
}
