//! One mode: its costs and its abilities.

use super::{Modes, Planted};
use crate::report::metric::Metric;
use crate::schedule::measurement::{Clock, Measurement};
use crate::stats::estimate::Estimate;
use crate::stats::median::median;
use crate::tracking::{Level, RecordingKind};
use crate::worker::failure::Failure;

/// The minimum fidelity of a complete record. A runtime's thread may be within a call when the window closes.
const COMPLETE: f64 = 0.999;

/// One mode of the page.
#[derive(Clone, Debug)]
pub(super) struct Mode<'a> {
    pub level: Level,
    /// Its measurement on each workload.
    pub measurements: Vec<&'a Measurement>,
    pub planted: Option<&'a Planted>,
}

impl<'a> Mode<'a> {
    pub(super) fn of(modes: &'a Modes, level: Level) -> Self {
        let measurements = modes.measurements.iter().filter(|measurement| measurement.level == level).collect();
        let outcome = modes.planted.iter().find(|outcome| outcome.level == level);
        Self { level, measurements, planted: outcome.and_then(|outcome| outcome.planted.as_ref()) }
    }

    /// Returns the reason why the version or the build lacks it.
    pub(super) fn lack(&self) -> Option<&'a str> {
        self.measurements.iter().find_map(|measurement| match measurement.failure()? {
            Failure::Unsupported { why } => Some(why.as_str()),
            _ => None,
        })
    }

    /// Returns the CPU time of the mode ÷ that of its baseline, on each workload.
    pub(super) fn costs(&self) -> impl Iterator<Item = Estimate> {
        self.measurements.iter().filter_map(|measurement| measurement.overhead()?.cpu)
    }

    /// Returns the mean cost over all workloads, by which modes are compared; `None` if a workload has no cost.
    pub(super) fn cost(&self) -> Option<f64> {
        let costs: Vec<f64> = self.costs().map(|cost| cost.value.ln()).collect();
        let is_complete = !costs.is_empty() && costs.len() == self.measurements.len();
        is_complete.then(|| (costs.iter().sum::<f64>() / costs.len() as f64).exp())
    }

    /// Returns the maximum of the mode's peak memory ÷ its baseline's.
    pub(super) fn memory(&self) -> Option<f64> {
        let ratios = self.measurements.iter().filter_map(|measurement| measurement.overhead()?.peak_memory);
        ratios.map(|memory| memory.value).max_by(f64::total_cmp)
    }

    /// Returns the allocations recorded ÷ those that happened, in the known program, or else the worst of the
    /// workloads.
    pub(super) fn sees(&self) -> Option<f64> {
        let planted = self.planted.and_then(|planted| planted.allocations).map(|seen| seen.fidelity());
        let fidelities = || self.measurements.iter().filter_map(|measurement| measurement.fidelity);
        planted.or_else(|| fidelities().min_by(f64::total_cmp))
    }

    /// Returns the frees recorded ÷ those that happened, if the record counts them.
    pub(super) fn sees_frees(&self) -> Option<f64> {
        self.planted.and_then(|planted| planted.frees).map(|seen| seen.fidelity())
    }

    /// Returns whether it records nothing at all.
    pub(super) fn records_nothing(&self) -> bool {
        self.sees() == Some(0.0)
    }

    /// Returns whether it records each allocation with its free.
    pub(super) fn sees_everything(&self) -> bool {
        self.is_of_events() && self.is_complete() && self.sees_frees().is_none_or(|frees| frees >= COMPLETE)
    }

    /// Returns whether it records each named value.
    pub(super) fn sees_every_name(&self) -> bool {
        self.level.records() == RecordingKind::NamedValues && self.is_complete()
    }

    fn is_complete(&self) -> bool {
        self.sees().is_some_and(|sees| sees >= COMPLETE)
    }

    /// Returns whether it records allocations instead of named values.
    pub(super) fn is_of_events(&self) -> bool {
        matches!(self.level.records(), RecordingKind::Events | RecordingKind::Backtraces | RecordingKind::Samples)
    }

    /// Returns its sampling rate in percent with its interval, and the rate that it is set to.
    pub(super) fn rate(&self) -> Option<(Estimate, f64)> {
        let set_to = self.level.memscope_mode()?.set_rate()?;
        let planted = self.planted?;
        let share = planted.sampled.or_else(|| Some(planted.allocations?.share()))?;
        Some((share.percent()?, set_to * 100.0))
    }

    /// Returns the figures for other programs.
    pub(super) fn metrics(&self) -> Vec<Metric> {
        let name = self.level.to_string();
        let planted = self.planted;
        let plain = [
            ("sees", planted.and_then(|planted| planted.allocations).map(|seen| seen.fidelity())),
            ("sees-frees", self.sees_frees()),
            ("right-thread", planted.and_then(|planted| planted.threads?.fraction())),
            ("right-name", planted.and_then(|planted| planted.names?.fraction())),
            ("right-task", planted.and_then(|planted| planted.tasks?.fraction())),
            ("kept-bytes", planted.and_then(|planted| planted.kept_bytes)),
            ("idle-share", planted.and_then(|planted| planted.idle)),
            ("disk-bytes", planted.and_then(|planted| planted.disk_bytes).map(|bytes| bytes as f64)),
        ];
        let plain = plain.into_iter().filter_map(|(measure, value)| Some(Metric::plain(&name, measure, value?)));
        let rate = self.rate().map(|(rate, _)| Metric::estimate(&name, "sampled-percent", rate));
        plain.chain(rate).collect()
    }
}

/// Returns the CPU time that a mode adds to a run, in nanoseconds.
pub(super) fn added_ns(measurement: &Measurement) -> Option<f64> {
    let pairs = measurement.pairs.iter().filter(|pair| pair.is_timed_by(Clock::Cpu));
    median(pairs.map(|pair| pair.tracked.ns(Clock::Cpu) - pair.untracked.ns(Clock::Cpu)))
}
