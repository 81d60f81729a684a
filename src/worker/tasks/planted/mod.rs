//! A program with known allocations, under one level. It measures what memscope sees, attributes and keeps.
//!
//! The counts are exact: the harness's counters run with memscope, and every thread has ended when the window closes.

mod program;
mod score;

use crate::platform::files::bytes_within;
use crate::platform::system;
use crate::stats::share::Share;
use crate::tracking::memscope::modes::Record;
use crate::tracking::{Level, Mode, Recorded, RecordingKind, Session, Started, Timing, counting, records};
use crate::worker::probe::{check_level, check_switch};
use crate::worker::task::TaskError;
use program::{Kept, Program};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use std::{env, thread};

/// The work of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// Number of calls that name one value, for the rate of a level that samples.
    pub calls: u64,
}

/// memscope's observations of the program.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Planted {
    /// Allocations, or named values if the level has only those; `None` if the record does not count them.
    pub allocations: Option<Seen>,
    /// Frees; `None` if the level does not count them.
    pub frees: Option<Seen>,
    /// Blocks that one thread allocated and another freed.
    pub handed_over: u64,
    /// The share of named values that a level that samples recorded.
    pub sampled: Option<Share>,
    /// Allocations attributed to their thread; `None` if the record has no threads.
    pub threads: Option<Share>,
    /// Named values attributed to their name; `None` if the level has no names.
    pub names: Option<Share>,
    /// Allocations attributed to their task; `None` if the level has no tasks.
    pub tasks: Option<Share>,
    /// Bytes that memscope keeps of a freed allocation; `None` if unknown.
    pub kept_bytes: Option<f64>,
    /// The share of a core that memscope's thread uses while the program sleeps, if it has a thread.
    pub idle: Option<f64>,
    /// Bytes of the files that memscope writes; `None` if it writes none.
    pub disk_bytes: Option<u64>,
}

/// Events that happened, and recorded events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Events that happened.
    pub happened: u64,
    /// Events recorded.
    pub recorded: u64,
}

impl Seen {
    /// Returns the recorded events as a share of those that happened, at most all of them.
    pub fn share(self) -> Share {
        Share { part: self.recorded.min(self.happened) as usize, of: self.happened as usize }
    }

    /// Returns the fidelity: recorded ÷ happened.
    pub fn fidelity(self) -> f64 {
        self.recorded as f64 / self.happened as f64
    }
}

/// The time for which the program sleeps to measure memscope's thread.
const SLEEP: Duration = Duration::from_secs(1);

/// Runs the program under the level of the request. Call this once in a process.
///
/// # Errors
/// If the program or the linked version of memscope does not have the level.
pub fn run(request: Request) -> Result<Planted, TaskError> {
    let level = request.level;
    check_level(level)?;
    check_switch()?;
    match level.timing() {
        Timing::Window => Ok(switched(request)),
        Timing::Process => started(level),
    }
}

/// Runs the program under a level that is switched on.
fn switched(Request { level, calls }: Request) -> Planted {
    let session = Session::prepare(level, true);
    let names = session.tracker();
    let before = Counted::now();
    let (kept, after) = session.window(|| {
        let kept = Program { names, level }.run();
        (kept, Counted::now())
    });
    let recorded = session.recorded();
    let mut planted = attributed(level, session.records(), &kept);
    planted.allocations = allocations(level, recorded, &before, &after);
    planted.frees = recorded
        .deallocations
        .filter(|_| level.records() != RecordingKind::NamedValues)
        .map(|recorded| Seen { happened: after.frees - before.frees, recorded });
    let is_sampling_names = level.records() == RecordingKind::SampledValues;
    planted.sampled = is_sampling_names.then(|| program::sample(names, calls)).flatten();
    planted.idle = level.memscope_mode().filter(|mode| mode.has_thread()).map(|_| idle());
    planted.disk_bytes = session.end();
    planted
}

/// Runs the program after memscope's documented start, in a separate folder.
fn started(level: Level) -> Result<Planted, TaskError> {
    let failed = |source| TaskError::System { action: "make a folder to work in", source };
    let folder = tempfile::tempdir().map_err(failed)?;
    env::set_current_dir(folder.path()).map_err(failed)?;
    let started = Started::begin(level);
    let names = started.tracker();
    let before = Counted::now();
    let (kept, after) = Mode::COUNT.window(|| {
        let kept = Program { names, level }.run();
        (kept, Counted::now())
    });
    let mut planted = attributed(level, records(level, names), &kept);
    planted.allocations = allocations(level, started.recorded(), &before, &after);
    planted.idle = level.memscope_mode().filter(|mode| mode.has_thread()).map(|_| idle());
    drop(started);
    planted.disk_bytes = bytes_within(folder.path()).ok();
    Ok(planted)
}

/// Returns the attributions of the records.
fn attributed(level: Level, records: Option<Vec<Record>>, kept: &Kept) -> Planted {
    let names = level.has_names();
    let records = records.as_deref();
    Planted {
        handed_over: program::HANDED_OVER as u64,
        threads: records.and_then(score::threads),
        names: records.filter(|_| names).map(score::names),
        tasks: records.zip(program::tasks_of(level)).map(|(records, tasks)| score::tasks(records, tasks)),
        kept_bytes: Some(kept.bytes),
        ..Planted::default()
    }
}

/// Returns the allocations or named values that happened and were recorded.
fn allocations(level: Level, recorded: Recorded, before: &Counted, after: &Counted) -> Option<Seen> {
    let (happened, recorded) = match level.records() {
        RecordingKind::Nothing => return None,
        RecordingKind::NamedValues | RecordingKind::SampledValues => (program::NAMED as u64, recorded.variables?),
        _ => (after.allocations - before.allocations, recorded.allocations?),
    };
    Some(Seen { happened: happened + program::named_in_tasks(level) * u64::from(level.has_names()), recorded })
}

/// The harness's counts at one time.
#[derive(Clone, Copy, Debug)]
struct Counted {
    allocations: u64,
    frees: u64,
}

impl Counted {
    fn now() -> Self {
        let counts = counting::totals();
        Self { allocations: counts.allocations, frees: counts.deallocations }
    }
}

/// Returns the share of a core that this process uses while it sleeps.
fn idle() -> f64 {
    let before = system::cpu_time();
    thread::sleep(SLEEP);
    system::cpu_time().saturating_sub(before).as_secs_f64() / SLEEP.as_secs_f64()
}
