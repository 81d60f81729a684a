//! One operation under one level in this process.

use crate::tracking::memscope::MemscopeBuild;
use crate::tracking::{Level, Session};
use crate::worker::probe::{check_fixed_seed, check_switch};
use crate::worker::task::TaskError;
use crate::worker::tasks::operation::{Operation, Prepare};
use crate::worker::tasks::quantiles::{Quantiles, clock_step, histogram, timed};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// Version of the timing's format. A change that an older reader would misread raises it.
const SCHEMA: u32 = 1;

/// A prepared operation.
pub trait Ready {
    /// Repeats the operation this many times. This is the timed part.
    fn repeat(&mut self, times: u64);

    /// Checks the result after the clock has stopped.
    ///
    /// # Errors
    /// The defect, if there is one.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Operations without a result to check.
impl<R: FnMut(u64)> Ready for R {
    fn repeat(&mut self, times: u64) {
        self(times);
    }
}

/// The work of one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Name of the operation.
    pub operation: String,
    /// Level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// Timed repeats.
    pub repeats: u64,
    /// True to time the same number of further repeats one by one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub singly: bool,
    /// True to refuse unless the seeds of hash maps are fixed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub fixed_seed: bool,
}

impl Request {
    /// Returns the request of repeats that are timed together.
    pub fn together(operation: &str, level: Level, repeats: u64) -> Self {
        Self { operation: operation.to_owned(), level, repeats, singly: false, fixed_seed: false }
    }
}

/// Returns whether a field that most requests omit has its default value.
fn is_false(flag: &bool) -> bool {
    !flag
}

/// The time of one process's repeats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// Version of this format.
    pub schema: u32,
    /// Name of the operation.
    pub operation: String,
    /// Level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// Timed repeats.
    pub repeats: u64,
    /// Wall time of all repeats together, in nanoseconds.
    pub elapsed_ns: u64,
    /// Times of further repeats, each timed alone; `None` if they were not requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub singly: Option<Singly>,
    /// The memscope build.
    #[serde(alias = "subject")]
    pub memscope: MemscopeBuild,
}

/// Times of repeats that were timed one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Singly {
    /// Times of a repeat.
    pub calls: Quantiles,
    /// Times of an empty call: the cost of timing.
    pub timing: Quantiles,
    /// The step of the clock, in nanoseconds; `None` if it never shows different times.
    pub step_ns: Option<u64>,
}

/// Runs an operation in this process. Call this once, because a process runs only one.
///
/// The level's window is open from the first preparation to the drop of the last value, so the hook records all live
/// allocations.
///
/// # Errors
/// If there is no such operation, the program or the linked version of memscope does not have it, or its result is
/// wrong.
pub fn run(request: Request) -> Result<Timing, TaskError> {
    let operation = Operation::named(&request.operation).map_err(|error| TaskError::Refused(error.to_string()))?;
    let Request { level, repeats, singly, fixed_seed, .. } = request;
    let timed = if singly { repeats.saturating_mul(2) } else { repeats };
    check(operation, level, timed)?;
    if let Some(why) = level.unsupported_reason() {
        return Err(TaskError::Unsupported(why));
    }
    if fixed_seed {
        check_fixed_seed()?;
    }
    let session = Session::prepare(level, false);
    check_switch()?;

    let warm_up = operation.state.warm_up(repeats);
    // The histograms are outside of the window, because the program has none.
    let mut recorder = singly.then(Recorder::new);
    let elapsed = session.window(|| -> Result<Duration, TaskError> {
        let mut ready = (operation.prepare)(Prepare { names: session.tracker(), repeats: warm_up + timed })?;
        ready.repeat(warm_up);
        let began = Instant::now();
        memscope_bench_window_of_calls(ready.as_mut(), repeats);
        let elapsed = began.elapsed();
        if let Some(recorder) = &mut recorder {
            recorder.record(ready.as_mut(), repeats);
        }
        ready.check().map_err(|why| TaskError::Refused(format!("{} went wrong: {why}", operation.name)))?;
        Ok(elapsed)
    })?;
    Ok(Timing {
        schema: SCHEMA,
        operation: request.operation,
        level,
        repeats,
        elapsed_ns: elapsed.as_nanos() as u64,
        singly: recorder.map(|recorder| recorder.finish()),
        memscope: MemscopeBuild::of_this_build(),
    })
}

/// The repeats that are timed together, and nothing else. It is never inlined, and its name contains the name of a
/// probe's window ([`WINDOW`](crate::worker::probe::WINDOW)), so an external tool finds it.
#[inline(never)]
fn memscope_bench_window_of_calls(ready: &mut dyn Ready, repeats: u64) {
    ready.repeat(repeats);
}

/// Records repeats one by one.
struct Recorder {
    calls: Histogram<u64>,
    timing: Histogram<u64>,
    step_ns: Option<u64>,
}

impl Recorder {
    fn new() -> Self {
        Self { calls: histogram(), timing: histogram(), step_ns: clock_step() }
    }

    fn record(&mut self, ready: &mut dyn Ready, repeats: u64) {
        for _ in 0..repeats {
            timed(&mut self.calls, || ready.repeat(1));
            timed(&mut self.timing, || ());
        }
    }

    fn finish(&self) -> Singly {
        Singly { calls: Quantiles::of(&self.calls), timing: Quantiles::of(&self.timing), step_ns: self.step_ns }
    }
}

/// Refuses levels and repeats with which the time would not be the operation's.
fn check(operation: &Operation, level: Level, repeats: u64) -> Result<(), TaskError> {
    let refused = |why| Err(TaskError::Refused(format!("{} {why}", operation.name)));
    if !operation.levels().contains(&level) {
        let levels: Vec<String> = operation.levels().iter().map(ToString::to_string).collect();
        return refused(format!("is not timed under {level}, but under {}", levels.join(" or ")));
    }
    let most = operation.state.most_repeats();
    if !(1..=most).contains(&repeats) {
        return refused(format!("cannot be repeated {repeats} times in one process, only 1 to {most} times"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(name: &str, level: Level, repeats: u64) -> String {
        run(Request::together(name, level, repeats)).expect_err("refused").to_string()
    }

    #[test]
    fn unsupported_timings_of_an_operation_are_refused() {
        let refused = refusal("allocate-16B", Level::Variables, 1);
        assert_eq!(refused, "allocate-16B is not timed under variables, but under untracked or allocator");
        for repeats in [0, 10_000] {
            let refused = refusal("name-vec", Level::Variables, repeats);
            assert!(refused.contains(&format!("repeated {repeats} times")) && refused.ends_with("only 1 to 200 times"));
        }
        assert!(refusal("allocate", Level::Untracked, 1).starts_with("unknown operation 'allocate'"));
        let singly = Request { singly: true, ..Request::together("name-vec", Level::Variables, 150) };
        assert!(run(singly).expect_err("refused").to_string().contains("repeated 300 times in one process"));
    }
}
