//! Latencies: threads that allocate and free, with each call timed separately.
//!
//! Each thread holds as many blocks as a medium-sized program, and repeatedly replaces a random one. All powers of
//! two are equally likely as sizes. The clock is read right before and right after a call and nowhere else. Every
//! time includes the cost of reading the clock. So each thread also times nothing, equally often, and reports that
//! cost separately.

use crate::tracking::{Level, Session};
use crate::worker::probe::check_switch;
use crate::worker::task::TaskError;
use crate::workloads::pools::ThreadsError;
use hdrhistogram::Histogram;
use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::sync::{Barrier, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// Blocks that each thread holds.
pub const HELD: usize = 10_000;

/// Sizes of blocks, as powers of two: from 16 B up to 4 KiB.
const SIZES: std::ops::RangeInclusive<u32> = 4..=11;

/// Longest recorded time, in nanoseconds: a minute. A longer one counts as this.
const LONGEST: u64 = 60_000_000_000;

/// Significant digits of a recorded time.
const DIGITS: u8 = 3;

/// Recorded quantiles, from the median up to the maximum.
pub const QUANTILES: [f64; 11] = [0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99999, 1.0];

/// Quantiles of the times of all calls, in nanoseconds, in the order of [`QUANTILES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantiles(pub(crate) [u64; QUANTILES.len()]);

impl Quantiles {
    fn of(times: &Histogram<u64>) -> Self {
        Self(QUANTILES.map(|quantile| times.value_at_quantile(quantile)))
    }

    /// Returns the time at one of [`QUANTILES`], by its index there, in nanoseconds.
    pub fn at(&self, place: usize) -> u64 {
        self.0[place]
    }
}

/// The work of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern {
    /// Level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// Threads that allocate at once.
    pub threads: usize,
    /// Timed allocations of each thread, and the number of frees.
    pub operations: u32,
    /// Seed of sizes and places.
    pub seed: u64,
}

/// Latencies of one process, over all of its threads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// Times of an allocation.
    pub allocating: Quantiles,
    /// Times of a free.
    pub freeing: Quantiles,
    /// Times of nothing: the cost of timing.
    pub timing: Quantiles,
    /// The step of the clock, in nanoseconds: no time is known more exactly. `None` in earlier files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_ns: Option<u64>,
}

/// Returns the step of the clock, in nanoseconds: the least by which two times that it shows differ.
fn clock_step() -> Option<u64> {
    /// Enough for every remainder to turn up.
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

/// Returns the least difference between sorted times of nothing; `None` if they are all the same. If some are zero, a
/// reading takes less than a step, and the least other time is one: a step that is no whole number of nanoseconds would
/// be rounded both ways, and differ from itself by one.
fn step_of(sorted: &[u64]) -> Option<u64> {
    let mut different = sorted.to_vec();
    different.dedup();
    match different.as_slice() {
        [0, step, ..] => Some(*step),
        different => different.windows(2).map(|two| two[1] - two[0]).min(),
    }
}

/// Returns an empty histogram of times. It does not allocate later.
pub(super) fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(LONGEST, DIGITS).expect("bounds that a histogram can have")
}

/// Times of one thread.
struct Times {
    allocating: Histogram<u64>,
    freeing: Histogram<u64>,
    timing: Histogram<u64>,
}

impl Times {
    fn new() -> Self {
        Self { allocating: histogram(), freeing: histogram(), timing: histogram() }
    }

    fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.allocating, &other.allocating),
            (&mut self.freeing, &other.freeing),
            (&mut self.timing, &other.timing),
        ];
        for (mine, others) in pairs {
            mine.add(others).expect("histograms of the same bounds");
        }
    }
}

/// Records a time. A histogram of fixed bounds does not allocate here.
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

/// Runs the pattern in this process. Call it once.
///
/// # Errors
/// If the program's global allocator is not [`SwitchedAllocator`](crate::tracking::SwitchedAllocator), or the system
/// does not start the threads.
pub fn run(pattern: Pattern) -> Result<Observed, TaskError> {
    if let Some(why) = pattern.level.unsupported_reason() {
        return Err(TaskError::Unsupported(why));
    }
    pattern.level.check_program()?;
    let session = Session::prepare(pattern.level, false);
    check_switch()?;
    let step_ns = clock_step();
    // Threads start and end outside of the window: their own allocations are not the program's.
    let (opens, closes) = (Barrier::new(pattern.threads + 1), Barrier::new(pattern.threads + 1));
    // If one thread does not start, the others return at once.
    let all_started: OnceLock<bool> = OnceLock::new();
    let all = thread::scope(|scope| {
        let workers: Result<Vec<_>, std::io::Error> = (0..pattern.threads as u64)
            .map(|number| {
                let (opens, closes, all_started) = (&opens, &closes, &all_started);
                let work = move || all_started.wait().then(|| work(pattern, number, opens, closes));
                thread::Builder::new().spawn_scoped(scope, work)
            })
            .collect();
        let _ = all_started.set(workers.is_ok());
        let workers = workers.map_err(|error| ThreadsError { threads: pattern.threads, why: error.to_string() })?;
        session.window(|| {
            opens.wait();
            closes.wait();
        });
        let mut all = Times::new();
        for worker in workers {
            all.add(&worker.join().expect("a worker does not panic").expect("all started"));
        }
        Ok::<_, ThreadsError>(all)
    })?;
    let Times { allocating, freeing, timing } = all;
    let [allocating, freeing, timing] = [allocating, freeing, timing].map(|times| Quantiles::of(&times));
    Ok(Observed { allocating, freeing, timing, step_ns })
}

/// Runs one thread: it warms up, waits for the window, fills its places, and times replacements.
fn work(pattern: Pattern, number: u64, opens: &Barrier, closes: &Barrier) -> Times {
    let mut rng = Pcg64Mcg::seed_from_u64(pattern.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut times = Times::new();
    let mut places: Vec<Vec<u8>> = (0..HELD).map(|_| Vec::new()).collect();
    // Cold code and cold pages of the histograms must not be charged to a tracker.
    replace(pattern.operations / 10, &mut places, &mut rng, &mut Times::new());
    places.iter_mut().for_each(|place| *place = Vec::new());

    opens.wait();
    places.iter_mut().for_each(|place| *place = block(&mut rng));
    replace(pattern.operations, &mut places, &mut rng, &mut times);
    places.iter_mut().for_each(|place| *place = Vec::new());
    closes.wait();
    times
}

/// Replaces random blocks.
fn replace(operations: u32, places: &mut [Vec<u8>], rng: &mut impl Rng, times: &mut Times) {
    for _ in 0..operations {
        let place = rng.random_range(0..places.len());
        let size = size(rng);
        let old = std::mem::take(&mut places[place]);
        timed(&mut times.freeing, || drop(old));
        places[place] = timed(&mut times.allocating, || Vec::with_capacity(size));
        // The system maps a page at the first write to it.
        places[place].push(1);
        timed(&mut times.timing, || ());
    }
}

fn block(rng: &mut impl Rng) -> Vec<u8> {
    let mut block = Vec::with_capacity(size(rng));
    block.push(1);
    block
}

fn size(rng: &mut impl Rng) -> usize {
    let power = rng.random_range(SIZES);
    rng.random_range(1_usize << power..=2 << power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_is_the_least_difference_between_times() {
        assert_eq!(step_of(&[20, 20, 30, 30, 50, 7_040]), Some(10));
        assert_eq!(step_of(&[19, 20, 20, 21, 25]), Some(1));
        assert_eq!(step_of(&[0, 0, 41, 42, 83]), Some(41), "41.67 ns, rounded");
        assert_eq!((step_of(&[7, 7]), step_of(&[])), (None, None));
        assert!(clock_step().is_none_or(|step| step > 0));
    }

    #[test]
    fn quantiles_are_those_of_the_times() {
        let mut times = Histogram::<u64>::new_with_max(1_000_000, 3).expect("bounds");
        (1..=1_000).for_each(|time| times.record(time).expect("within the bounds"));
        let quantiles = Quantiles::of(&times);
        let at = |wanted: f64| quantiles.at(QUANTILES.iter().position(|&one| one == wanted).expect("is kept"));
        assert_eq!((at(0.5), at(0.99), at(0.999), at(1.0)), (500, 990, 999, 1_000));
    }
}
