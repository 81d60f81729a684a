//! The soak: one process with a constant number of live blocks and a growing number of events.
//!
//! At checkpoints, whose distances grow with the number of events, a short stretch is measured: the CPU time of an
//! event, the times of single calls, resident memory, and one query of the tracker's statistics. So each figure has the
//! number of events before it. Then every block is freed, and memory is read again.
//!
//! The window is only open while the program runs, so the harness's work at a checkpoint is not tracked. Each
//! checkpoint is written to a file at once, so a process that hangs or crashes leaves all of them except the last.

mod program;
mod trace;

pub use program::STRETCH;
pub use trace::{Calls, Checkpoint, End, Query, Stop, Trace};

use crate::platform::system;
use crate::stats::median::median;
use crate::tracking::references::Host;
use crate::tracking::{Level, Session, Timing, counting};
use crate::worker::probe;
use crate::worker::task::TaskError;
use crate::worker::tasks::quantiles::{histogram, timed};
use program::Program;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::hint::black_box;
use std::time::{Duration, Instant};
use trace::{Line, Writer};

/// The number of checkpoints in each decade of events.
const PER_DECADE: i32 = 6;

/// The number of events at the first checkpoint, for each live block. Earlier, the tracker's maps are not yet full.
pub const FIRST: u64 = 10;

/// The number of parts of a stretch, whose median is its figure.
const PARTS: usize = 10;

/// The minimum number of calls for the time that one in a thousand exceeds.
const MIN_CALLS: u64 = 1_000;

/// The number of events between two checks of the clock and of memory.
const SLICE: u64 = 1 << 16;

/// A slower query of the statistics is not repeated.
const SLOW_QUERY: Duration = Duration::from_secs(1);

/// The kind of figures that a process measures. Each kind disturbs the others, so it has separate processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meter {
    /// CPU time, single calls, resident memory and queries.
    Time,
    /// The bytes that the tracker keeps, by the harness's counters.
    Memory,
    /// Instructions, by an external tool that watches the stretches.
    Instructions,
}

/// The work of one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The kind of figures.
    pub meter: Meter,
    /// Events up to the last checkpoint: allocations and frees.
    pub events: u64,
    /// Live blocks.
    pub live: usize,
    /// Seed of sizes and places.
    pub seed: u64,
    /// The time after which the process stops, in milliseconds.
    pub limit_ms: u64,
    /// The resident memory above which the process stops, in bytes.
    pub memory_bytes: u64,
    /// The file for the checkpoints.
    pub trace: String,
}

impl Request {
    /// Returns the numbers of events at the checkpoints: a sixth of a decade from one to the next.
    pub fn checkpoints(&self) -> Vec<u64> {
        let first = (FIRST * self.live as u64) as f64;
        let all = (0..).map(|step| (first * 10_f64.powf(f64::from(step) / f64::from(PER_DECADE))).round() as u64);
        all.take_while(|&events| events <= self.events).collect()
    }
}

/// Returns whether a level can be soaked: the switched allocator runs it, and it tracks within a window. A level that is
/// timed as a whole process tracks from the process's start to an export at its end.
pub(crate) fn is_soaked(level: Level) -> bool {
    level != Level::Untracked && level.host() == Host::Switch && level.timing() == Timing::Window
}

/// Runs the soak in this process. Call this once.
///
/// # Errors
/// If the program or the linked memscope does not have the level, or the file cannot be written.
pub fn run(request: &Request) -> Result<End, TaskError> {
    probe::check_level(request.level)?;
    if request.level.timing() != Timing::Window {
        return Err(TaskError::Refused(format!("{} is timed as a whole process, and has no growth", request.level)));
    }
    if request.meter == Meter::Instructions {
        probe::check_fixed_seed()?;
    }
    let mut trace = Writer(File::create(&request.trace).map_err(written)?);
    let session = Session::prepare(request.level, request.meter == Meter::Memory);
    probe::check_switch()?;
    let mut program = Program::new(request.live, request.seed);
    program.warm_up();
    Soak { request, session, program, asks: true, deadline: Instant::now() + request.limit() }.run(&mut trace)
}

impl Request {
    fn limit(&self) -> Duration {
        Duration::from_millis(self.limit_ms)
    }
}

fn written(source: std::io::Error) -> TaskError {
    TaskError::System { action: "write the file for checkpoints", source }
}

/// A running soak.
struct Soak<'a> {
    request: &'a Request,
    session: Session,
    program: Program,
    /// False after a slow query of the statistics.
    asks: bool,
    deadline: Instant,
}

impl Soak<'_> {
    fn run(mut self, trace: &mut Writer) -> Result<End, TaskError> {
        let Self { session, program, .. } = &mut self;
        session.window(|| program.fill(session.tracker()));
        let mut stopped = None;
        for events in self.request.checkpoints() {
            stopped = self.advance(events);
            if stopped.is_some() {
                break;
            }
            let checkpoint = self.checkpoint();
            trace.write(&Line::Checkpoint(checkpoint)).map_err(written)?;
            if let Some(query) = self.query() {
                trace.write(&Line::Query(query)).map_err(written)?;
            }
        }
        let end = self.end(stopped.unwrap_or(Stop::Events));
        trace.write(&Line::End(end)).map_err(written)?;
        Ok(end)
    }

    /// Runs up to this many events, unless a limit is reached before.
    fn advance(&mut self, events: u64) -> Option<Stop> {
        while self.program.events() < events {
            let (program, session, deadline) = (&mut self.program, &self.session, self.deadline);
            let target = events.min(program.events() + SLICE);
            let is_in_time = session.window(|| program.advance(session.tracker(), target, deadline));
            if !is_in_time {
                return Some(Stop::Time);
            }
            if system::resident_bytes().is_some_and(|bytes| bytes > self.request.memory_bytes) {
                return Some(Stop::Memory);
            }
        }
        (Instant::now() >= self.deadline).then_some(Stop::Time)
    }

    /// Measures a stretch.
    fn checkpoint(&mut self) -> Checkpoint {
        let (events, resident_bytes) = (self.program.events(), system::resident_bytes());
        let (live_bytes, kept_bytes) = (self.program.bytes(), self.kept_bytes());
        let (event_ns, calls, query) = (None, None, None);
        let none = Checkpoint { events, live_bytes, event_ns, calls, resident_bytes, kept_bytes, query };
        match self.request.meter {
            Meter::Memory => none,
            Meter::Instructions => {
                let (program, session) = (&mut self.program, &self.session);
                session.window(|| program.stretch(session.tracker(), self.request.live));
                none
            }
            Meter::Time => Checkpoint { event_ns: self.event_ns(), calls: self.calls(), ..none },
        }
    }

    /// Returns the CPU time of an event in nanoseconds: the median over parts of a stretch.
    fn event_ns(&mut self) -> Option<f64> {
        let replacements = (self.request.live / PARTS).max(1);
        let mut parts = Vec::with_capacity(PARTS);
        while parts.len() < PARTS && (parts.is_empty() || Instant::now() < self.deadline) {
            let (program, session) = (&mut self.program, &self.session);
            let took = session.window(|| {
                let began = system::cpu_time();
                program.stretch(session.tracker(), replacements);
                system::cpu_time().saturating_sub(began)
            });
            parts.push(took.as_nanos() as f64 / (2 * replacements) as f64);
        }
        median(parts)
    }

    /// Times single calls: allocations with their names, and frees.
    fn calls(&mut self) -> Option<Calls> {
        let mut times = histogram();
        let (program, session, deadline) = (&mut self.program, &self.session, self.deadline);
        session.window(|| {
            for _ in 0..self.request.live {
                let (place, size) = program.draw();
                timed(&mut times, || program.free(place));
                timed(&mut times, || program.allocate(place, size, session.tracker()));
                if Instant::now() >= deadline {
                    break;
                }
            }
        });
        let at = |quantile| times.value_at_quantile(quantile);
        (times.len() >= MIN_CALLS).then(|| Calls {
            calls: times.len(),
            p50_ns: at(0.5),
            p999_ns: at(0.999),
            max_ns: at(1.0),
        })
    }

    /// Queries the tracker's statistics, as the program itself would.
    fn query(&mut self) -> Option<Query> {
        let is_of_memscope = self.request.level.is_memscope();
        if self.request.meter != Meter::Time || !is_of_memscope || !self.asks {
            return None;
        }
        let session = &self.session;
        let (recorded, took) = session.window(|| {
            let began = Instant::now();
            let recorded = black_box(session.recorded());
            (recorded, began.elapsed())
        });
        self.asks = took < SLOW_QUERY;
        Some(Query { ns: took.as_nanos() as u64, recorded })
    }

    /// Frees all blocks, and reads memory again.
    fn end(&mut self, stopped: Stop) -> End {
        let events = self.program.events();
        let (program, session) = (&mut self.program, &self.session);
        // A slow tracker must not keep the process from ending.
        let deadline = self.deadline.max(Instant::now()) + self.request.limit() / 2;
        let live = session.window(|| program.free_all(deadline));
        End { events, stopped, live, resident_bytes: system::resident_bytes(), kept_bytes: self.kept_bytes() }
    }

    /// Returns the bytes that the tracker keeps, if they are counted: its own within the hook, and live bytes other
    /// than the program's blocks.
    fn kept_bytes(&self) -> Option<u64> {
        let is_counted = self.request.meter == Meter::Memory;
        // A tracker may free outside of its hook what it allocated within it, so only the sum is never negative.
        let live = || counting::own().live_bytes + counting::totals().live_bytes();
        is_counted.then(|| live().saturating_sub(self.program.bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(live: usize, events: u64) -> Request {
        let (level, meter, trace) = (Level::Counting, Meter::Time, String::new());
        Request { level, meter, events, live, seed: 1, limit_ms: 1, memory_bytes: 1, trace }
    }

    #[test]
    fn each_decade_has_six_checkpoints() {
        let all = request(1_000, 10_000_000).checkpoints();
        assert_eq!((all.len(), all[0], all[6], all[18]), (19, 10_000, 100_000, 10_000_000));
        assert_eq!(request(100, 2_000).checkpoints(), [1_000, 1_468]);
        assert!(request(1_000, 9_999).checkpoints().is_empty());
        // The events of a checkpoint itself must fit in before the next one.
        assert!(all.windows(2).all(|two| two[1] - two[0] > 4 * 1_000), "{all:?}");
    }

    #[test]
    fn a_soak_needs_the_switched_allocator() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let trace = folder.path().join("trace").display().to_string();
        let refused =
            run(&Request { trace, ..request(100, 2_000) }).expect_err("the tests have the system's allocator");
        assert!(matches!(refused, TaskError::NotSwitched), "{refused}");
        let refused = run(&request(100, 2_000)).expect_err("there is no such file").to_string();
        assert!(refused.contains("write the file for checkpoints"), "{refused}");
    }
}
