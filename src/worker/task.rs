//! Tasks: the work of a child process, in the form that the parent sends.
//!
//! The parent writes one [`Task`] as JSON to the child's standard input; the child prints its reply as one line of
//! JSON. Arguments and environment are the same for every task, so both samples of a pair start with the same stack:
//! its layout alone can change a time by several percent (Mytkowicz et al., "Producing Wrong Data Without Doing
//! Anything Obviously Wrong!", ASPLOS 2009).

use crate::tracking::memscope::MemscopeBuild;
use crate::tracking::references::WrongProgramError;
use crate::worker::probe;
use crate::worker::tasks::{
    conformance, detection, latency, operation, planted, promises, recorded, replay, soak, windows,
};
use crate::workloads::Scale;
use crate::workloads::pools::ThreadsError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::{self, PipeReader, Read, Write};

/// The exit code of a worker whose memscope lacks a requirement of the task: `EX_UNAVAILABLE`.
pub const UNSUPPORTED: u8 = 69;

/// The exit code of a worker that the system keeps from running its task: `EX_OSERR`.
pub const PREVENTED: u8 = 71;

/// Work for a child process, one variant for each kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Run one workload once. The reply is a [`probe::Observation`].
    Probe {
        /// The workload, its size and its level.
        request: probe::Request,
        /// True to refuse unless the seeds of hash maps are fixed.
        #[serde(default)]
        fixed_seed: bool,
    },
    /// Time windows under two levels. The reply is [`windows::Windows`].
    Windows(windows::Request),
    /// Time single allocations and frees. The reply is [`latency::Observed`].
    Latency(latency::Pattern),
    /// Repeat one operation. The reply is an [`operation::Timing`].
    Operation(operation::Request),
    /// Replace blocks, and measure how the cost grows. The reply is a [`soak::End`]; checkpoints go to a file.
    Soak(soak::Request),
    /// List memscope's reports. The reply is a list of [`detection::Report`].
    Reports,
    /// Run a workload that plants objects, and one report of memscope. The reply is a [`detection::Finding`].
    Detection(detection::Request),
    /// Run a program with known allocations under a level. The reply is [`planted::Planted`].
    Planted(planted::Request),
    /// Run the planted program of a promise of memscope. The reply is [`promises::Facts`].
    Promise(promises::Request),
    /// Record the window of a workload as a trace. The reply is a [`probe::Observation`].
    Record(recorded::Request),
    /// Replay a trace under a level. The reply is a [`probe::Observation`].
    Replay(replay::Request),
    /// Replay a trace under a level with each operation timed. The reply is a [`latency::Observed`].
    ReplayLatencies(replay::Request),
    /// Run one test of the conformance suite under a level. The reply is a [`conformance::Answer`].
    Conformance(conformance::Request),
    /// Describe the tracker that is the program's allocator. The reply is an
    /// [`About`](crate::worker::installed::About).
    About,
    /// Measure the pace of the work between operations. The reply is a number, from [`replay::pace`].
    Pace,
    /// Run the full stress run. It prints its figures, and its reply is empty.
    Stress {
        /// The size of the workloads.
        scale: Scale,
        /// The folder for its files.
        output: String,
    },
}

impl From<probe::Request> for Task {
    fn from(request: probe::Request) -> Self {
        Self::Probe { request, fixed_seed: false }
    }
}

/// The task as JSON.
impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl Task {
    /// The length in bytes to which messages are padded, so that a child's buffer has the same size for all levels.
    const LENGTH: usize = 512;

    /// The maximum number of bytes of a message.
    const MAX_BYTES: u64 = 1 << 16;

    /// Returns the task in the form that a child reads.
    fn message(&self) -> String {
        format!("{:<1$}\n", self.to_string(), Self::LENGTH - 1)
    }

    /// Returns the environment variable that the level of the task needs, if any.
    pub(crate) fn variable(&self) -> Option<(&'static str, &'static str)> {
        let level = match self {
            Self::Probe { request, .. } => request.level,
            Self::Planted(request) => request.level,
            Self::Replay(request) | Self::ReplayLatencies(request) => request.probe.level,
            Self::Conformance(request) => request.level,
            Self::Soak(request) => request.level,
            Self::Latency(pattern) => pattern.level,
            _ => return None,
        };
        level.memscope_mode()?.variable()
    }

    /// Returns a pipe that contains the task, for a child's standard input.
    ///
    /// # Errors
    /// If the system cannot provide a pipe.
    pub(crate) fn pipe(&self) -> io::Result<PipeReader> {
        let (reader, mut writer) = io::pipe()?;
        // A pipe can contain at least a page, so no reader is needed yet.
        writer.write_all(self.message().as_bytes())?;
        Ok(reader)
    }

    /// Reads one task to the end of the input. The buffer is freed when this returns.
    ///
    /// # Errors
    /// If the input is empty, is not a task, or cannot be read.
    pub fn read(input: impl Read) -> Result<Self, TaskError> {
        let not_a_task = |why: String| TaskError::NotATask(why);
        let mut message = Vec::with_capacity(Self::LENGTH);
        input.take(Self::MAX_BYTES).read_to_end(&mut message).map_err(|error| not_a_task(error.to_string()))?;
        if message.trim_ascii().is_empty() {
            return Err(not_a_task("it is empty".to_owned()));
        }
        serde_json::from_slice(&message).map_err(|error| not_a_task(error.to_string()))
    }
}

/// The reason why a process cannot do a task.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// Standard input contains no task.
    #[error("standard input is not a task for a worker (one line of JSON): {0}")]
    NotATask(String),
    /// The program runs probes only.
    #[error("this program only runs probes: give other tasks to memscope-bench")]
    NotAProbe,
    /// The program's global allocator is not a tracker of another crate.
    #[error("this program has no tracker to describe: its allocator is memscope-bench's")]
    NoTracker,
    /// The program is only a worker.
    #[error("this program is only a worker: give a stress run to memscope-bench")]
    NotAStressRun,
    /// The program's global allocator is not [`SwitchedAllocator`](crate::tracking::SwitchedAllocator).
    #[error("this program's global allocator is not memscope-bench's: run the memscope-bench binary")]
    NotSwitched,
    /// The linked version of memscope lacks a requirement of the task.
    #[error("{memscope} cannot do that: {0}", memscope = MemscopeBuild::of_this_build())]
    Unsupported(&'static str),
    /// The level belongs to another program.
    #[error(transparent)]
    WrongProgramError(#[from] WrongProgramError),
    /// The system does not start the threads.
    #[error(transparent)]
    ThreadsError(#[from] ThreadsError),
    /// The seeds of hash maps are random, although the task requires fixed ones.
    #[error("the library that fixes the seeds of hash maps is not loaded into this program")]
    NotFixed,
    /// The system refuses a child process or a folder.
    #[error("cannot {action}: {source}")]
    System {
        /// The action, after "cannot".
        action: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// The request names something that does not exist, or the result is wrong.
    #[error("{0}")]
    Refused(String),
}

impl TaskError {
    /// Returns the exit code of a worker with this error.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Unsupported(_) => UNSUPPORTED,
            Self::ThreadsError(_) => PREVENTED,
            _ => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::Level;
    use crate::workloads::Workload;
    use std::time::Duration;

    fn probe(level: Level) -> Task {
        let scale = Scale::new(0.1).expect("positive").seeded(7).waiting(Duration::from_micros(1_000));
        probe::Request { workload: Workload::HIERARCHIES, level, scale, threads: 64, count: false }.into()
    }

    fn tasks() -> Vec<Task> {
        let Task::Probe { request, .. } = probe(Level::Untracked) else { unreachable!("it is a probe") };
        vec![
            probe(Level::Full),
            Task::Probe { request, fixed_seed: true },
            Task::Windows(windows::Request { probe: request, level: Level::Synthetic(3) }),
            Task::Latency(latency::Pattern { level: Level::Counting, threads: 2, operations: 10, seed: u64::MAX }),
            Task::Operation(operation::Request::together("allocate-16B", Level::Allocator, 100_000)),
            Task::Operation(operation::Request {
                singly: true,
                fixed_seed: true,
                ..operation::Request::together("allocate-16B", Level::Allocator, 1)
            }),
            Task::Soak(soak::Request {
                level: Level::Full,
                meter: soak::Meter::Instructions,
                events: u64::MAX,
                live: 1_000_000,
                seed: u64::MAX,
                limit_ms: u64::MAX,
                memory_bytes: u64::MAX,
                trace: "/var/tmp/memscope-bench-123456/trace".to_owned(),
            }),
            Task::Reports,
            Task::Detection(detection::Request {
                workload: Workload::LEAKS,
                scale: request.scale,
                report: "leaks/full".to_owned(),
            }),
            Task::Planted(planted::Request { level: Level::TaskScope, calls: 1_000_000 }),
            Task::Promise(promises::Request { promise: "leaks".to_owned() }),
            Task::Record(recorded::Request {
                probe: request,
                trace: "/var/tmp/memscope-bench-123456/cycles.trace".to_owned(),
            }),
            Task::Replay(replay::Request {
                probe: probe::Request { workload: Workload::trace(true), ..request },
                plan: "/var/tmp/memscope-bench-123456/plan".to_owned(),
                pace: Some(0.487_654_321),
            }),
            Task::Conformance(conformance::Request { level: Level::Full, test: "out-of-memory".to_owned() }),
            Task::About,
            Task::Pace,
            Task::Stress { scale: Scale::FULL, output: "it's here".to_owned() },
        ]
    }

    #[test]
    fn a_task_arrives_as_it_was_sent() {
        for task in tasks() {
            assert_eq!(Task::read(task.pipe().expect("a pipe")).expect("a task"), task);
        }
    }

    #[test]
    fn all_messages_have_the_same_length() {
        for task in tasks() {
            assert_eq!(task.message().len(), Task::LENGTH, "{task:?}");
        }
    }

    #[test]
    fn invalid_input_is_refused_with_the_reason() {
        let refusal = |text: &str| Task::read(text.as_bytes()).expect_err("not a task").to_string();
        assert!(refusal("").contains("it is empty"));
        assert!(refusal(" \n").contains("it is empty"));
        assert!(refusal("{\"dance\":1}").contains("unknown variant `dance`, expected one of `probe`, `windows`"));
        assert!(refusal("\"reports\" and more").contains("trailing characters"));
        let sent = probe(Level::Full).message();
        assert!(refusal(&sent.replace("full", "fool")).contains("unknown level 'fool'"));
        assert!(refusal(&sent.replace("hierarchies", "cyclops")).contains("cyclops"));
        assert!(refusal(&sent.replace("0.1", "-0.1")).contains("a scale is a positive number"));
        assert!(refusal(&sent[..60]).contains("EOF"));
    }
}
