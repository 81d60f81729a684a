//! One operation under one level in this process, and the line of JSON that says how long it took.

use crate::study::operations::{Operation, Prepare};
use crate::tracking::memscope::Subject;
use crate::tracking::{Level, Session};
use crate::worker::probe::{NotSwitched, check_switch};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// The version of the timing's format. A change that an older reader would misread raises it.
const SCHEMA: u32 = 1;

/// An operation for which all is there that it needs.
pub trait Ready {
    /// Does it so many times. This is what the clock sees.
    fn repeat(&mut self, times: u64);

    /// Whether it did what it should; asked when the clock has stopped.
    ///
    /// # Errors
    /// What is wrong.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Where there is nothing to check.
impl<R: FnMut(u64)> Ready for R {
    fn repeat(&mut self, times: u64) {
        self(times);
    }
}

/// What a process is asked to time.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// What to do.
    pub operation: &'static Operation,
    /// What to do it under.
    pub level: Level,
    /// How often.
    pub repeats: u64,
}

/// What a process timed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// The version of this format.
    pub schema: u32,
    /// What was done.
    pub operation: String,
    /// What it was done under.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// How often it was done.
    pub repeats: u64,
    /// How long all repeats took together, in nanoseconds.
    pub elapsed_ns: u64,
    /// The memscope build.
    pub subject: Subject,
}

/// Why an operation cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotRun {
    /// The program's global allocator is not [`SwitchedAllocator`](crate::tracking::SwitchedAllocator).
    #[error(transparent)]
    NotSwitched(#[from] NotSwitched),
    /// The linked version of memscope lacks what it takes.
    #[error("{0}")]
    Unsupported(&'static str),
    /// There is no folder to work in.
    #[error("cannot make a folder to work in: {0}")]
    NoFolder(String),
    /// It is not to be had in this way.
    #[error("{operation} {why}")]
    Refused {
        /// The operation.
        operation: &'static str,
        /// What it is not, and what would be right.
        why: String,
    },
    /// It did not do what it should.
    #[error("{operation} went wrong: {why}")]
    WentWrong {
        /// The operation.
        operation: &'static str,
        /// What is wrong.
        why: String,
    },
}

/// Runs an operation in this process, which can run only one: call it once.
///
/// The level's window is open from the first preparation to the last value's end, so that under the hook what is live
/// is known to it.
///
/// # Errors
/// If the program or the linked version of memscope cannot, or the operation did something else than it should.
pub fn run(request: Request) -> Result<Timing, CannotRun> {
    let Request { operation, level, repeats } = request;
    check(request)?;
    if let Some(why) = level.unsupported_reason() {
        return Err(CannotRun::Unsupported(why));
    }
    let session = Session::prepare(level, false);
    check_switch()?;

    let warm_up = operation.state.warm_up(repeats);
    let elapsed = session.window(|| -> Result<Duration, CannotRun> {
        let mut ready = (operation.prepare)(Prepare { names: session.tracker(), repeats: warm_up + repeats })?;
        ready.repeat(warm_up);
        let began = Instant::now();
        ready.repeat(repeats);
        let elapsed = began.elapsed();
        ready.check().map_err(|why| CannotRun::WentWrong { operation: operation.name, why })?;
        Ok(elapsed)
    })?;
    Ok(Timing {
        schema: SCHEMA,
        operation: operation.name.to_owned(),
        level,
        repeats,
        elapsed_ns: elapsed.as_nanos() as u64,
        subject: Subject::of_this_build(),
    })
}

/// Refuses what would time something else than the operation's name says.
fn check(Request { operation, level, repeats }: Request) -> Result<(), CannotRun> {
    let refused = |why| Err(CannotRun::Refused { operation: operation.name, why });
    if !operation.levels().contains(&level) {
        let levels: Vec<String> = operation.levels().iter().map(ToString::to_string).collect();
        return refused(format!("is not timed under {level}, but under {}", levels.join(" or ")));
    }
    let most = operation.state.most_repeats();
    if repeats > most {
        return refused(format!("cannot be repeated {repeats} times in one process, but at most {most} times"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(name: &str, level: Level, repeats: u64) -> String {
        let operation = Operation::named(name).expect("there is such an operation");
        run(Request { operation, level, repeats }).expect_err("refused").to_string()
    }

    #[test]
    fn what_an_operation_is_not_is_refused() {
        let refused = refusal("allocate-16B", Level::Variables, 1);
        assert_eq!(refused, "allocate-16B is not timed under variables, but under untracked or allocator");
        let refused = refusal("name-vec", Level::Variables, 10_000);
        assert_eq!(refused, "name-vec cannot be repeated 10000 times in one process, but at most 200 times");
    }
}
