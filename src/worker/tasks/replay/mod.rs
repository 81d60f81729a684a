//! A replay: the operations of a trace, on the same number of threads, under a level.
//!
//! The plan is read and its threads are started before the window opens. Within the window a thread reads its orders in
//! sequence. For the program's work between two calls, it optionally repeats a step of work for the same time.

mod blocks;

use crate::platform::system;
use crate::stats::median::median;
use crate::trace::plan::{Act, Plan};
use crate::tracking::references::Host;
use crate::tracking::{Level, Session, Timing, counting, step};
use crate::worker::probe::{self, Observation, check_level, check_switch, clocked, observation};
use crate::worker::task::TaskError;
use crate::worker::tasks::latency::{Observed, Times};
use crate::worker::tasks::quantiles::{clock_step, timed};
use crate::workloads::Digest;
use crate::workloads::pools::ThreadsError;
use blocks::{Blocks, Meter, Untimed};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::hint::black_box;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Mutex, OnceLock};
use std::{io, thread};

/// The work of one process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Level, and the number of threads.
    pub probe: probe::Request,
    /// Path of the plan.
    pub plan: String,
    /// Number of steps of work for each nanosecond between two operations of the program; `None` to leave out its work.
    pub pace: Option<f64>,
}

/// Returns the reason why a trace cannot be replayed under a level; `None` if it can.
pub(crate) fn obstacle(level: Level) -> Option<&'static str> {
    if level.host() != Host::Switch || level.timing() != Timing::Window {
        return Some("another program runs it");
    }
    let is_without_events = level.has_names() && !level.has_hook();
    is_without_events.then_some("it sees only named values, and a trace has none")
}

/// Returns the number of steps of work that this program makes in a nanosecond of CPU time.
pub fn pace() -> f64 {
    const BATCHES: usize = 15;
    const STEPS: u64 = 200_000;
    let batch = |_| {
        let began = system::cpu_time();
        black_box(work(STEPS));
        // Some systems' CPU clocks go back a little.
        STEPS as f64 / system::cpu_time().saturating_sub(began).as_nanos().max(1) as f64
    };
    median((0..BATCHES).map(batch)).unwrap_or(1.0)
}

/// Repeats a step of work.
#[inline(never)]
fn work(steps: u64) -> u64 {
    (0..steps).fold(0x9e37_79b9_7f4a_7c15, |state, _| step(state))
}

/// Replays a plan in this process. Call this once.
///
/// # Errors
/// If the level records no operations, the plan cannot be read, the program's global allocator is not
/// [`SwitchedAllocator`](crate::tracking::SwitchedAllocator), or the system does not start the threads.
pub fn run(request: &Request) -> Result<Observation, TaskError> {
    let probe = request.probe;
    let plan = readied(request)?;
    let session = Session::prepare(probe.level, probe.count);
    check_switch()?;
    warm_up();

    let replay = Replay::new(&plan, request.pace);
    let before = counting::totals();
    let untimed = |thread| replay.obey(thread, &mut Untimed);
    let seen = replay.on_threads(&untimed, |play| session.window(|| clocked(play)))?;
    // The tracker's record may take more memory than the tracker did.
    let peak_rss_bytes = system::peak_resident_bytes();
    let counted = probe.count || probe.level.mode().counts();
    let truth = counted.then(|| counting::totals().since(&before).into());
    let own = counted.then(counting::own);
    let seen = observation(probe, seen, session.recorded());
    // The memory of the orders and of the table of blocks is not the program's.
    let own_bytes = plan.bytes() + replay.blocks.bytes();
    let peak_rss_bytes = peak_rss_bytes.map(|peak| peak.saturating_sub(own_bytes));
    Ok(Observation { truth, own, peak_rss_bytes, ..seen })
}

/// Checks that a level can be replayed, and reads the plan.
fn readied(Request { probe, plan, .. }: &Request) -> Result<Plan, TaskError> {
    if let Some(why) = obstacle(probe.level) {
        return Err(TaskError::Refused(format!("a trace cannot be replayed under {}: {why}", probe.level)));
    }
    check_level(probe.level)?;
    let unreadable = |error: io::Error| TaskError::Refused(format!("{}: {error}", Path::new(plan).display()));
    File::open(plan).and_then(Plan::read).map_err(unreadable)
}

/// Replays a plan in this process with each operation timed separately. Call this once.
///
/// # Errors
/// As [`run`].
pub fn latencies(request: &Request) -> Result<Observed, TaskError> {
    let plan = readied(request)?;
    let session = Session::prepare(request.probe.level, false);
    check_switch()?;
    warm_up();

    let replay = Replay::new(&plan, request.pace);
    let step_ns = clock_step();
    let times: Vec<Mutex<Times>> = (0..plan.threads()).map(|_| Mutex::new(Times::new())).collect();
    let timed = |thread: usize| replay.obey(thread, &mut *times[thread].lock().expect("one thread"));
    replay.on_threads(&timed, |play| session.window(play))?;
    let mut all = Times::new();
    times.iter().for_each(|times| all.add(&times.lock().expect("all threads have ended")));
    Ok(all.observed(step_ns))
}

/// Warms up the code of the allocator, because a replay has no smaller run.
fn warm_up() {
    for size in (0..1_000).map(|number| 16 << (number % 9)) {
        let mut block: Vec<u8> = Vec::with_capacity(black_box(size));
        block.reserve_exact(2 * size);
        drop(black_box(block));
    }
}

/// Times each operation, and an empty call equally often.
impl Meter for Times {
    #[inline]
    fn allocating(&mut self, run: impl FnOnce()) {
        timed(&mut self.allocating, run);
        timed(&mut self.timing, || ());
    }

    #[inline]
    fn freeing(&mut self, run: impl FnOnce()) {
        timed(&mut self.freeing, run);
        timed(&mut self.timing, || ());
    }
}

/// A replay in this process.
struct Replay<'p> {
    plan: &'p Plan,
    pace: Option<f64>,
    blocks: Blocks,
    /// The number of running threads.
    standing: AtomicUsize,
    /// For each thread: true when it may begin, and false if not all threads were started.
    opened: Vec<OnceLock<bool>>,
    /// For each thread: set at its end.
    ended: Vec<OnceLock<()>>,
    /// Set when the window is closed, because frees at a thread's end are not the program's.
    closed: OnceLock<()>,
    checksum: AtomicU64,
}

impl<'p> Replay<'p> {
    fn new(plan: &'p Plan, pace: Option<f64>) -> Self {
        let threads = plan.threads();
        Self {
            plan,
            pace,
            blocks: Blocks::new(plan.places),
            standing: AtomicUsize::new(0),
            opened: (0..threads).map(|_| OnceLock::new()).collect(),
            ended: (0..threads).map(|_| OnceLock::new()).collect(),
            closed: OnceLock::new(),
            checksum: AtomicU64::new(0),
        }
    }

    /// Starts the threads, each of which runs its part, and runs the window around the replay.
    fn on_threads<R>(
        &self,
        play: &(impl Fn(usize) + Sync),
        window: impl FnOnce(&dyn Fn() -> Digest) -> R,
    ) -> Result<R, ThreadsError> {
        thread::scope(|scope| {
            let start = |thread: usize| {
                let run = move || {
                    self.standing.fetch_add(1, Release);
                    if *self.opened[thread].wait() {
                        play(thread);
                        let _ = self.ended[thread].set(());
                        self.closed.wait();
                    }
                };
                thread::Builder::new().spawn_scoped(scope, run)
            };
            let started: io::Result<Vec<_>> = (1..self.plan.threads()).map(start).collect();
            let started = started.map_err(|error| {
                self.opened.iter().for_each(|opened| _ = opened.set(false));
                ThreadsError { threads: self.plan.threads(), why: error.to_string() }
            })?;
            // Allocations for starting a thread are not the program's.
            while self.standing.load(Acquire) + 1 < self.plan.threads() {
                thread::yield_now();
            }
            let result = window(&|| {
                play(0);
                self.ended[1..].iter().for_each(|ended| _ = ended.wait());
                Digest { checksum: self.checksum.load(Relaxed), ..Digest::default() }
            });
            let _ = self.closed.set(());
            // A scope does not wait for the values of its threads, which a tracker may drop last.
            started.into_iter().for_each(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
            Ok(result)
        })
    }

    /// Runs the orders of a thread.
    fn obey(&self, thread: usize, meter: &mut impl Meter) {
        let mut checksum = 0_u64;
        for order in self.plan.orders(thread) {
            match order.act {
                Act::Work => self.work(order.size),
                Act::Open => _ = self.opened[order.place as usize].set(true),
                Act::Await => _ = self.ended[order.place as usize].wait(),
                Act::Turn => {
                    self.work(u64::from(order.work_ns));
                    self.blocks.wait(&order);
                }
                Act::Allocate | Act::Zeroed | Act::Reallocate | Act::Free => {
                    self.work(u64::from(order.work_ns));
                    self.blocks.obey(&order, meter);
                    checksum = checksum.wrapping_add(order.size.wrapping_mul(2 * order.act as u64 + 1) + 1);
                }
            }
        }
        self.checksum.fetch_add(checksum, Relaxed);
    }

    #[inline]
    fn work(&self, ns: u64) {
        if let Some(pace) = self.pace.filter(|_| ns > 0) {
            black_box(work((ns as f64 * pace + 0.5) as u64));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_sees_no_operations_is_refused() {
        for level in
            [Level::Untracked, Level::Counting, Level::Allocator, Level::Full, Level::Synthetic(3), Level::LockFree]
        {
            assert_eq!(obstacle(level), None, "{level}");
        }
        for level in [Level::Variables, Level::OwnTracker, Level::TaskScope, Level::Sampled10] {
            assert!(obstacle(level).is_some_and(|why| why.contains("named values")), "{level}");
        }
        for level in [Level::Jemalloc, Level::Heaptrack, Level::QuickStart, Level::WholeProcess, Level::Linked] {
            assert!(obstacle(level).is_some_and(|why| why.contains("another program runs it")), "{level}");
        }
    }

    #[test]
    fn more_steps_are_more_work() {
        assert_ne!(work(3), work(4));
        assert!(pace() > 0.0);
    }
}
