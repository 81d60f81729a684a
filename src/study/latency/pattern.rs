//! One process's part: threads that allocate and free, each call timed by itself.
//!
//! Each thread holds as many blocks as a program of some size does, and again and again puts a new one in the place
//! of one drawn at random: sizes are as often of one power of two as of another. The clock is read right before and
//! right after a call and nowhere else. What that itself takes is in every figure; so each thread also times nothing,
//! as often, and that is told beside them.

use crate::study::latency::Quantiles;
use crate::tracking::{Level, Session};
use crate::worker::probe::{NotSwitched, check_switch};
use crate::workloads::pools::ThreadsError;
use hdrhistogram::Histogram;
use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::sync::{Barrier, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// The blocks that each thread holds.
pub const HELD: usize = 10_000;

/// The sizes of blocks, as powers of two: from 16 B up to 4 KiB.
const SIZES: std::ops::RangeInclusive<u32> = 4..=11;

/// The longest time that is told apart from longer ones, in nanoseconds: a minute.
const LONGEST: u64 = 60_000_000_000;

/// To how many digits a time is kept.
const DIGITS: u8 = 3;

/// What is asked of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// What it runs under.
    pub level: Level,
    /// The threads that allocate at once.
    pub threads: usize,
    /// The allocations of each thread that are timed, and as many frees.
    pub operations: u32,
    /// The seed of sizes and places.
    pub seed: u64,
}

/// The latencies that one process saw, over all of its threads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// Of an allocation.
    pub allocating: Quantiles,
    /// Of a free.
    pub freeing: Quantiles,
    /// Of nothing: what timing takes.
    pub timing: Quantiles,
}

/// The times of one thread.
struct Times {
    allocating: Histogram<u64>,
    freeing: Histogram<u64>,
    timing: Histogram<u64>,
}

impl Times {
    fn new() -> Self {
        let none = || Histogram::new_with_max(LONGEST, DIGITS).expect("bounds that a histogram can have");
        Self { allocating: none(), freeing: none(), timing: none() }
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

/// Notes a time. A histogram of fixed bounds does not allocate here.
#[inline]
fn note(times: &mut Histogram<u64>, time: Duration) {
    times.saturating_record(time.as_nanos() as u64);
}

/// Times something.
#[inline(always)]
fn timed<R>(times: &mut Histogram<u64>, run: impl FnOnce() -> R) -> R {
    let began = Instant::now();
    let result = black_box(run());
    note(times, began.elapsed());
    result
}

/// Why a pattern cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotTime {
    /// The program's global allocator is not [`SwitchedAllocator`](crate::tracking::SwitchedAllocator).
    #[error(transparent)]
    NotSwitched(#[from] NotSwitched),
    /// The system does not start its threads.
    #[error(transparent)]
    ThreadsError(#[from] ThreadsError),
}

/// Runs the pattern in this process, which can run one.
///
/// # Errors
/// If the program or the system cannot.
pub fn run(pattern: Pattern) -> Result<Observed, CannotTime> {
    let session = Session::prepare(pattern.level, false);
    check_switch()?;
    // Threads start and end outside of the window: what they need for it is not the program's.
    let (opens, closes) = (Barrier::new(pattern.threads + 1), Barrier::new(pattern.threads + 1));
    // Those that stand go home where not all do.
    let all_stand: OnceLock<bool> = OnceLock::new();
    let all = thread::scope(|scope| {
        let workers: Result<Vec<_>, std::io::Error> = (0..pattern.threads as u64)
            .map(|number| {
                let (opens, closes, all_stand) = (&opens, &closes, &all_stand);
                let work = move || all_stand.wait().then(|| work(pattern, number, opens, closes));
                thread::Builder::new().spawn_scoped(scope, work)
            })
            .collect();
        let _ = all_stand.set(workers.is_ok());
        let workers = workers.map_err(|error| ThreadsError { threads: pattern.threads, why: error.to_string() })?;
        session.window(|| {
            opens.wait();
            closes.wait();
        });
        let mut all = Times::new();
        for worker in workers {
            all.add(&worker.join().expect("a worker does not panic").expect("all stand"));
        }
        Ok::<_, ThreadsError>(all)
    })?;
    let Times { allocating, freeing, timing } = all;
    let [allocating, freeing, timing] = [allocating, freeing, timing].map(|times| Quantiles::of(&times));
    Ok(Observed { allocating, freeing, timing })
}

/// One thread's part: it makes itself ready, waits for the window, fills its places, and times.
fn work(pattern: Pattern, number: u64, opens: &Barrier, closes: &Barrier) -> Times {
    let mut rng = Pcg64Mcg::seed_from_u64(pattern.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut times = Times::new();
    let mut places: Vec<Vec<u8>> = (0..HELD).map(|_| Vec::new()).collect();
    // Cold code and cold pages of the histograms are not a tracker's.
    replace(pattern.operations / 10, &mut places, &mut rng, &mut Times::new());
    places.iter_mut().for_each(|place| *place = Vec::new());

    opens.wait();
    places.iter_mut().for_each(|place| *place = block(&mut rng));
    replace(pattern.operations, &mut places, &mut rng, &mut times);
    places.iter_mut().for_each(|place| *place = Vec::new());
    closes.wait();
    times
}

/// Puts new blocks in the places of old ones.
fn replace(operations: u32, places: &mut [Vec<u8>], rng: &mut impl Rng, times: &mut Times) {
    for _ in 0..operations {
        let place = rng.random_range(0..places.len());
        let size = size(rng);
        let old = std::mem::take(&mut places[place]);
        timed(&mut times.freeing, || drop(old));
        places[place] = timed(&mut times.allocating, || Vec::with_capacity(size));
        // A block that no one writes to is not there for the system.
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
