//! The evidence: the results files that claims are compared with, and the figures from them.

use crate::platform::files;
use crate::platform::files::{FileError, Versioned};
use crate::report::origin::Origin;
use crate::schedule::measurement::{Measurement, Series};
use crate::stats::estimate::Estimate;
use crate::study::claims::Seen;
use crate::study::compare::Comparison;
use crate::study::footprint::{Footprint, Footprints};
use crate::study::latency::{Latencies, Operation as Call, QUANTILES};
use crate::study::operations::OperationResults;
use crate::study::overhead::record::Results;
use crate::tracking::Level;
use crate::worker::failure::Failure;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A figure, with the workload or operation that it belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The workload, the operation or the number of threads.
    pub of: String,
    /// The figure, or the outcome of the measurement without one.
    pub seen: Result<Estimate, String>,
}

/// The results files of a folder, as far as they exist.
#[derive(Debug, Default)]
pub struct Evidence {
    overhead: Option<Results>,
    compare: Option<Comparison>,
    footprint: Option<Footprints>,
    latency: Option<Latencies>,
    operations: Option<OperationResults>,
}

/// The files, as `cargo bench` and the commands write them.
const OVERHEAD: &str = "overhead.json";
const COMPARE: &str = "compare.json";
const FOOTPRINT: &str = "footprint.json";
const LATENCY: &str = "latency.json";
const OPERATIONS: &str = "operations.json";

impl Evidence {
    /// Reads the files that exist.
    ///
    /// # Errors
    /// If a file exists and cannot be read.
    pub fn read(folder: &Path) -> Result<Self, FileError> {
        fn read<T: Versioned>(folder: &Path, name: &str) -> Result<Option<T>, FileError> {
            let path = folder.join(name);
            path.exists().then(|| files::read(&path)).transpose()
        }
        Ok(Self {
            overhead: read(folder, OVERHEAD)?,
            compare: read(folder, COMPARE)?,
            footprint: read(folder, FOOTPRINT)?,
            latency: read(folder, LATENCY)?,
            operations: read(folder, OPERATIONS)?,
        })
    }

    /// Returns the overheads of a level.
    pub fn overheads(&self, level: Level) -> Seen<'_> {
        self.of_measurements(level, |measurement| Some(measurement.overhead()?.wall))
    }

    /// Returns the CPU time that a level adds to an allocation with its free, in nanoseconds, for each workload.
    pub fn per_allocation(&self, level: Level) -> Seen<'_> {
        self.of_measurements(level, Measurement::ns_per_allocation)
    }

    fn of_measurements(&self, level: Level, of: impl Fn(&Measurement) -> Option<Estimate>) -> Seen<'_> {
        let measurements = self.overhead.iter().flat_map(|results| results.series(Series::Overhead));
        seen(
            OVERHEAD,
            self.overhead.as_ref().map(|results| &results.origin),
            figures_of_measurements(measurements, level, of),
        )
    }

    /// Returns the overheads of a level with another version.
    pub fn overheads_of(&self, version: &str, level: Level) -> Seen<'_> {
        let builds = self.compare.iter().flat_map(|comparison| &comparison.builds);
        let measurements = builds.filter(|build| build.name == version).flat_map(|build| &build.measurements);
        let figures = figures_of_measurements(measurements, level, |measurement| Some(measurement.overhead()?.wall));
        seen(COMPARE, self.compare.as_ref().map(|comparison| &comparison.origin), figures)
    }

    /// Returns a figure of the footprints of a version at a level, from each measurement that has it. `version` is a
    /// build's name.
    pub fn footprints(&self, version: &str, level: Level, of: impl Fn(&Footprint) -> Option<Estimate>) -> Seen<'_> {
        let builds = self.footprint.iter().flat_map(|footprints| &footprints.builds);
        let measurements = builds.filter(|build| build.name == version).flat_map(|build| &build.measurements);
        let figures = measurements.filter(|measurement| measurement.level == level).filter_map(|measurement| {
            let of_measurement = match measurement.threads {
                1 => measurement.workload.to_string(),
                threads => format!("{} on {threads} threads", measurement.workload),
            };
            figure(of_measurement, measurement.failure.as_ref(), of(measurement))
        });
        seen(FOOTPRINT, self.footprint.as_ref().map(|footprints| &footprints.origin), figures)
    }

    /// Returns the median time of a call under a level on one thread, in nanoseconds.
    pub fn median_call(&self, call: Call, level: Level) -> Seen<'_> {
        let measurements = self.latency.iter().flat_map(|latencies| &latencies.measurements);
        let place = QUANTILES.iter().position(|&quantile| quantile == 0.5).expect("the median is kept");
        let figures =
            measurements.filter(|measurement| measurement.threads == 1 && measurement.level == level).filter_map(
                |measurement| figure(call.name().to_owned(), measurement.failure.as_ref(), measurement.at(call, place)),
            );
        seen(LATENCY, self.latency.as_ref().map(|latencies| &latencies.origin), figures)
    }

    /// Returns the times of operations, in nanoseconds, under any level except `untracked`.
    pub fn operations(&self, names: &[&str]) -> Seen<'_> {
        let measured = self.operations.iter().flat_map(|results| &results.operations);
        let figures = measured
            .filter(|measured| names.contains(&measured.operation.as_str()) && measured.level != Level::Untracked)
            .filter_map(|measured| figure(measured.operation.clone(), measured.failure.as_ref(), measured.ns));
        seen(OPERATIONS, self.operations.as_ref().map(|results| &results.origin), figures)
    }
}

fn seen<'a>(file: &'static str, origin: Option<&'a Origin>, figures: impl Iterator<Item = Figure>) -> Seen<'a> {
    Seen { file, origin, figures: figures.collect() }
}

fn figures_of_measurements<'a>(
    measurements: impl Iterator<Item = &'a Measurement>,
    level: Level,
    of: impl Fn(&Measurement) -> Option<Estimate>,
) -> impl Iterator<Item = Figure> {
    measurements
        .filter(move |measurement| measurement.level == level)
        .filter_map(move |measurement| figure(measurement.workload.to_string(), measurement.failure(), of(measurement)))
}

/// Returns a figure or a failure; `None` if there is neither.
fn figure(of: String, failure: Option<&Failure>, estimate: Option<Estimate>) -> Option<Figure> {
    let seen = match failure {
        Some(failure) => Err(failure.label()),
        None => Ok(estimate?),
    };
    Some(Figure { of, seen })
}
