//! The axes of a check: the properties that may become better or worse.

use crate::study::counts::Metric;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Axis {
    /// CPU time of the tracked workload, by its overhead.
    CpuTime,
    /// CPU time that tracking adds to an allocation with its free. It has limits and no verdict, because
    /// [`CpuTime`](Self::CpuTime) judges the same change.
    AllocationTime,
    /// Wall time of the tracked workload, by its overhead.
    WallTime,
    /// Instructions of the tracked window.
    Instructions,
    /// Data misses of a simulated first-level cache in the tracked window.
    DataMisses,
    /// Misses of a simulated last-level cache in the tracked window.
    LastLevelMisses,
    /// Page faults of the tracked window.
    PageFaults,
    /// Bytes that the tracker takes for each live allocation.
    LiveBytes,
    /// Bytes that the tracker keeps of each event.
    KeptBytes,
    /// Peak of resident memory, tracked ÷ untracked.
    PeakMemory,
    /// Events recorded ÷ events that happened.
    Fidelity,
    /// The time that one of 1,000 calls exceeds.
    Latency,
    /// The time that one of 10,000 calls exceeds.
    RareLatency,
    /// CPU time that tracking adds to an event after many others ÷ early in the process.
    Growth,
    /// Planted objects that reports name ÷ all planted objects.
    Recall,
    /// Planted objects that reports name ÷ all objects that they name.
    Precision,
    /// Seconds to build.
    BuildSeconds,
    /// The number of crates of memscope and its dependencies.
    Crates,
    /// Size of the program including memscope, in bytes.
    BinarySize,
}

/// The direction of an axis, its name, its unit, and the minimum change for a verdict.
struct Properties {
    axis: Axis,
    key: &'static str,
    name: &'static str,
    unit: &'static str,
    threshold_percent: f64,
}

const fn properties(
    axis: Axis,
    key: &'static str,
    name: &'static str,
    unit: &'static str,
    threshold_percent: f64,
) -> Properties {
    Properties { axis, key, name, unit, threshold_percent }
}

/// All axes, in the order of reports. A change within the threshold is no verdict.
const PROPERTIES: [Properties; 19] = [
    properties(Axis::CpuTime, "cpu-time", "CPU time", "×", 3.0),
    properties(Axis::AllocationTime, "ns-per-allocation", "CPU time per allocation", "ns", 3.0),
    properties(Axis::WallTime, "wall-time", "wall time", "×", 3.0),
    properties(Axis::Instructions, "instructions", "instructions", "", 0.5),
    properties(Axis::DataMisses, "data-misses", "cache misses, first level", "", 3.0),
    properties(Axis::LastLevelMisses, "last-level-misses", "cache misses, last level", "", 5.0),
    properties(Axis::PageFaults, "page-faults", "page faults", "", 2.0),
    properties(Axis::LiveBytes, "bytes-per-live-allocation", "bytes per live allocation", "B", 1.0),
    properties(Axis::KeptBytes, "bytes-kept-per-event", "bytes kept per event", "B", 1.0),
    properties(Axis::PeakMemory, "peak-memory", "peak memory", "×", 3.0),
    properties(Axis::Fidelity, "fidelity", "fidelity", "", 0.0),
    properties(Axis::Latency, "latency-p99.9", "latency p99.9", "ns", 25.0),
    properties(Axis::RareLatency, "latency-p99.99", "latency p99.99", "ns", 100.0),
    properties(Axis::Growth, "growth", "growth over events", "×", 25.0),
    properties(Axis::Recall, "recall", "recall of reports", "", 0.0),
    properties(Axis::Precision, "precision", "precision of reports", "", 10.0),
    properties(Axis::BuildSeconds, "build-seconds", "build seconds", "s", 50.0),
    properties(Axis::Crates, "crates", "crates", "", 0.0),
    properties(Axis::BinarySize, "binary-size", "binary size", "B", 5.0),
];

impl Axis {
    /// Returns all axes, in the order of reports.
    pub fn all() -> impl Iterator<Item = Self> {
        PROPERTIES.iter().map(|properties| properties.axis)
    }

    fn properties(self) -> &'static Properties {
        PROPERTIES.iter().find(|properties| properties.axis == self).expect("the table has every axis")
    }

    /// Returns the name in reports.
    pub fn name(self) -> &'static str {
        self.properties().name
    }

    /// Returns the name in a budget and for other programs.
    pub fn key(self) -> &'static str {
        self.properties().key
    }

    /// Returns the unit; empty for plain numbers.
    pub fn unit(self) -> &'static str {
        self.properties().unit
    }

    /// Returns the change, in percent, up to which there is no verdict.
    pub fn threshold_percent(self) -> f64 {
        self.properties().threshold_percent
    }

    /// Returns whether a greater figure is better.
    pub fn more_is_better(self) -> bool {
        matches!(self, Self::Fidelity | Self::Recall | Self::Precision)
    }

    /// Returns whether a check needs a judgement on it to pass.
    pub fn is_needed(self) -> bool {
        matches!(self, Self::CpuTime | Self::Fidelity)
    }

    /// Returns the axis of a counted metric; `None` for a metric without verdicts.
    pub(super) fn of_metric(metric: Metric) -> Option<Self> {
        match metric {
            Metric::Instructions => Some(Self::Instructions),
            Metric::DataMisses => Some(Self::DataMisses),
            Metric::LastLevelMisses => Some(Self::LastLevelMisses),
            Metric::PageFaults => Some(Self::PageFaults),
            Metric::InstructionMisses => None,
        }
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Axis {
    type Err = String;

    fn from_str(key: &str) -> Result<Self, Self::Err> {
        let found = PROPERTIES.iter().find(|properties| properties.key == key).map(|properties| properties.axis);
        let known = || PROPERTIES.map(|properties| properties.key).join(", ");
        found.ok_or_else(|| format!("unknown axis '{key}': choose from {}", known()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_axis_is_found_by_its_key() {
        assert!(Axis::all().all(|axis| axis.key().parse() == Ok(axis)));
        let refused = "speed".parse::<Axis>().expect_err("there is none");
        assert!(refused.contains("'speed'") && refused.contains("cpu-time"), "{refused}");
    }
}
