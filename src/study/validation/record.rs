//! The record of a validation: the measurements of each tracker of known cost, with its true cost.

use crate::report::origin::Origin;
use crate::schedule::measurement::Clock;
use crate::stats::estimate::Estimate;
use crate::study::compare::Verdict;
use crate::tracking::Level;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// A value by wall time and one by CPU time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByClock<T> {
    /// The value by wall time.
    pub wall: T,
    /// The value by CPU time, over all threads.
    pub cpu: T,
}

impl<T> ByClock<T> {
    /// Computes both values from the clock.
    pub fn of(mut make: impl FnMut(Clock) -> T) -> Self {
        Self { wall: make(Clock::Wall), cpu: make(Clock::Cpu) }
    }

    /// Returns the value by a clock.
    pub const fn by(&self, clock: Clock) -> &T {
        match clock {
            Clock::Wall => &self.wall,
            Clock::Cpu => &self.cpu,
        }
    }
}

/// One run of the validation, at rest or under load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The origin.
    #[serde(flatten)]
    pub origin: Origin,
    /// The duration, in seconds.
    pub seconds: f64,
    /// The number of pairs of a measurement: the default of `measure`, unless the run is a quick one.
    pub pairs: usize,
    /// The number of rounds of a comparison: the default of `compare`, unless the run is a quick one.
    pub rounds: usize,
    /// The measurements of each tracker.
    pub settings: Vec<Setting>,
    /// Comparisons of a tracker with itself, in families: each is like a run of `compare`.
    pub identical: Vec<Family>,
    /// Comparisons of memscope with a slowed memscope, in families. A third of each compares untracked with itself.
    pub slowed: Vec<Family>,
}

/// One workload under one tracker of known cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// The workload.
    pub workload: Workload,
    /// The target overhead of the tracker, in percent; `None` for untracked, and for a deadline.
    pub target_percent: Option<f64>,
    /// The level.
    pub level: Level,
    /// Its stretches, in order.
    pub stretches: Vec<Stretch>,
}

impl Setting {
    /// Returns the tracker in a word: `none`, `+3%` or `100ns`.
    pub fn tracker(&self) -> String {
        match (self.target_percent, self.level) {
            (Some(percent), _) => format!("+{percent}%"),
            (None, Level::Deadline(ns)) => format!("{ns}ns"),
            (None, _) => "none".to_owned(),
        }
    }
}

/// A stretch of time: a few independent measurements, and the truth of the same minutes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stretch {
    /// The true ratio, with its interval; exactly 1 for untracked against itself.
    pub truth: ByClock<Estimate>,
    /// The true time for each allocation in nanoseconds, if the tracker has a deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ns_per_allocation: Option<Estimate>,
    /// The measurements. No two share a pair.
    pub measurements: Vec<Seen>,
}

/// The figures of one measurement. A figure is `None` if the clock is too coarse for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Tracked ÷ untracked.
    pub ratio: ByClock<Option<Estimate>>,
    /// The time for each allocation in nanoseconds, if the tracker has a deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ns_per_allocation: Option<ByClock<Option<Estimate>>>,
}

/// Comparisons whose verdicts Holm's correction covers together, as in a run of `compare`.
pub type Family = Vec<Compared>;

/// One comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// The workload.
    pub workload: Workload,
    /// The level of the reference.
    pub level: Level,
    /// The level that is compared with the reference.
    pub other: Level,
    /// The true change, with its interval; exactly 1 for a tracker and itself.
    pub truth: ByClock<Estimate>,
    /// The change that the comparison shows.
    pub change: ByClock<Option<Estimate>>,
    /// The verdict.
    pub verdict: ByClock<Verdict>,
}

impl Compared {
    /// Returns whether the verdict by a clock is a change.
    pub fn is_change(&self, clock: Clock) -> bool {
        self.verdict.by(clock).is_change()
    }

    /// Returns whether a tracker was compared with itself.
    pub fn is_identical(&self) -> bool {
        self.level == self.other
    }
}
