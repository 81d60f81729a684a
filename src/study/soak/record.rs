//! The record of a soak, as a file stores it.

use crate::study::instructions::Stretch;
use crate::study::soak::growth::Growth;
use crate::tracking::Level;
use crate::worker::failure::Failure;
use crate::worker::tasks::soak::{Checkpoint, End, Trace};
use serde::{Deserialize, Serialize};

/// The soak of one level, with its growths, which are recomputed when a file is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Measured")]
pub struct Soak {
    /// The processes with their figures.
    #[serde(flatten)]
    pub measured: Measured,
    /// The growth of each quantity that has figures.
    pub growths: Vec<Growth>,
}

/// The measurements of one level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The number of live blocks.
    pub live: usize,
    /// The timed pairs of processes. After a failure no more are started.
    pub pairs: Vec<Pair>,
    /// The process that counted the tracker's bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<Process>,
    /// The instructions.
    #[serde(default)]
    pub instructions: Instructions,
}

/// Two processes with the same events, run side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// True if the untracked process ran first.
    pub untracked_first: bool,
    /// The untracked process.
    pub untracked: Process,
    /// The process under the level.
    pub tracked: Process,
}

/// One process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// Its checkpoints and its end, up to a failure.
    #[serde(flatten)]
    pub trace: Trace,
    /// Its failure, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// The instructions of stretches, each with twice as many events as there are blocks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Instructions {
    /// The untracked stretches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untracked: Vec<Stretch>,
    /// The stretches under the level.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tracked: Vec<Stretch>,
    /// The reason why they are unknown, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

impl From<Measured> for Soak {
    /// Computes the growths.
    fn from(measured: Measured) -> Self {
        Self { growths: Growth::all(&measured), measured }
    }
}

impl Soak {
    /// Returns the level.
    pub const fn level(&self) -> Level {
        self.measured.level
    }

    /// Returns the first failure of a process, if one failed.
    pub fn failure(&self) -> Option<&Failure> {
        self.measured.failure()
    }

    /// Returns the end of the timed process under the level that reached the most events.
    pub fn end(&self) -> Option<&End> {
        let ends = self.measured.pairs.iter().filter_map(|pair| pair.tracked.trace.end.as_ref());
        ends.max_by_key(|end| end.events)
    }

    /// Returns the events up to the last checkpoint of the timed processes under the level; 0 without one.
    pub fn reached(&self) -> u64 {
        let last = |pair: &Pair| pair.tracked.trace.checkpoints.last().map(|checkpoint| checkpoint.events);
        self.measured.pairs.iter().filter_map(last).max().unwrap_or(0)
    }
}

impl Measured {
    /// Returns a record without measurements.
    pub fn begin(level: Level, live: usize) -> Self {
        Self { level, live, pairs: Vec::new(), counted: None, instructions: Instructions::default() }
    }

    /// Returns the record with its timed pairs.
    #[must_use]
    pub fn with(self, pairs: Vec<Pair>) -> Self {
        Self { pairs, ..self }
    }

    /// Returns the first failure of a process, if one failed.
    pub fn failure(&self) -> Option<&Failure> {
        let timed = self.pairs.iter().flat_map(|pair| [&pair.untracked, &pair.tracked]);
        timed.chain(&self.counted).find_map(|process| process.failure.as_ref())
    }
}

impl Process {
    /// Returns the checkpoint at a number of events.
    pub(super) fn at(&self, events: u64) -> Option<&Checkpoint> {
        self.trace.checkpoints.iter().find(|checkpoint| checkpoint.events == events)
    }
}
