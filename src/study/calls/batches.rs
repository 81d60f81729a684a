//! Batches: repeats of a call that are timed together, which gives the mean of one call.
//!
//! Earlier versions wrote them to `operations.json`.

use crate::platform::files::Versioned;
use crate::report::origin::Origin;
use crate::stats::estimate::Estimate;
use crate::tracking::Level;
use crate::worker::failure::Failure;
use serde::{Deserialize, Serialize};

/// The batches of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batches {
    /// The version of this format.
    pub schema: u32,
    /// The origin.
    #[serde(flatten)]
    pub origin: Origin,
    /// The calls, in the order of the reports.
    pub operations: Vec<Measured>,
}

impl Versioned for Batches {
    const KIND: &str = "operations";
    const WHAT: &str = "a file of operations";
    const SCHEMA: u32 = 1;
}

impl Batches {
    /// Returns batches of these calls.
    pub fn new(origin: Origin, operations: Vec<Measured>) -> Self {
        Self { schema: Self::SCHEMA, origin, operations }
    }
}

/// A call under a level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The call's name.
    pub operation: String,
    /// A description of one repeat.
    pub about: String,
    /// The level that it ran under.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The maximum number of repeats that one process timed; 1 if each needed a fresh process.
    pub most_repeats: u64,
    /// The failure, if it failed.
    pub failure: Option<Failure>,
    /// The wall time of one repeat, in nanoseconds: the median of the samples. `None` if there are too few.
    pub ns: Option<Estimate>,
    /// All samples, in the order in which they were taken.
    pub samples: Vec<Sample>,
}

/// Repeats that were timed together. A file stores them as `[iterations, elapsed_ns]`, because there are hundreds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub struct Sample {
    /// The number of repeats.
    pub iterations: u64,
    /// Their total time, in nanoseconds.
    pub elapsed_ns: u64,
}

impl Measured {
    /// Returns the number of samples in which the clock saw no time pass.
    pub(crate) fn untimed(&self) -> usize {
        self.samples.iter().filter(|sample| sample.elapsed_ns == 0).count()
    }
}

impl Sample {
    /// Returns the time of one repeat, in nanoseconds. Returns NaN if the clock saw no time pass; estimates ignore such
    /// samples.
    pub fn ns_each(&self) -> f64 {
        let is_timed = self.elapsed_ns > 0 && self.iterations > 0;
        if is_timed { self.elapsed_ns as f64 / self.iterations as f64 } else { f64::NAN }
    }
}

impl From<(u64, u64)> for Sample {
    fn from((iterations, elapsed_ns): (u64, u64)) -> Self {
        Self { iterations, elapsed_ns }
    }
}

impl From<Sample> for (u64, u64) {
    fn from(Sample { iterations, elapsed_ns }: Sample) -> Self {
        (iterations, elapsed_ns)
    }
}
