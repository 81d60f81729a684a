//! A measurement: all pairs of one workload, level, scale and thread count, with what came out of them.

use crate::stats::estimate::Estimate;
use crate::tracking::Level;
use crate::worker::failure::Failure;
use crate::worker::probe::{Observation, is_zero};
use crate::workloads::Workload;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The part of a run that a measurement belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Series {
    /// The workloads under each level: the table's rows and columns.
    Overhead,
    /// One workload at several scales.
    Scaling,
    /// One workload on several numbers of threads.
    Threads,
    /// Untracked against the control program, which has neither memscope nor the switch: the instrument's own cost.
    Control,
}

impl Series {
    /// The series that have a table of their own, in order.
    pub const SHOWN: [Self; 3] = [Self::Overhead, Self::Scaling, Self::Threads];

    /// Returns the parameter in which its rows differ.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Overhead | Self::Control => "workload",
            Self::Scaling => "scale",
            Self::Threads => "threads",
        }
    }
}

/// One workload under one level at one scale on one number of threads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The part of the run.
    pub series: Series,
    /// The workload.
    pub workload: Workload,
    /// The level of the tracked samples. The untracked ones of the series `control` ran in the control program.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The factor of the scale.
    pub scale: f64,
    /// The seed of the data.
    pub seed: u64,
    /// Time that tasks slept where real work would wait, in microseconds each.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub wait_us: u64,
    /// The threads of each pool.
    pub threads: usize,
    /// The seed of the order of the program's functions, where they were shuffled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<u32>,
    /// The allocations of one untracked run, counted.
    pub allocations: Option<u64>,
    /// Events recorded ÷ events that happened, counted in a probe of its own.
    pub fidelity: Option<f64>,
    /// The failure, if there was one: no more pairs were tried.
    pub failure: Option<Failure>,
    /// The overhead; `None` where there are too few pairs.
    pub overhead: Option<Overhead>,
    /// Every pair, in the order in which they ran.
    pub pairs: Vec<Pair>,
}

impl Cell {
    /// Returns the name, which is unique within the series.
    pub fn name(&self) -> String {
        let Self { workload, level, scale, threads, .. } = self;
        match self.series {
            Series::Overhead => format!("{workload}/{level}"),
            Series::Scaling => format!("{workload}/{level} at scale {scale}"),
            Series::Threads => format!("{workload}/{level} with {threads} threads"),
            Series::Control => format!("{workload}/{level} against the control"),
        }
    }

    /// Returns the reason for which it has no figure without a failure: too few pairs, or a clock that is too coarse.
    pub fn lack(&self) -> String {
        let (pairs, untimed) = (self.pairs.len(), self.untimed());
        if untimed == 0 { format!("too few pairs ({pairs})") } else { format!("no time in {untimed} of {pairs} pairs") }
    }

    /// The pairs in which the clock saw no time pass.
    pub fn untimed(&self) -> usize {
        self.pairs.iter().filter(|pair| !pair.is_timed_by(Clock::Wall)).count()
    }

    /// Returns the name of its row within the series.
    pub fn row_name(&self) -> String {
        match self.series {
            Series::Overhead | Series::Control => self.workload.to_string(),
            Series::Scaling => self.scale.to_string(),
            Series::Threads => self.threads.to_string(),
        }
    }
}

/// An untracked probe and a tracked one, right beside each other in time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The untracked sample ran first.
    pub untracked_first: bool,
    /// The untracked probe.
    pub untracked: Side,
    /// The tracked probe.
    pub tracked: Side,
}

impl Pair {
    /// The ratio tracked ÷ untracked by one of the two clocks. It is not a number where the clock is so coarse that
    /// it saw no time pass on either side; no estimate takes such a pair.
    pub fn ratio(&self, clock: Clock) -> f64 {
        if self.is_timed_by(clock) { self.tracked.ns(clock) / self.untracked.ns(clock) } else { f64::NAN }
    }

    /// Returns whether a clock saw time pass on both sides.
    pub fn is_timed_by(&self, clock: Clock) -> bool {
        self.tracked.ns(clock) > 0.0 && self.untracked.ns(clock) > 0.0
    }
}

/// One probe's part in a pair. In a file it is `[wall_ns, cpu_ns, peak_rss_bytes]`: there are thousands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "(u64, u64, Option<u64>)", into = "(u64, u64, Option<u64>)")]
pub struct Side {
    /// The window's time on the clock, in nanoseconds.
    pub wall_ns: u64,
    /// CPU time of the window, in nanoseconds.
    pub cpu_ns: u64,
    /// The most memory that the process had resident, in bytes.
    pub peak_rss_bytes: Option<u64>,
}

impl Side {
    /// The window's time by one of the two clocks, in nanoseconds.
    pub fn ns(&self, clock: Clock) -> f64 {
        match clock {
            Clock::Wall => self.wall_ns as f64,
            Clock::Processor => self.cpu_ns as f64,
        }
    }
}

/// The two clocks by which a window is timed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// Wall time: elapsed time
    #[default]
    Wall,
    /// CPU time, over all threads: the one to trust on a busy machine
    Processor,
}

impl From<(u64, u64, Option<u64>)> for Side {
    fn from((wall_ns, cpu_ns, peak_rss_bytes): (u64, u64, Option<u64>)) -> Self {
        Self { wall_ns, cpu_ns, peak_rss_bytes }
    }
}

impl From<Side> for (u64, u64, Option<u64>) {
    fn from(side: Side) -> Self {
        (side.wall_ns, side.cpu_ns, side.peak_rss_bytes)
    }
}

impl From<&Observation> for Side {
    fn from(seen: &Observation) -> Self {
        Self { wall_ns: seen.wall_ns, cpu_ns: seen.cpu_ns, peak_rss_bytes: seen.peak_rss_bytes }
    }
}

/// The overhead of tracking, from pairs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overhead {
    /// The pairs with a ratio.
    pub pairs: usize,
    /// Tracked ÷ untracked, of wall time.
    pub wall: Estimate,
    /// Tracked ÷ untracked, of CPU time. `None` where the system counts it too coarsely.
    #[serde(default)]
    pub cpu: Option<Estimate>,
    /// (tracked − untracked) ÷ allocations, in nanoseconds of the clock's time. `None` where allocations were not
    /// counted.
    pub ns_per_allocation: Option<Estimate>,
    /// Tracked ÷ untracked, of peak resident memory. `None` where the system does not report it.
    pub peak_memory: Option<Estimate>,
    /// The median time of the untracked probes on the clock, in nanoseconds.
    pub untracked_ns: f64,
}

impl Overhead {
    /// The ratio tracked ÷ untracked by one of the two clocks; `None` where that clock is too coarse.
    pub fn by(&self, clock: Clock) -> Option<Estimate> {
        match clock {
            Clock::Wall => Some(self.wall),
            Clock::Processor => self.cpu,
        }
    }
}

/// The precision that is asked for, and the time that it may take.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Precision {
    /// The half-width, in percent of the figure, to get under.
    pub percent: f64,
    /// The time limit of a measurement for it, in seconds.
    pub seconds: u64,
}

impl Precision {
    /// Returns whether a figure is precise enough.
    pub fn is_reached_by(&self, estimate: &Estimate) -> bool {
        estimate.half_width_percent() <= self.percent
    }
}
