//! The probe: runs one workload once, under one level, in this process.
//!
//! A process is the replicate of every measurement, for three reasons. memscope keeps state that no call clears. A
//! tracker that hangs must only lose its own measurement. Peak memory is a property of a process. A probe runs one
//! window and prints an [`Observation`] as one line of JSON.
//!
//! Before the window opens, the pools' threads start, the workload runs once untracked at a tenth of its size, and the
//! tracker creates its singletons. So neither cold code nor lazy initialisation is attributed to tracking.

use crate::platform::itself;
use crate::platform::system;
use crate::platform::system::KernelWork;
use crate::tracking::counting;
use crate::tracking::counting::TrackerAllocations;
use crate::tracking::memscope::MemscopeBuild;
use crate::tracking::references::{Host, JEMALLOC_OPTIONS};
use crate::tracking::{AllocationTracker, Level, Mode, Recorded, RecordingKind, Session, Timing, VariableTracker};
use crate::worker::installed::Installed;
use crate::worker::task::TaskError;
use crate::worker::whole;
use crate::workloads::pools;
use crate::workloads::pools::ThreadsError;
use crate::workloads::{Digest, Scale, Workload};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::{Duration, Instant};

pub use crate::worker::whole::run_linked;

/// Version of the observation's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// The warm-up's part of a probe's size, and its maximum part of the workload's short scale.
const WARM_UP: f64 = 0.1;

/// The work of one probe.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Workload.
    pub workload: Workload,
    /// Level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// Size, seed and waits.
    pub scale: Scale,
    /// Threads of each pool of a parallel workload.
    pub threads: usize,
    /// True to run the harness's counters with the tracker, for fidelity. The time of this probe is invalid.
    pub count: bool,
}

impl Request {
    /// Returns the work of a timed probe at this factor of the scale, or at the workload's short scale.
    pub(crate) fn at(factor: Option<f64>, workload: Workload, level: Level, threads: usize) -> Self {
        let scale = factor.and_then(|factor| Scale::new(factor).ok()).unwrap_or(workload.short());
        Self { workload, level, scale, threads, count: false }
    }

    /// Returns the work of a timed replay of a trace with this number of threads.
    pub(crate) fn of_trace(threads: usize, level: Level) -> Self {
        Self { workload: Workload::trace(threads > 1), level, scale: Scale::FULL, threads, count: false }
    }
}

/// Writes the arguments with which a user runs the same probe.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workload, level, scale, threads, count } = self;
        write!(f, "probe --workload={workload} --tracking={level} --scale={}", scale.factor())?;
        write!(f, " --seed={} --threads={threads}", scale.seed())?;
        if scale.wait_us() > 0 {
            write!(f, " --wait-us={}", scale.wait_us())?;
        }
        if *count { f.write_str(" --count") } else { Ok(()) }
    }
}

impl Request {
    /// Returns the command with which a user runs this probe alone, in the program of its level. The command for a
    /// tracker of another crate is run in the folder of the crate.
    pub fn command_line(&self) -> String {
        if let Some(command) = itself::another_command() {
            return format!("{command} {self}");
        }
        if matches!(self.level, Level::Own(_)) {
            return format!("cargo run --release --example tracker -- {self}");
        }
        let is_program = self.workload.is_program();
        if !self.level.is_reference() {
            let program = match self.level.host() {
                Host::Program(name) => format!("--bin {name} "),
                Host::Switch | Host::Heaptrack => String::new(),
            };
            let features = if is_program { "--features programs " } else { "" };
            return format!("cargo run --release {features}{program}-- {self}");
        }
        let options = self.level.jemalloc_options().map(|options| format!("{JEMALLOC_OPTIONS}={options} "));
        let program = match self.level.host() {
            Host::Heaptrack => return format!("heaptrack target/release/memscope-bench {self}"),
            Host::Switch => String::new(),
            Host::Program(name) => format!("--bin {name} "),
        };
        let features = if is_program { "references,programs" } else { "references" };
        format!("{}cargo run --release --features {features} {program}-- {self}", options.unwrap_or_default())
    }
}

/// The result of one probe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Version of this format: [`SCHEMA`].
    pub schema: u32,
    /// Workload.
    pub workload: Workload,
    /// Level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// Factor of the scale.
    pub scale: f64,
    /// Seed of the data.
    pub seed: u64,
    /// The time in microseconds of each sleep that replaces a real wait.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub wait_us: u64,
    /// Threads of each pool.
    pub threads: usize,
    /// The memscope build.
    #[serde(rename = "subject")]
    pub memscope: MemscopeBuild,
    /// The build that the program was made for in a comparison, if any: `0.2.4`, `commit-15b78b0…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// Wall time of the window, in nanoseconds.
    pub wall_ns: u64,
    /// CPU time of the window over all threads, in nanoseconds.
    pub cpu_ns: u64,
    /// CPU time of the window within the kernel, over all threads, in nanoseconds; `None` if unknown.
    #[serde(default)]
    pub kernel_ns: Option<u64>,
    /// Page faults of the window, minor and major; `None` if unknown.
    #[serde(default)]
    pub page_faults: Option<u64>,
    /// Peak resident memory of the process up to the window's end, in bytes; `None` if the system does not report it.
    pub peak_rss_bytes: Option<u64>,
    /// The digest of the work.
    pub digest: Digest,
    /// Values that the workload named to the tracker, even if the level ignores them.
    pub variables: u64,
    /// Events that happened, if the counters ran.
    pub truth: Option<Truth>,
    /// The tracker's own allocations, if the counters ran.
    #[serde(default)]
    pub own: Option<TrackerAllocations>,
    /// Events that the tracker recorded.
    pub recorded: Recorded,
}

/// Returns whether a field that older files lack has its default value.
pub(crate) fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Events of a window, by the harness's counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Allocations; a reallocation counts as one.
    pub allocations: u64,
    /// Deallocations; a reallocation counts as one.
    pub deallocations: u64,
    /// Bytes of all allocations.
    pub allocated_bytes: u64,
    /// Bytes live at the end.
    pub live_bytes: u64,
    /// Peak of live bytes.
    pub peak_live_bytes: u64,
    /// Peak number of live allocations, exact to those of 4 KiB for each thread.
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

#[cfg(test)]
impl Observation {
    /// Returns the observation of a probe that counted nothing and took 10 ns, for tests that start no probes.
    pub(crate) fn sample_of(request: &Request) -> Self {
        Self {
            schema: SCHEMA,
            workload: request.workload,
            level: request.level,
            scale: request.scale.factor(),
            seed: request.scale.seed(),
            wait_us: request.scale.wait_us(),
            threads: request.threads,
            memscope: MemscopeBuild::of_this_build(),
            build: None,
            wall_ns: 10,
            cpu_ns: 10,
            kernel_ns: None,
            page_faults: None,
            peak_rss_bytes: None,
            digest: Digest::default(),
            variables: 0,
            truth: None,
            own: None,
            recorded: Recorded::default(),
        }
    }
}

impl Observation {
    /// Returns the fidelity of the level: events recorded ÷ events that happened. It is the worse of allocations and,
    /// if the tracker counts them, deallocations: in their sum, events that are counted twice would hide missing ones.
    /// With variable tracking alone, events are named values. `None` if nothing is tracked, or one of the two numbers
    /// is unknown.
    pub fn fidelity(&self) -> Option<f64> {
        let ratio = |recorded: u64, happened: u64| (happened > 0).then(|| recorded as f64 / happened as f64);
        match self.level.records() {
            RecordingKind::Nothing => None,
            RecordingKind::NamedValues | RecordingKind::SampledValues => {
                ratio(self.recorded.variables?, self.variables)
            }
            RecordingKind::Counts | RecordingKind::Events | RecordingKind::Backtraces | RecordingKind::Samples => {
                let truth = self.truth?;
                let allocations = ratio(self.recorded.allocations?, truth.allocations);
                let deallocations = self.recorded.deallocations.and_then(|count| ratio(count, truth.deallocations));
                worst_fidelity(allocations.into_iter().chain(deallocations))
            }
        }
    }
}

/// Returns the fidelity that is farthest from 1; `None` if there is none.
pub(crate) fn worst_fidelity(all: impl Iterator<Item = f64>) -> Option<f64> {
    all.max_by(|a, b| (a - 1.0).abs().total_cmp(&(b - 1.0).abs()))
}

/// Checks that the library of `fixed_seed.c` is loaded into this process and replaces the system's randomness.
///
/// # Errors
/// If it is not loaded.
pub fn check_fixed_seed() -> Result<(), TaskError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| TaskError::NotFixed)?;
    let is_fixed = bytes.iter().enumerate().all(|(n, &byte)| byte == (n * 37 + 11) as u8);
    if is_fixed { Ok(()) } else { Err(TaskError::NotFixed) }
}

/// Runs one window in this process. Call this once, because a process has only one.
///
/// # Errors
/// If the program or the linked version of memscope does not have the level.
pub fn run(request: Request) -> Result<Observation, TaskError> {
    check_level(request.level)?;
    if request.level.timing() == Timing::Process {
        return whole::run(request);
    }
    let session = Session::prepare(request.level, request.count);
    check_switch()?;
    warm_up(request)?;

    let before = counting::totals();
    let seen = session.window(|| memscope_bench_timed(request, session.tracker()));
    // The tracker's record may take more memory than the tracker did.
    let peak_rss_bytes = system::peak_resident_bytes();
    let counted = request.count || request.level.mode().counts();
    let truth = counted.then(|| counting::totals().since(&before).into());
    let own = counted.then(counting::own);
    Ok(Observation { truth, own, peak_rss_bytes, ..observation(request, seen, session.recorded()) })
}

/// Runs one untracked window in the control program, whose global allocator is the system's. The level and the counters
/// of the request are ignored.
///
/// # Errors
/// If the system does not start the threads.
pub fn run_control(request: Request) -> Result<Observation, TaskError> {
    let request = Request { level: Level::Untracked, count: false, ..request };
    warm_up(request)?;
    Ok(observation(request, memscope_bench_timed(request, &VariableTracker::NOOP), Recorded::default()))
}

/// Runs one window in a process whose global allocator is a tracker. A level with the tracker off never starts it.
///
/// # Errors
/// If the level is not this program's.
pub(super) fn run_with_allocator<T: AllocationTracker>(
    request: Request,
    tracker: &Installed<T>,
) -> Result<Observation, TaskError> {
    tracker.check(request.level)?;
    let session = Session::prepare(Level::Untracked, request.count);
    if request.count {
        check_switch()?;
    }
    warm_up(request)?;

    let recorded = tracker.recorded();
    let before = counting::totals();
    let seen = tracker.while_on(request.level, || session.window(|| memscope_bench_timed(request, session.tracker())));
    let truth = request.count.then(|| counting::totals().since(&before).into());
    let own = request.count.then(counting::own);
    let recorded = tracker.recorded().since(recorded);
    Ok(Observation { truth, own, ..observation(request, seen, recorded) })
}

/// Prepares the process for a window: starts threads, and warms code and heap up by a small run.
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

/// The times and the result of a window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timed {
    pub digest: Digest,
    pub wall: Duration,
    pub cpu: Duration,
    /// The kernel's part; `None` if unknown.
    pub kernel: Option<KernelWork>,
}

/// The name of the function that times the window, in backtraces: some have it with its module, and those from
/// debugging information without. The window's own function is not in them, because it ends in a jump to the workload,
/// and leaves no frame.
pub const TIMED: &str = "memscope_bench_timed";

/// Runs the window. It is never inlined, so a backtrace from within the window contains it under the name [`TIMED`].
#[inline(never)]
pub(crate) fn memscope_bench_timed(Request { workload, scale, .. }: Request, names: &VariableTracker) -> Timed {
    clocked(|| memscope_bench_window(workload, names, scale))
}

/// Runs a function that is timed like a window.
#[inline(always)]
pub(super) fn clocked(run: impl FnOnce() -> Digest) -> Timed {
    // The kernel is queried outside of the two clocks, so neither includes the query.
    let kernel = KernelWork::so_far();
    let (cpu, wall) = (system::cpu_time(), Instant::now());
    let digest = run();
    // Some systems' CPU clocks go back a little.
    let (wall, cpu) = (wall.elapsed(), system::cpu_time().saturating_sub(cpu));
    let kernel = KernelWork::so_far().zip(kernel).map(|(after, before)| after.since(before));
    Timed { digest, wall, cpu, kernel }
}

pub(super) fn observation(request: Request, seen: Timed, recorded: Recorded) -> Observation {
    let Request { workload, level, scale, threads, .. } = request;
    let Timed { digest, wall, cpu, kernel } = seen;
    Observation {
        schema: SCHEMA,
        workload,
        level,
        scale: scale.factor(),
        seed: scale.seed(),
        wait_us: scale.wait_us(),
        threads,
        memscope: MemscopeBuild::of_this_build(),
        build: env!("CARGO_PKG_VERSION").split_once('+').map(|(_, build)| build.to_owned()),
        wall_ns: wall.as_nanos() as u64,
        cpu_ns: cpu.as_nanos() as u64,
        kernel_ns: kernel.map(|kernel| kernel.time.as_nanos() as u64),
        page_faults: kernel.map(|kernel| kernel.page_faults),
        peak_rss_bytes: system::peak_resident_bytes(),
        digest,
        variables: digest.variables,
        truth: None,
        own: None,
        recorded,
    }
}

/// The name of the window's function in the program, for debuggers and profilers.
pub const WINDOW: &str = "memscope_bench_window";

/// The window: the timed part of a probe and nothing else. It is never inlined, so an external tool finds its beginning
/// and its end under the name [`WINDOW`].
#[inline(never)]
fn memscope_bench_window(workload: Workload, names: &VariableTracker, scale: Scale) -> Digest {
    workload.run(names, scale)
}

/// Checks that the linked version of memscope and the program have a level.
///
/// # Errors
/// If one of them lacks it.
pub(super) fn check_level(level: Level) -> Result<(), TaskError> {
    if let Some(why) = level.unsupported_reason() {
        return Err(TaskError::Unsupported(why));
    }
    Ok(level.check_program()?)
}

/// Checks that the switched allocator is the program's: with the counters on, an allocation must be counted.
///
/// # Errors
/// If it is not.
pub fn check_switch() -> Result<(), TaskError> {
    let before = counting::totals().allocations;
    Mode::COUNT.window(|| drop(std::hint::black_box(Box::new(0_u64))));
    if counting::totals().allocations > before { Ok(()) } else { Err(TaskError::NotSwitched) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn double_counts_do_not_compensate_for_missing_events() {
        let scale = Scale::new(1.0).expect("positive");
        let level = Level::Allocator;
        let request = Request { workload: Workload::CYCLES, level, scale, threads: 1, count: true };
        let truth = Truth { allocations: 100, deallocations: 80, ..Truth::default() };
        let fidelity = |allocations, deallocations| {
            let recorded = Recorded { allocations, deallocations, ..Recorded::default() };
            Observation { truth: Some(truth), recorded, ..Observation::sample_of(&request) }.fidelity()
        };
        assert_eq!(fidelity(Some(100), Some(80)), Some(1.0));
        assert_eq!(fidelity(Some(110), Some(60)), Some(0.75), "the worse of 1.1 and 0.75");
        assert_eq!(fidelity(Some(150), Some(80)), Some(1.5));
        assert_eq!(fidelity(Some(90), None), Some(0.9), "frees are not counted");
        assert_eq!(fidelity(None, Some(80)), None);
        assert_eq!(
            fidelity(Some(u64::MAX), Some(80)),
            Some(u64::MAX as f64 / 100.0),
            "a tracker may report any number"
        );
    }

    #[test]
    fn a_request_is_shown_as_the_command_that_repeats_it() {
        let scale = Scale::new(0.25).expect("positive").seeded(7);
        let request = Request { workload: Workload::CYCLES, level: Level::Full, scale, threads: 2, count: false };
        let plain = "probe --workload=cycles --tracking=full --scale=0.25 --seed=7 --threads=2";
        assert_eq!(request.command_line(), format!("cargo run --release -- {plain}"));
        let scale = scale.waiting(Duration::from_millis(1));
        assert_eq!(Request { scale, count: true, ..request }.to_string(), format!("{plain} --wait-us=1000 --count"));
        let level = Level::JemallocProfiler;
        let command = Request { level, ..request }.command_line();
        assert!(command.starts_with("_RJEM_MALLOC_CONF=prof:true cargo run --release --features references --bin "));
    }
}
