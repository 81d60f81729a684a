//! The probe: one workload, once, under one level of tracking, in this process.
//!
//! A process is the replicate of every measurement here: memscope keeps state that no call empties, a tracker that
//! hangs must cost no more than its own cell, and peak memory is a mark of a process. So a probe runs one window and
//! prints what it saw, the [`Observation`], as one line of JSON.
//!
//! Before the window opens, the pools' threads are started, the workload runs once untracked at a tenth of its size,
//! and the tracker makes its singletons: neither cold code nor lazy initialisation is charged to tracking.

use crate::platform::system;
use crate::tracking::counting;
use crate::tracking::counting::TrackerAllocations;
use crate::tracking::memscope::Subject;
use crate::tracking::references::WrongProgramError;
use crate::tracking::{Level, Mode, Recorded, RecordingKind, Session, VariableTracker};
use crate::workloads::pools;
use crate::workloads::pools::ThreadsError;
use crate::workloads::{Digest, Scale, Workload};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// The version of the observation's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// The part of a probe's size that its warm-up has, and never more than this part of the workload's short scale.
const WARM_UP: f64 = 0.1;

/// What a probe is asked to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// What to run.
    pub workload: Workload,
    /// What to run it under.
    pub level: Level,
    /// How large, and with which data.
    pub scale: Scale,
    /// The threads of each pool of a parallel workload.
    pub threads: usize,
    /// Whether the harness's counters run beside the tracker, for fidelity. The time of such a probe means nothing.
    pub count: bool,
}

/// What a probe saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// What was run.
    pub workload: Workload,
    /// What it was run under.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The factor of its scale.
    pub scale: f64,
    /// The seed of its data.
    pub seed: u64,
    /// The threads of each pool.
    pub threads: usize,
    /// The memscope build.
    pub subject: Subject,
    /// What the program was built for, where it was built to be compared: `0.2.4`, `commit-15b78b0…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// The window's time on the clock, in nanoseconds.
    pub wall_ns: u64,
    /// The window's processor time over all threads, in nanoseconds.
    pub cpu_ns: u64,
    /// The most memory that the process had resident up to the window's end, in bytes; `None` where the system does not
    /// say.
    pub peak_rss_bytes: Option<u64>,
    /// The proof of the work done.
    pub digest: Digest,
    /// How many values the workload named to the tracker, whether or not the level listens.
    pub variables: u64,
    /// What really happened, where the counters ran.
    pub truth: Option<Truth>,
    /// What the tracker allocated for itself while its hook was called, where the counters ran.
    #[serde(default)]
    pub own: Option<TrackerAllocations>,
    /// What the tracker recorded.
    pub recorded: Recorded,
}

/// What the harness's counters saw in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Allocations made; a reallocation counts as one.
    pub allocations: u64,
    /// Deallocations made; a reallocation counts as one.
    pub deallocations: u64,
    /// The bytes of all allocations.
    pub allocated_bytes: u64,
    /// Bytes still alive at the end.
    pub live_bytes: u64,
    /// The most bytes that were alive at once.
    pub peak_live_bytes: u64,
    /// The most allocations that were alive at once, to within those of 4 KiB for each thread.
    #[serde(default)]
    pub peak_live_allocations: u64,
}

impl From<counting::Counts> for Truth {
    fn from(counts: counting::Counts) -> Self {
        Self {
            allocations: counts.allocations,
            deallocations: counts.deallocations,
            allocated_bytes: counts.allocated_bytes,
            live_bytes: counts.live_bytes(),
            peak_live_bytes: counts.peak_live_bytes,
            peak_live_allocations: counts.peak_live_allocations,
        }
    }
}

impl Observation {
    /// The fidelity of the level: events recorded ÷ events that happened. These are allocations and, where the
    /// tracker counts them, deallocations; with variable tracking alone, named values. `None` where nothing is
    /// tracked, or one of the two is not known.
    pub fn fidelity(&self) -> Option<f64> {
        let ratio = |recorded: u64, happened: u64| (happened > 0).then(|| recorded as f64 / happened as f64);
        match self.level.records() {
            RecordingKind::Nothing => None,
            RecordingKind::NamedValues => ratio(self.recorded.variables?, self.variables),
            RecordingKind::Counts | RecordingKind::Events | RecordingKind::Samples => {
                let truth = self.truth?;
                let allocations = self.recorded.allocations?;
                match self.recorded.deallocations {
                    // What a tracker says of itself may be any number.
                    Some(deallocations) => ratio(
                        allocations.saturating_add(deallocations),
                        truth.allocations.saturating_add(truth.deallocations),
                    ),
                    None => ratio(allocations, truth.allocations),
                }
            }
        }
    }
}

/// The program's global allocator is not the switched one, so that nothing can be tracked in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this program's global allocator is not memscope-bench's: run the memscope-bench binary")]
pub struct NotSwitched;

/// What a program exits with if the linked version of memscope cannot do what a probe is asked for: `EX_UNAVAILABLE`.
pub const UNSUPPORTED: u8 = 69;

/// What a program exits with if the system keeps it from running what it is asked for: `EX_OSERR`.
pub const PREVENTED: u8 = 71;

/// Why a probe cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotRun {
    /// The program's global allocator is not [`SwitchedAllocator`](crate::tracking::SwitchedAllocator).
    #[error(transparent)]
    NotSwitched(#[from] NotSwitched),
    /// The linked version of memscope lacks what the level needs.
    #[error("{0}")]
    Unsupported(&'static str),
    /// The level is a reference that this program does not have.
    #[error(transparent)]
    WrongProgramError(#[from] WrongProgramError),
    /// The system does not start its threads.
    #[error(transparent)]
    ThreadsError(#[from] ThreadsError),
}

/// The seeds of hash maps are another one in each process, although they are to be fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the library that fixes the seeds of hash maps is not loaded into this program")]
pub struct NotFixed;

/// Sees that the library of `fixed_seed.c` is loaded into this process: the system's randomness is then what the
/// library says.
///
/// # Errors
/// If it is not.
pub fn check_fixed_seed() -> Result<(), NotFixed> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| NotFixed)?;
    let is_fixed = bytes.iter().enumerate().all(|(n, &byte)| byte == (n * 37 + 11) as u8);
    if is_fixed { Ok(()) } else { Err(NotFixed) }
}

/// Runs one window in this process, which can have only one: call it once.
///
/// # Errors
/// If the program or the linked version of memscope cannot.
pub fn run(request: Request) -> Result<Observation, CannotRun> {
    if let Some(why) = request.level.unsupported_reason() {
        return Err(CannotRun::Unsupported(why));
    }
    request.level.check_program()?;
    let session = Session::prepare(request.level, request.count);
    check_switch()?;
    warm_up(request)?;

    let before = counting::totals();
    let seen = session.window(|| timed(request, session.tracker()));
    let counted = request.count || request.level.mode().counts();
    let truth = counted.then(|| counting::totals().since(&before).into());
    let own = counted.then(counting::own);
    Ok(Observation { truth, own, ..observation(request, seen, session.recorded()) })
}

/// Runs one untracked window in a process whose global allocator is the system's, for the control program. Level and
/// counters of the request are not heeded.
///
/// # Errors
/// If the system does not start its threads.
pub fn run_control(request: Request) -> Result<Observation, CannotRun> {
    let request = Request { level: Level::Untracked, count: false, ..request };
    warm_up(request)?;
    Ok(observation(request, timed(request, &VariableTracker::NOOP), Recorded::default()))
}

/// A tracker that is a program's allocator from start to end.
#[derive(Clone, Copy, Debug)]
pub struct Resident {
    /// Whether the program is fit for a reference.
    pub check: fn(Level) -> Result<(), WrongProgramError>,
    /// Lets the tracker take note of what happens, or no more.
    pub switch: fn(bool),
    /// What it recorded so far.
    pub recorded: fn() -> Recorded,
}

/// Runs one window in a process whose global allocator is a reference. What really happened is told where the reference
/// takes its blocks from the switched allocator, which can count them.
///
/// # Errors
/// If the level is not this program's.
pub fn run_resident(request: Request, resident: &Resident) -> Result<Observation, CannotRun> {
    let level = request.level;
    (resident.check)(level)?;
    let session = Session::prepare(Level::Untracked, request.count);
    let counts = request.count && check_switch().is_ok();
    warm_up(request)?;

    let before = counting::totals();
    (resident.switch)(true);
    let seen = session.window(|| timed(request, session.tracker()));
    (resident.switch)(false);
    let truth = counts.then(|| counting::totals().since(&before).into());
    Ok(Observation { truth, ..observation(request, seen, (resident.recorded)()) })
}

/// What must be done once and is not to be timed: threads are started, and code and heap are warmed by a small run.
///
/// # Errors
/// If the system does not start the threads.
pub(crate) fn warm_up(Request { workload, scale, threads, .. }: Request) -> Result<(), ThreadsError> {
    if workload.is_parallel() {
        pools::start(threads)?;
    }
    let largest = workload.short_scale().min(scale.factor());
    if let Ok(warm_up) = scale.part(WARM_UP * largest / scale.factor()) {
        workload.run(&VariableTracker::NOOP, warm_up);
    }
    Ok(())
}

/// A workload's run with its times on the clock and of the processor.
pub(crate) type Timed = (Digest, Duration, Duration);

/// The function that times the window, as it is named in backtraces. The window's own function is not in them: it jumps
/// to the workload as its last deed, and leaves no frame.
pub const TIMED: &str = "memscope_bench::probe::timed";

/// Runs the window. Never inlined, so that a backtrace from within the window has it: its name is [`TIMED`].
#[inline(never)]
pub(crate) fn timed(Request { workload, scale, .. }: Request, names: &VariableTracker) -> Timed {
    let (cpu, wall) = (system::cpu_time(), Instant::now());
    let digest = memscope_bench_window(workload, names, scale);
    // Some systems' processor clocks go back a little.
    (digest, wall.elapsed(), system::cpu_time().saturating_sub(cpu))
}

fn observation(request: Request, seen: Timed, recorded: Recorded) -> Observation {
    let Request { workload, level, scale, threads, .. } = request;
    let (digest, wall, cpu) = seen;
    Observation {
        schema: SCHEMA,
        workload,
        level,
        scale: scale.factor(),
        seed: scale.seed(),
        threads,
        subject: Subject::of_this_build(),
        build: env!("CARGO_PKG_VERSION").split_once('+').map(|(_, build)| build.to_owned()),
        wall_ns: wall.as_nanos() as u64,
        cpu_ns: cpu.as_nanos() as u64,
        peak_rss_bytes: system::peak_resident_bytes(),
        digest,
        variables: digest.variables,
        truth: None,
        own: None,
        recorded,
    }
}

/// The name of the function that is the window, as a debugger or a profiler finds it in the program.
pub const WINDOW: &str = "memscope_bench_window";

/// The window: what the clock sees of a probe and nothing else. It is a function of its own, never inlined, so that a
/// tool that watches the program from outside finds its beginning and its end; its name is [`WINDOW`].
#[inline(never)]
fn memscope_bench_window(workload: Workload, names: &VariableTracker, scale: Scale) -> Digest {
    workload.run(names, scale)
}

/// Sees to it that the switched allocator is the program's: with the counters on, an allocation must be counted.
///
/// # Errors
/// If it is not.
pub fn check_switch() -> Result<(), NotSwitched> {
    let before = counting::totals().allocations;
    Mode::COUNT.window(|| drop(std::hint::black_box(Box::new(0_u64))));
    if counting::totals().allocations > before { Ok(()) } else { Err(NotSwitched) }
}
