//! Latencies: threads that allocate and free, with each call timed separately.
//!
//! Each thread keeps as many blocks as a medium-sized program, and repeatedly replaces a random one. All powers of two
//! are equally likely as sizes. Each thread also times an empty call equally often, and reports that cost separately.

use crate::tracking::{Level, Session};
use crate::worker::probe::{check_level, check_switch};
use crate::worker::task::TaskError;
use crate::worker::tasks::quantiles::{Quantiles, clock_step, histogram, timed};
use crate::workloads::pools::ThreadsError;
use hdrhistogram::Histogram;
use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use std::sync::{Barrier, OnceLock};
use std::thread;

/// The number of blocks that each thread keeps.
pub const HELD: usize = 10_000;

/// Sizes of blocks, as powers of two: from 16 B up to 4 KiB.
const SIZES: std::ops::RangeInclusive<u32> = 4..=11;

/// The work of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern {
    /// Level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// Threads that allocate at once.
    pub threads: usize,
    /// The number of timed allocations of each thread, and of timed frees.
    pub operations: u32,
    /// Seed of sizes and places.
    pub seed: u64,
}

/// Latencies of one process, over all of its threads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// Times of an allocation.
    pub allocating: Quantiles,
    /// Times of a free.
    pub freeing: Quantiles,
    /// Times of an empty call: the cost of timing.
    pub timing: Quantiles,
    /// Means of the same times. `None` in earlier files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub means: Option<Means>,
    /// The step of the clock, which is the precision of all times, in nanoseconds. `None` in earlier files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_ns: Option<u64>,
}

/// Means of the times of one process, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Means {
    /// The mean of an allocation.
    pub allocating: f64,
    /// The mean of a free.
    pub freeing: f64,
    /// The mean of an empty call.
    pub timing: f64,
}

/// Times of one thread.
pub(super) struct Times {
    pub allocating: Histogram<u64>,
    pub freeing: Histogram<u64>,
    pub timing: Histogram<u64>,
}

impl Times {
    pub(super) fn new() -> Self {
        Self { allocating: histogram(), freeing: histogram(), timing: histogram() }
    }

    pub(super) fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.allocating, &other.allocating),
            (&mut self.freeing, &other.freeing),
            (&mut self.timing, &other.timing),
        ];
        for (mine, others) in pairs {
            mine.add(others).expect("histograms of the same bounds");
        }
    }

    /// Returns the quantiles and means.
    pub(super) fn observed(&self, step_ns: Option<u64>) -> Observed {
        let Self { allocating, freeing, timing } = self;
        let means = Means { allocating: allocating.mean(), freeing: freeing.mean(), timing: timing.mean() };
        let [allocating, freeing, timing] = [allocating, freeing, timing].map(Quantiles::of);
        Observed { allocating, freeing, timing, means: Some(means), step_ns }
    }
}

/// Runs the pattern in this process. Call this once.
///
/// # Errors
/// If the program's global allocator is not [`SwitchedAllocator`](crate::tracking::SwitchedAllocator), or the system
/// does not start the threads.
pub fn run(pattern: Pattern) -> Result<Observed, TaskError> {
    check_level(pattern.level)?;
    let session = Session::prepare(pattern.level, false);
    check_switch()?;
    let step_ns = clock_step();
    // Threads start and end outside of the window, because their own allocations are not the program's.
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
    Ok(all.observed(step_ns))
}

/// Runs one thread: it warms up, waits for the window, fills its places, and times replacements.
fn work(pattern: Pattern, number: u64, opens: &Barrier, closes: &Barrier) -> Times {
    let mut rng = Pcg64Mcg::seed_from_u64(pattern.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut times = Times::new();
    let mut places: Vec<Vec<u8>> = (0..HELD).map(|_| Vec::new()).collect();
    // Cold code and cold pages of the histograms must not be attributed to a tracker.
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
