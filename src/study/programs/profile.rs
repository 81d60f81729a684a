//! The profile of a workload: its untracked figures, and its overheads.

use super::Programs;
use crate::platform::list::each_once;
use crate::schedule::measurement::{Clock, Measurement, Sample};
use crate::stats::estimate::Estimate;
use crate::stats::median::median_interval;
use crate::tracking::{Level, RecordingKind};
use crate::worker::probe::Truth;
use crate::workloads::Workload;

/// A workload with its own CPU time and its allocations.
pub(super) struct Profile<'a> {
    pub workload: Workload,
    /// The CPU time of an untracked run, in nanoseconds.
    pub cpu_ns: Estimate,
    /// The wall time of an untracked run, in nanoseconds.
    pub wall_ns: Estimate,
    /// The number of values that it names.
    pub named: u64,
    pub truth: Truth,
    pub measurements: Vec<&'a Measurement>,
}

/// The events that a level records and that have a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Events {
    Allocations,
    NamedValues,
}

impl Events {
    /// Returns the events of a level.
    pub(super) fn of(level: Level) -> Self {
        match level.records() {
            RecordingKind::NamedValues | RecordingKind::SampledValues => Self::NamedValues,
            _ => Self::Allocations,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Allocations => "allocations",
            Self::NamedValues => "named values",
        }
    }

    pub(super) const fn one(self) -> &'static str {
        match self {
            Self::Allocations => "allocation",
            Self::NamedValues => "named value",
        }
    }
}

impl Programs {
    /// Returns the levels, in order.
    pub(super) fn levels(&self) -> Vec<Level> {
        let levels = self.measurements.iter().map(|measurement| measurement.level);
        each_once(levels.filter(|level| *level != Level::Untracked))
    }

    /// Returns the profiles of the workloads whose allocations and CPU time are known, in order.
    pub(super) fn profiles(&self) -> Vec<Profile<'_>> {
        self.counts.iter().filter_map(|counted| self.profile(counted.workload)).collect()
    }

    fn profile(&self, workload: Workload) -> Option<Profile<'_>> {
        let counted = self.counts.iter().find(|counted| counted.workload == workload)?;
        let measurements: Vec<&Measurement> =
            self.measurements.iter().filter(|measurement| measurement.workload == workload).collect();
        let untracked: Vec<&Sample> =
            measurements.iter().flat_map(|measurement| &measurement.pairs).map(|pair| &pair.untracked).collect();
        let time = |clock| {
            let times = median_interval(untracked.iter().map(|sample| sample.ns(clock)))?;
            (times.low > 0.0).then_some(times)
        };
        Some(Profile {
            workload,
            cpu_ns: time(Clock::Cpu)?,
            wall_ns: time(Clock::Wall)?,
            named: counted.named,
            truth: counted.truth.filter(|truth| truth.allocations > 0)?,
            measurements,
        })
    }
}

impl Profile<'_> {
    /// Returns the measurement under a level.
    pub(super) fn under(&self, level: Level) -> Option<&Measurement> {
        self.measurements.iter().copied().find(|measurement| measurement.level == level)
    }

    /// Returns the overhead by CPU time under a level.
    pub(super) fn overhead(&self, level: Level) -> Option<Estimate> {
        self.under(level)?.overhead()?.cpu
    }

    /// Returns the events in a millisecond of the workload's own CPU time.
    pub(super) fn rate(&self, events: Events) -> f64 {
        let count = match events {
            Events::Allocations => self.truth.allocations,
            Events::NamedValues => self.named,
        };
        count as f64 / (self.cpu_ns.value / 1e6)
    }

    pub(super) fn allocation_rate(&self) -> f64 {
        self.rate(Events::Allocations)
    }
}
