//! Programs: places real programs and the stress workloads on one axis, the allocations per millisecond of a program's
//! own CPU time, and fits the curve of the overhead over it.
//!
//! Overheads are measured in pairs; a counted process of each workload gives its allocations.

pub mod chart;
mod curve;
mod likeness;
mod profile;
mod summary;

use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::schedule::measurement::{Clock, Measurement};
use crate::study::Study;
use crate::study::control::{ControlFailure, control_failure};
use crate::study::overhead::metrics;
use crate::tracking::Level;
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::probe::{Request, Truth};
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// The version of the file's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// Programs and stress workloads under some levels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Programs {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The origin.
    #[serde(flatten)]
    pub origin: Origin,
    /// The overheads, in order.
    pub measurements: Vec<Measurement>,
    /// The allocations of each workload.
    pub counts: Vec<Counted>,
}

/// The allocations of a workload in one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    /// The workload.
    pub workload: Workload,
    /// The number of values that it names to the tracker.
    pub named: u64,
    /// The events, by the harness's counters; `None` if the process failed.
    pub truth: Option<Truth>,
    /// The failure of the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

impl Counted {
    /// Runs a workload once under the harness's counters.
    pub fn of(launcher: &Launcher, request: Request) -> Self {
        let workload = request.workload;
        match launcher.run(&Request { level: Level::Counting, count: true, ..request }) {
            Ok(seen) => Self { workload, named: seen.variables, truth: seen.truth, failure: None },
            Err(failure) => Self { workload, named: 0, truth: None, failure: Some(failure) },
        }
    }
}

impl Versioned for Programs {
    const KIND: &str = "programs";
    const WHAT: &str = "a file of programs";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Programs {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn chart(&self) -> Option<String> {
        Some(chart::draw(self))
    }

    fn metrics(&self) -> Vec<Metric> {
        let costs = self
            .measurements
            .iter()
            .flat_map(|measurement| metrics::of_measurement(&metrics::name(measurement), measurement));
        let rates = self.profiles().into_iter().map(|profile| {
            Metric::plain(profile.workload.name(), "allocations-per-millisecond", profile.allocation_rate())
        });
        costs.chain(rates).chain(self.curves().iter().flat_map(curve::metrics)).collect()
    }

    fn origins(&self) -> Vec<(&'static str, &Origin)> {
        vec![("", &self.origin)]
    }

    fn control_failure(&self) -> Option<ControlFailure> {
        control_failure(&self.measurements, Clock::Cpu)
    }

    fn left_out(&self) -> Vec<String> {
        let name = |measurement: &Measurement| metrics::left_out(&metrics::name(measurement), measurement);
        self.measurements.iter().filter_map(name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::files;
    use crate::schedule::measurement::Pair;
    use std::path::Path;

    fn kept() -> Programs {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/programs-v1.json");
        files::read(&path).expect("a file of programs")
    }

    /// Returns the programs with one workload's figures in place of another's.
    fn with_twins(mut programs: Programs, one: Workload, other: Workload) -> Programs {
        programs.measurements.retain(|measurement| measurement.workload != other);
        let twins = programs.measurements.clone().into_iter().filter(|measurement| measurement.workload == one);
        programs.measurements.extend(twins.map(|twin| Measurement { workload: other, ..twin }));
        let truth = programs.counts.iter().find(|counted| counted.workload == one).expect("it is counted").clone();
        programs.counts.retain(|counted| counted.workload != other);
        programs.counts.push(Counted { workload: other, ..truth });
        programs
    }

    #[test]
    fn the_twin_of_another_workload_is_redundant() {
        let [json, fft] = ["json", "fft"].map(|name| Workload::try_from(name.to_owned()).expect("a known name"));
        let are_alike = |programs: &Programs| {
            let likeness = programs.likeness().expect("enough workloads");
            likeness.redundant().iter().any(|pair| [pair.one, pair.other] == [json, fft])
        };
        assert!(!are_alike(&kept()));
        let twins = with_twins(kept(), json, fft);
        assert!(are_alike(&twins));
        let text = format!("{:?}", twins.summary());
        assert!(text.contains("so one of the two may be redundant: ") && text.contains("json and fft"), "{text}");
    }

    #[test]
    fn a_workload_without_figures_is_left_out_and_named() {
        let mut programs = kept();
        let failed = programs.counts[0].workload;
        let failure = Failure::TimedOut { seconds: 60 };
        programs.counts[0] = Counted { workload: failed, named: 0, truth: None, failure: Some(failure) };
        assert_eq!(programs.profiles().len(), kept().profiles().len() - 1);
        let text = format!("{:?}", programs.summary());
        assert!(text.contains(&format!("{failed}: counted, it")), "{text}");
        programs.counts.clear();
        assert!(programs.likeness().is_none() && programs.curves().is_empty());
        assert!(programs.chart().is_some_and(|picture| picture.contains("no level has a curve")));
    }

    #[test]
    fn samples_without_kernel_time_omit_that_feature() {
        let mut programs = kept();
        let features = |programs: &Programs| programs.likeness().expect("enough workloads").features;
        assert!(features(&programs).iter().any(|name| name == "kernel's share"));
        let forget = |pair: &mut Pair| pair.untracked.kernel_ns = None;
        programs.measurements[0].pairs.iter_mut().for_each(forget);
        assert_eq!(features(&programs).len(), features(&kept()).len() - 1);
    }
}
