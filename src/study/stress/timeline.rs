//! The timeline: a thread samples the counters every millisecond, and the samples are cut into slices.

use crate::platform::system;
use crate::study::stress::Slice;
use crate::tracking::{PauseGuard, counting};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The interval between two readings of the counters.
const PERIOD: Duration = Duration::from_millis(1);
/// The interval between two reports of progress.
const TICK: Duration = Duration::from_millis(100);
/// The number of slices of a phase.
const SLICES: usize = 15;

/// A run's clock and its samples so far.
pub(super) struct Timeline {
    clock: Clock,
    samples: Arc<Mutex<Vec<Sample>>>,
    sampler: JoinHandle<()>,
    end: mpsc::Sender<()>,
}

/// The run's clock, which stops during heap snapshots.
#[derive(Clone)]
pub(super) struct Clock {
    start: Instant,
    looked: Arc<Mutex<Duration>>,
}

impl Clock {
    /// Returns the time since the run's start, without heap snapshots. It waits during a snapshot, whose own memory
    /// must not be sampled.
    pub(super) fn now(&self) -> Duration {
        let looked = locked(&self.looked);
        self.start.elapsed() - *looked
    }

    /// Stops the clock while `look` runs.
    pub(super) fn stopped<R>(&self, look: impl FnOnce() -> R) -> R {
        let mut looked = locked(&self.looked);
        let began = Instant::now();
        let result = look();
        *looked += began.elapsed();
        result
    }

    /// Returns the time for which the clock was stopped.
    pub(super) fn looked(&self) -> Duration {
        *locked(&self.looked)
    }
}

/// The counters and the resident memory at one time.
#[derive(Clone, Copy)]
struct Sample {
    at: Duration,
    counts: counting::Counts,
    resident: Option<u64>,
}

impl Sample {
    fn take(clock: &Clock) -> Self {
        Self { at: clock.now(), counts: counting::totals(), resident: system::resident_bytes() }
    }
}

impl Timeline {
    /// Starts the clock and the sampler.
    ///
    /// # Panics
    /// If the system refuses to start a thread.
    pub(super) fn start(tick: impl Fn(u64) + Send + 'static) -> Self {
        let clock = Clock { start: Instant::now(), looked: Arc::default() };
        let samples = Arc::new(Mutex::new(vec![Sample::take(&clock)]));
        let (end, ended) = mpsc::channel();
        let (ready, is_ready) = mpsc::channel();
        let sampler = std::thread::Builder::new()
            .name("sampler".to_owned())
            .spawn({
                let (clock, samples) = (clock.clone(), samples.clone());
                move || {
                    let _paused = PauseGuard::new();
                    ready.send(()).expect("the starter waits");
                    let mut next_tick = TICK;
                    while ended.recv_timeout(PERIOD) == Err(mpsc::RecvTimeoutError::Timeout) {
                        let sample = Sample::take(&clock);
                        locked(&samples).push(sample);
                        if sample.at >= next_tick {
                            tick(sample.counts.allocations);
                            next_tick = sample.at + TICK;
                        }
                    }
                }
            })
            .expect("a thread for the sampler");
        is_ready.recv().expect("the sampler says that it is ready");
        Self { clock, samples, sampler, end }
    }

    /// Returns the run's clock.
    pub(super) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// Takes a sample now, and returns its time and its counts. The calling thread must be [paused](PauseGuard).
    pub(super) fn mark(&self) -> (Duration, counting::Counts) {
        let mut samples = locked(&self.samples);
        let sample = Sample::take(&self.clock);
        samples.push(sample);
        (sample.at, sample.counts)
    }

    /// Returns the time between two marks in equal slices. The calling thread must be [paused](PauseGuard).
    ///
    /// The counts between two samples belong to the slice of the later one.
    pub(super) fn slices(&self, from: Duration, to: Duration) -> Vec<Slice> {
        let samples = locked(&self.samples);
        // The sampler may have taken its sample before a mark's and pushed it later.
        let mut within: Vec<&Sample> = samples.iter().filter(|sample| from <= sample.at && sample.at <= to).collect();
        within.sort_unstable_by_key(|sample| sample.at);
        let mut slices = vec![Slice::default(); SLICES];
        let length = (to - from).as_secs_f64() / SLICES as f64;
        for neighbours in within.windows(2) {
            let [before, after] = neighbours else { continue };
            let number = ((after.at - from).as_secs_f64() / length) as usize;
            let slice = &mut slices[number.min(SLICES - 1)];
            for (sum, (after, before)) in
                slice.by_class.iter_mut().zip(after.counts.by_class.into_iter().zip(before.counts.by_class))
            {
                *sum += after.saturating_sub(before);
            }
            slice.live_bytes = slice.live_bytes.max(after.counts.live_bytes());
            slice.live_allocations = slice.live_allocations.max(after.counts.live_allocations());
            slice.resident_bytes = slice.resident_bytes.max(after.resident);
        }
        slices
    }

    /// Ends the sampler, and returns the run's clock.
    pub(super) fn stop(self) -> Clock {
        drop(self.end);
        // The samples of a panicked sampler remain.
        let _ = self.sampler.join();
        self.clock
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
