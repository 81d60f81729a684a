//! The results file: everything that a run measured, from which every report is drawn.
//!
//! A file says what was measured where and with what, and holds every pair, so that any figure can be had from it again.

use crate::files::Versioned;
use crate::origin::Origin;
use crate::probe::Observation;
use crate::tracking::Tracking;
use crate::workloads::{Digest, Workload};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The version of the file's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// What one run measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
    /// The precision that was asked for, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<Precision>,
    /// What was measured, in order.
    pub cells: Vec<Cell>,
    /// The instructions that were counted, where they were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instructions: Vec<InstructionCount>,
}

impl Versioned for Results {
    const WHAT: &str = "a results file";
    const SCHEMA: u32 = SCHEMA;
}

impl Results {
    /// Results without cells.
    pub fn begin(origin: Origin) -> Self {
        Self { schema: SCHEMA, origin, precision: None, cells: Vec::new(), instructions: Vec::new() }
    }

    /// The cells of one series, in order.
    pub fn series(&self, series: Series) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(move |cell| cell.series == series)
    }

    /// The overheads of untracked against itself: what is seen where nothing is.
    pub fn noise(&self) -> impl Iterator<Item = (&Cell, &Overhead)> {
        self.cells
            .iter()
            .filter(|cell| cell.tracking == Tracking::Untracked && cell.series != Series::Control)
            .filter_map(|cell| Some((cell, cell.overhead.as_ref()?)))
    }

    /// The noise floor: the overhead of untracked against itself that is farthest from none, with its cell.
    pub fn noise_floor(&self) -> Option<(&Cell, &Overhead)> {
        self.noise().max_by(|a, b| a.1.wall.distance_from_none().total_cmp(&b.1.wall.distance_from_none()))
    }
}

/// Which part of a run a cell belongs to.
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

    /// What its rows differ in.
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
    /// What ran.
    pub workload: Workload,
    /// What it ran under. Its partner in each pair ran untracked, or, in the series `control`, in the control program.
    pub tracking: Tracking,
    /// The factor of the scale.
    pub scale: f64,
    /// The seed of the data.
    pub seed: u64,
    /// The threads of each pool.
    pub threads: usize,
    /// The seed of the order of the program's functions, where they were shuffled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<u32>,
    /// The allocations of one untracked run, counted.
    pub allocations: Option<u64>,
    /// Events recorded ÷ events that happened, counted in a probe of its own.
    pub fidelity: Option<f64>,
    /// How the cell failed, where it did: no more pairs were tried.
    pub failure: Option<Failure>,
    /// What the pairs say; `None` where there are too few of them.
    pub overhead: Option<Overhead>,
    /// Every pair, in the order in which they ran.
    pub pairs: Vec<Pair>,
}

impl Cell {
    /// What it is called: what tells it from the other cells of its series.
    pub fn name(&self) -> String {
        let Self { workload, tracking, scale, threads, .. } = self;
        match self.series {
            Series::Overhead => format!("{workload}/{tracking}"),
            Series::Scaling => format!("{workload}/{tracking} at scale {scale}"),
            Series::Threads => format!("{workload}/{tracking} with {threads} threads"),
            Series::Control => format!("{workload}/{tracking} against the control"),
        }
    }

    /// Why it has no figure although it has not failed: too few pairs, or a clock that is too coarse for them.
    pub fn lack(&self) -> String {
        let (pairs, untimed) = (self.pairs.len(), self.untimed());
        if untimed == 0 { format!("too few pairs ({pairs})") } else { format!("no time in {untimed} of {pairs} pairs") }
    }

    /// The pairs in which the clock saw no time pass.
    pub fn untimed(&self) -> usize {
        self.pairs.iter().filter(|pair| !pair.is_timed_by(Clock::Wall)).count()
    }

    /// What its row is called within its series.
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
    /// Whether the untracked one ran first.
    pub untracked_first: bool,
    /// The untracked probe.
    pub untracked: Side,
    /// The tracked probe.
    pub tracked: Side,
}

impl Pair {
    /// The ratio tracked ÷ untracked by one of the two clocks. It is not a number where the clock is so coarse that it saw no
    /// time pass on either side; no estimate takes such a pair.
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
    /// The window's processor time, in nanoseconds.
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
    /// The clock on the wall: how long it takes
    #[default]
    Wall,
    /// Processor time, over all threads: the one to trust on a machine that is busy with something else
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

/// What tracking costs, from pairs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overhead {
    /// How many pairs it is from.
    pub pairs: usize,
    /// The ratio tracked ÷ untracked of the clock's time.
    pub wall: Estimate,
    /// The ratio tracked ÷ untracked of processor time. `None` where the system counts it too coarsely.
    #[serde(default)]
    pub cpu: Option<Estimate>,
    /// (tracked − untracked) ÷ allocations, in nanoseconds of the clock's time. `None` where allocations were not
    /// counted.
    pub ns_per_allocation: Option<Estimate>,
    /// The ratio tracked ÷ untracked of peak resident memory. `None` where the system does not tell it.
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

/// A figure with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The figure: a median.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

impl Estimate {
    /// Whether the interval of a ratio includes 1: then no difference was seen.
    pub fn includes_none(&self) -> bool {
        self.low <= 1.0 && 1.0 <= self.high
    }

    /// How far a ratio is from 1, up or down alike: the size of its logarithm.
    pub fn distance_from_none(&self) -> f64 {
        self.value.ln().abs()
    }

    /// The half-width of the interval, in percent of the figure; infinite where the figure is none.
    pub fn half_width_percent(&self) -> f64 {
        let percent = (self.high - self.low) / 2.0 / self.value * 100.0;
        if percent.is_finite() { percent.abs() } else { f64::INFINITY }
    }
}

/// What is asked of each overhead's interval, and how long it may take.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Precision {
    /// The half-width, in percent of the figure, to get under.
    pub percent: f64,
    /// How long one cell may take for it, in seconds.
    pub seconds: u64,
}

impl Precision {
    /// Whether a figure is precise enough.
    pub fn is_reached_by(&self, estimate: &Estimate) -> bool {
        estimate.half_width_percent() <= self.percent
    }
}

/// The instructions of one workload under one level at one scale, and of the same untracked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstructionCount {
    /// What ran.
    pub workload: Workload,
    /// What it ran under.
    pub tracking: Tracking,
    /// The factor of the scale.
    pub scale: f64,
    /// The seed of the data.
    pub seed: u64,
    /// The allocations of one untracked run, counted.
    pub allocations: Option<u64>,
    /// How a run failed, where one did: there is no overhead then.
    pub failure: Option<Failure>,
    /// The instructions of each run untracked.
    pub untracked: Vec<u64>,
    /// The instructions of each run under the level.
    pub tracked: Vec<u64>,
    /// What the runs say.
    pub overhead: Option<InstructionOverhead>,
}

/// What tracking costs in instructions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstructionOverhead {
    /// The ratio tracked ÷ untracked, of the means of the runs.
    pub ratio: f64,
    /// (tracked − untracked) ÷ allocations. `None` where the workload makes none.
    pub per_allocation: Option<f64>,
    /// How far runs of the same thing are apart at the most, as a part of the least: 0.001 is 0.1 %.
    pub apart: f64,
}

/// The reason why there is no build to measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredNotBuilt")]
pub struct NotBuilt {
    /// The kind of reason.
    pub outcome: BuildOutcome,
    /// The reason in words.
    pub why: String,
}

/// The outcome of a build that cannot be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BuildOutcome {
    /// memscope itself does not compile, or something that it needs.
    DoesNotCompile,
    /// memscope compiles, and its API is none that is known here.
    NoAdapter,
    /// Anything else: cargo could not fetch it, or the program is not what was asked for.
    NotBuilt,
}

impl BuildOutcome {
    /// The outcome in a word or two, for a cell of a table.
    pub const fn label(self) -> &'static str {
        match self {
            Self::DoesNotCompile => "does not compile",
            Self::NoAdapter => "no adapter fits",
            Self::NotBuilt => "not built",
        }
    }
}

/// The reason as a file holds it: old files have the words alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredNotBuilt {
    Words(String),
    Whole { outcome: BuildOutcome, why: String },
}

impl From<StoredNotBuilt> for NotBuilt {
    fn from(stored: StoredNotBuilt) -> Self {
        match stored {
            StoredNotBuilt::Words(why) => Self { outcome: BuildOutcome::NotBuilt, why },
            StoredNotBuilt::Whole { outcome, why } => Self { outcome, why },
        }
    }
}

/// How a probe ended, when it did not end with an observation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Failure {
    /// It ran longer than it may.
    TimedOut {
        /// The limit, in seconds.
        seconds: u64,
    },
    /// A signal ended it, or it exited with an error.
    Crashed {
        /// The signal's name or the exit code, and the last thing that it said.
        how: String,
    },
    /// It asked for more memory than it may have.
    OutOfMemory {
        /// The limit, in bytes.
        limit_bytes: u64,
        /// What sets the limit, with what else limits its memory.
        #[serde(default = "Failure::memory_limit", skip_serializing_if = "Failure::is_memory_limit")]
        by: String,
    },
    /// Its digest is not the untracked probe's: it did not do the same work, or says so.
    WrongDigest {
        /// The untracked probe's.
        expected: Digest,
        /// Its own.
        found: Digest,
    },
    /// The subject lacks what the level needs.
    Unsupported {
        /// What it lacks.
        why: String,
    },
    /// Something else than the tracker kept it from running, or from being timed: the system, a limit that it has inherited,
    /// or a program that was replaced.
    Prevented {
        /// What that is.
        why: String,
    },
}

impl Failure {
    /// What sets the limit on memory that is a probe's own.
    pub const MEMORY_LIMIT: &str = "--memory-limit";

    fn memory_limit() -> String {
        Self::MEMORY_LIMIT.to_owned()
    }

    fn is_memory_limit(by: &str) -> bool {
        by == Self::MEMORY_LIMIT
    }

    /// The outcome in a word or two, for a cell of a table.
    pub fn label(&self) -> String {
        match self {
            Self::TimedOut { .. } => "timed-out".to_owned(),
            Self::Crashed { how } => format!("crashed ({})", how.split(':').next().unwrap_or(how)),
            Self::OutOfMemory { .. } => "out-of-memory".to_owned(),
            Self::WrongDigest { .. } => "wrong-digest".to_owned(),
            Self::Unsupported { .. } => "unsupported".to_owned(),
            Self::Prevented { .. } => "prevented".to_owned(),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TimedOut { seconds } => write!(f, "timed-out: it still ran after {seconds} s"),
            Self::Crashed { how } => write!(f, "crashed: {how}"),
            Self::OutOfMemory { limit_bytes, by } => {
                write!(f, "out-of-memory: it wanted more than {} MiB ({by})", limit_bytes / (1 << 20))
            }
            Self::WrongDigest { expected, found } => write!(f, "wrong-digest: {found} instead of {expected}"),
            Self::Unsupported { why } => write!(f, "unsupported: {why}"),
            Self::Prevented { why } => write!(f, "prevented: {why}"),
        }
    }
}
