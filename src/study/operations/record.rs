//! The file of operations: everything that a run timed.

use super::summary;
use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::stats::estimate::Estimate;
use crate::study::Study;
use crate::tracking::Level;
use crate::worker::failure::Failure;
use serde::{Deserialize, Serialize};

/// The version of the file's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// The operations that one run timed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperationResults {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The origin.
    #[serde(flatten)]
    pub origin: Origin,
    /// The operations, in the order in which they were timed.
    pub operations: Vec<Measured>,
}

impl Versioned for OperationResults {
    const KIND: &str = "operations";
    const WHAT: &str = "a file of operations";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for OperationResults {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn metrics(&self) -> Vec<Metric> {
        let metric = |measured: &Measured| {
            let name = format!("{}/{}", measured.operation, measured.level);
            Some(Metric::estimate(name, "ns", measured.ns?))
        };
        self.operations.iter().filter_map(metric).collect()
    }
}

impl OperationResults {
    /// Returns results without any operation.
    pub fn begin(origin: Origin) -> Self {
        Self { schema: SCHEMA, origin, operations: Vec::new() }
    }
}

/// An operation under a level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The operation's name.
    pub operation: String,
    /// A description of one repeat.
    pub about: String,
    /// The level that it ran under.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The most repeats that one process timed; 1 if each needed a fresh process.
    pub most_repeats: u64,
    /// The failure, if it failed.
    pub failure: Option<Failure>,
    /// The wall time of one repeat, in nanoseconds: the median of the samples. `None` if there are too few.
    pub ns: Option<Estimate>,
    /// All samples, in the order in which they were taken.
    pub samples: Vec<Sample>,
}

/// Repeats that were timed together. A file has it as `[iterations, elapsed_ns]`, because there are hundreds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub struct Sample {
    /// The number of repeats.
    pub iterations: u64,
    /// Their total time, in nanoseconds.
    pub elapsed_ns: u64,
}

impl Sample {
    /// Returns the time of one repeat, in nanoseconds. It is not a number if the clock saw no time pass; estimates
    /// leave out such a sample.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::files;
    use std::path::Path;

    #[test]
    fn what_is_written_is_read_and_a_sample_is_a_line() {
        let mut results = OperationResults::begin(Origin::here("cargo bench --bench operations".to_owned()));
        results.operations.push(Measured {
            operation: "allocate-16B".to_owned(),
            about: "allocate and free 16 B".to_owned(),
            level: Level::Allocator,
            most_repeats: 100_000,
            failure: None,
            ns: Some(Estimate { value: 300.5, low: 300.0, high: 301.0 }),
            samples: vec![Sample { iterations: 1_000, elapsed_ns: 300_500 }],
        });
        let text = files::json(&results).expect("all figures are numbers");
        assert!(text.contains("\n    [1000,300500]\n"), "{text}");
        let read: OperationResults = files::parse(Path::new("operations.json"), &text).expect("it can be read");
        assert_eq!(read, results);
        assert_eq!(read.operations[0].samples[0].ns_each(), 300.5);
    }
}
