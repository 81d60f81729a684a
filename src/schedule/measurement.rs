//! A measurement: all pairs of one workload, level, scale and thread count, with their outcome.

use super::estimate;
use crate::platform::disturbance::Disturbance;
use crate::platform::usage::Usage;
use crate::stats::estimate::Estimate;
use crate::stats::median::median;
use crate::stats::passes;
use crate::tracking::Level;
use crate::worker::failure::Failure;
use crate::worker::probe::{Observation, Request, is_zero, worst_fidelity};
use crate::workloads::Workload;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::time::Duration;

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
    /// Untracked against the control program, which has neither memscope nor the switch: the cost of the harness
    /// itself.
    Control,
}

impl Series {
    /// The series that have a table, in order.
    pub const SHOWN: [Self; 3] = [Self::Overhead, Self::Scaling, Self::Threads];

    /// Returns the parameter by which the rows differ.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Overhead | Self::Control => "workload",
            Self::Scaling => "scale",
            Self::Threads => "threads",
        }
    }
}

/// One workload under one level at one scale with one number of threads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// The part of the run.
    pub series: Series,
    /// The workload.
    pub workload: Workload,
    /// The level of the tracked samples. The untracked samples of the series `control` ran in the control program.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The factor of the scale.
    pub scale: f64,
    /// The seed of the data.
    pub seed: u64,
    /// The time in microseconds of each sleep that replaces a real wait.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub wait_us: u64,
    /// The threads of each pool.
    pub threads: usize,
    /// The seed of the order of the program's functions, if it was shuffled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<u32>,
    /// The allocations of one untracked run.
    pub allocations: Option<u64>,
    /// Events recorded ÷ events that happened, the worst of the counted probes.
    pub fidelity: Option<f64>,
    /// The number of counted probes. 0 in earlier files, whose fidelity is that of allocations and frees together in
    /// one probe.
    #[serde(default, skip_serializing_if = "is_none_counted")]
    pub fidelity_probes: usize,
    /// The fidelity of each counted probe, if there are several. Empty in earlier files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fidelities: Vec<f64>,
    /// The disturbances of the machine during its pairs, since the run began or was resumed.
    #[serde(default, skip_serializing_if = "Disturbance::is_unknown")]
    pub disturbance: Disturbance,
    /// The outcome.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The number of pairs up to the end of each pass. Empty in files of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passes: Vec<usize>,
    /// Every pair, in the order of measurement.
    pub pairs: Vec<Pair>,
}

/// Returns whether a measurement has no counted probes.
fn is_none_counted(probes: &usize) -> bool {
    *probes == 0
}

impl Measurement {
    /// Returns a measurement without pairs.
    pub fn new(series: Series, &Request { workload, level, scale, threads, .. }: &Request) -> Self {
        Self {
            series,
            workload,
            level,
            scale: scale.factor(),
            seed: scale.seed(),
            wait_us: scale.wait_us(),
            threads,
            layout: None,
            allocations: None,
            fidelity: None,
            fidelity_probes: 0,
            fidelities: Vec::new(),
            disturbance: Disturbance::default(),
            outcome: Outcome::TooFew,
            passes: Vec::new(),
            pairs: Vec::new(),
        }
    }

    /// Sets the fidelity to the worst of the counted probes.
    pub(crate) fn set_fidelity(&mut self, probes: &[Option<f64>]) {
        let known: Vec<f64> = probes.iter().copied().flatten().collect();
        self.fidelity = worst_fidelity(known.iter().copied());
        self.fidelity_probes = probes.len();
        self.fidelities = if probes.len() > 1 { known } else { Vec::new() };
    }

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

    /// Returns the overhead, if it was measured.
    pub fn overhead(&self) -> Option<Overhead> {
        self.outcome.measured().copied()
    }

    /// Returns the CPU time that tracking adds to an allocation with its free, in nanoseconds, if it is known.
    pub fn ns_per_allocation(&self) -> Option<Estimate> {
        let stored = self.overhead()?.ns_per_allocation;
        stored.or_else(|| estimate::ns_per_allocation(&self.pairs, &self.passes, self.allocations))
    }

    /// Returns the failure, if any.
    pub fn failure(&self) -> Option<&Failure> {
        self.outcome.failure()
    }

    /// Returns the pairs of each pass, in order; all pairs as one pass if it has none.
    pub fn by_pass(&self) -> Vec<&[Pair]> {
        match self.passes.as_slice() {
            [] => vec![&self.pairs],
            ends => passes::stretches(self.pairs.len(), ends).map(|pass| &self.pairs[pass]).collect(),
        }
    }

    /// Returns the median logarithm of the ratio by wall time or CPU time in each pass; empty if no passes are known.
    pub(crate) fn log_medians(&self, clock: Clock) -> Vec<Option<f64>> {
        let logs: Vec<f64> = self.pairs.iter().map(|pair| pair.ratio(clock).ln()).collect();
        passes::stretches(logs.len(), &self.passes).map(|pass| median(logs[pass].to_vec())).collect()
    }

    /// Returns the median untracked time of the last third of the pairs ÷ that of the first third, over pairs in which
    /// the clock saw time pass.
    pub fn drift(&self, clock: Clock) -> Option<f64> {
        let third = self.pairs.len() / 3;
        let untracked =
            |pairs: &[Pair]| median(pairs.iter().map(|pair| pair.untracked.ns(clock)).filter(|&time| time > 0.0));
        Some(untracked(&self.pairs[self.pairs.len() - third..])? / untracked(&self.pairs[..third])?)
    }

    /// Returns the reason for a missing figure without a failure: too few pairs, or a clock that is too coarse.
    pub fn lack(&self) -> String {
        let (pairs, untimed) = (self.pairs.len(), self.untimed());
        if untimed == 0 { format!("too few pairs ({pairs})") } else { format!("no time in {untimed} of {pairs} pairs") }
    }

    /// Returns the number of pairs in which the clock saw no time pass.
    pub fn untimed(&self) -> usize {
        self.pairs.iter().filter(|pair| !pair.is_timed_by(Clock::Wall)).count()
    }

    /// Returns the name of the row within the series.
    pub fn row_name(&self) -> String {
        match self.series {
            Series::Overhead | Series::Control => self.workload.to_string(),
            Series::Scaling => self.scale.to_string(),
            Series::Threads => self.threads.to_string(),
        }
    }
}

/// The outcome of a measurement. A file stores it in two fields, of which at most one has a value: `failure` and
/// `overhead`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "OutcomeFields<T>", into = "OutcomeFields<T>")]
#[serde(bound(serialize = "T: Clone + Serialize"))]
pub enum Outcome<T = Overhead> {
    /// The overhead.
    Measured(T),
    /// The failure of a probe; nothing more was tried.
    Failed(Failure),
    /// Too few samples have a ratio.
    TooFew,
}

impl<T> Outcome<T> {
    /// Returns the overhead, if it was measured.
    pub const fn measured(&self) -> Option<&T> {
        if let Self::Measured(overhead) = self { Some(overhead) } else { None }
    }

    /// Returns the failure, if any.
    pub const fn failure(&self) -> Option<&Failure> {
        if let Self::Failed(failure) = self { Some(failure) } else { None }
    }
}

#[derive(Serialize, Deserialize)]
struct OutcomeFields<T> {
    failure: Option<Failure>,
    overhead: Option<T>,
}

impl<T> From<OutcomeFields<T>> for Outcome<T> {
    fn from(OutcomeFields { failure, overhead }: OutcomeFields<T>) -> Self {
        failure.map_or_else(|| overhead.map_or(Self::TooFew, Self::Measured), Self::Failed)
    }
}

impl<T> From<Outcome<T>> for OutcomeFields<T> {
    fn from(outcome: Outcome<T>) -> Self {
        match outcome {
            Outcome::Measured(overhead) => Self { failure: None, overhead: Some(overhead) },
            Outcome::Failed(failure) => Self { failure: Some(failure), overhead: None },
            Outcome::TooFew => Self { failure: None, overhead: None },
        }
    }
}

/// An untracked sample and a tracked one, taken back to back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// True if the untracked sample ran first.
    pub untracked_first: bool,
    /// The untracked sample.
    pub untracked: Sample,
    /// The tracked sample.
    pub tracked: Sample,
}

impl Pair {
    /// Returns the ratio tracked ÷ untracked by wall time or CPU time. Returns NaN if the clock is so coarse that it
    /// saw no time pass in either sample; estimates ignore such pairs.
    pub fn ratio(&self, clock: Clock) -> f64 {
        if self.is_timed_by(clock) { self.tracked.ns(clock) / self.untracked.ns(clock) } else { f64::NAN }
    }

    /// Returns whether a clock saw time pass in both samples.
    pub fn is_timed_by(&self, clock: Clock) -> bool {
        self.tracked.ns(clock) > 0.0 && self.untracked.ns(clock) > 0.0
    }
}

/// One probe's times, memory and page faults. A file stores it as `[wall_ns, cpu_ns, peak_rss_bytes, kernel_ns,
/// page_faults]`, because there are thousands; files from before the last two were measured have three numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "SampleNumbers", into = "Vec<Option<u64>>")]
pub struct Sample {
    /// Wall time of the window, in nanoseconds.
    pub wall_ns: u64,
    /// CPU time of the window, in nanoseconds.
    pub cpu_ns: u64,
    /// Peak resident memory of the process, in bytes.
    pub peak_rss_bytes: Option<u64>,
    /// CPU time of the window within the kernel, in nanoseconds. Kernels that count it by ticks give a few coarse steps
    /// for a window of milliseconds, so only sums over many samples are meaningful.
    pub kernel_ns: Option<u64>,
    /// Page faults of the window, minor and major.
    pub page_faults: Option<u64>,
}

impl Sample {
    /// Returns the sample with the times of the whole process instead of the window's.
    ///
    /// # Errors
    /// If the system does not report them.
    pub(crate) fn of_process(self, took: Duration, usage: Option<Usage>) -> Result<Self, Failure> {
        let unknown = || Failure::Prevented { why: "the system does not report the CPU time of a process".to_owned() };
        let Usage { cpu, kernel } = usage.ok_or_else(unknown)?;
        Ok(Self {
            wall_ns: took.as_nanos() as u64,
            cpu_ns: cpu.as_nanos() as u64,
            kernel_ns: Some(kernel.time.as_nanos() as u64),
            page_faults: Some(kernel.page_faults),
            ..self
        })
    }

    /// Returns the window's wall time or CPU time, in nanoseconds.
    pub fn ns(&self, clock: Clock) -> f64 {
        match clock {
            Clock::Wall => self.wall_ns as f64,
            Clock::Cpu => self.cpu_ns as f64,
        }
    }
}

/// The two times of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// Wall time: elapsed time
    #[default]
    Wall,
    /// CPU time, over all threads: the one to trust on a busy machine
    #[serde(alias = "processor")]
    Cpu,
}

/// The numbers of a sample in a file.
#[derive(Deserialize)]
struct SampleNumbers(u64, u64, Option<u64>, #[serde(default)] Option<u64>, #[serde(default)] Option<u64>);

impl From<SampleNumbers> for Sample {
    fn from(numbers: SampleNumbers) -> Self {
        let SampleNumbers(wall_ns, cpu_ns, peak_rss_bytes, kernel_ns, page_faults) = numbers;
        Self { wall_ns, cpu_ns, peak_rss_bytes, kernel_ns, page_faults }
    }
}

impl From<Sample> for Vec<Option<u64>> {
    fn from(sample: Sample) -> Self {
        let Sample { wall_ns, cpu_ns, peak_rss_bytes, kernel_ns, page_faults } = sample;
        let mut numbers = vec![Some(wall_ns), Some(cpu_ns), peak_rss_bytes];
        // A sample of an earlier file is written as it was read.
        if kernel_ns.is_some() || page_faults.is_some() {
            numbers.extend([kernel_ns, page_faults]);
        }
        numbers
    }
}

impl From<&Observation> for Sample {
    fn from(seen: &Observation) -> Self {
        let &Observation { wall_ns, cpu_ns, peak_rss_bytes, kernel_ns, page_faults, .. } = seen;
        Self { wall_ns, cpu_ns, peak_rss_bytes, kernel_ns, page_faults }
    }
}

/// The overhead of tracking, from pairs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overhead {
    /// The number of pairs with a ratio.
    pub pairs: usize,
    /// Tracked ÷ untracked, of wall time.
    pub wall: Estimate,
    /// Tracked ÷ untracked, of CPU time. `None` if the system counts it too coarsely.
    #[serde(default)]
    pub cpu: Option<Estimate>,
    /// (tracked − untracked) ÷ allocations, in nanoseconds of CPU time over all threads. `None` if allocations were not
    /// counted, or the system counts CPU time too coarsely.
    ///
    /// Wall time would count the cost of two threads at once only once. Earlier files have that figure under another
    /// name; [`Measurement::ns_per_allocation`] computes this one from their pairs.
    #[serde(rename = "cpu_ns_per_allocation", default, skip_serializing_if = "Option::is_none")]
    pub ns_per_allocation: Option<Estimate>,
    /// Tracked ÷ untracked, of peak resident memory. `None` if the system does not report it.
    pub peak_memory: Option<Estimate>,
    /// Tracked − untracked, of the page faults of a run. `None` if a sample lacks them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_faults: Option<Estimate>,
    /// The kernel's part of the CPU time that tracking adds, over all pairs together. `None` if a sample lacks it,
    /// tracking adds no significant CPU time, or the kernel's ticks are too few for a figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel_share: Option<f64>,
    /// The median wall time of the untracked samples, in nanoseconds.
    pub untracked_ns: f64,
}

impl Overhead {
    /// Returns the ratio tracked ÷ untracked by wall time or CPU time; `None` if that clock is too coarse.
    pub fn by(&self, clock: Clock) -> Option<Estimate> {
        match clock {
            Clock::Wall => Some(self.wall),
            Clock::Cpu => self.cpu,
        }
    }
}

/// The requested precision, and the time limit for it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Precision {
    /// The target half-width of an interval, in percent of the figure.
    pub percent: f64,
    /// The time limit of a measurement, in seconds.
    pub seconds: u64,
}

impl Precision {
    /// Returns whether a figure is precise enough.
    pub fn is_reached_by(&self, estimate: &Estimate) -> bool {
        estimate.half_width_percent() <= self.percent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_read_with_and_without_the_kernels_part() {
        let read = |text: &str| serde_json::from_str::<Sample>(text);
        let earlier = Sample { wall_ns: 3, cpu_ns: 2, peak_rss_bytes: Some(1), ..Sample::default() };
        let sample = Sample { kernel_ns: Some(4), page_faults: Some(5), ..earlier };
        let unknown = Sample { page_faults: None, peak_rss_bytes: None, ..sample };
        for (text, sample) in [("[3,2,1]", earlier), ("[3,2,1,4,5]", sample), ("[3,2,null,4,null]", unknown)] {
            assert_eq!(read(text).expect("a sample"), sample);
            assert_eq!(serde_json::to_string(&sample).expect("plain data"), text);
        }
        assert!(read("[3,2]").is_err() && read("[3,2,1,4,5,6]").is_err());
    }
}
