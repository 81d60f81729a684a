//! The evidence: the results files that claims are compared with, and their figures.

use crate::platform::files::{self, FileError, Versioned};
use crate::report::origin::Origin;
use crate::schedule::measurement::{Measurement, Series};
use crate::stats::estimate::Estimate;
use crate::study::accuracy::{Accuracy, BuildAccuracy};
use crate::study::calls::latency::{Operation as Call, Quantiles};
use crate::study::calls::{Batches, Calls, Latencies};
use crate::study::claims::Seen;
use crate::study::claims::source::exact;
use crate::study::compare::{Comparison, variation};
use crate::study::footprint::summary::is_unclear;
use crate::study::footprint::{Footprint, Footprints};
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
    /// The degrees of freedom of the interval's lower end, if that is by Student's t over passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freedom: Option<usize>,
}

/// A figure with the degrees of freedom of its interval's lower end, if that is by Student's t.
pub(super) type Quantified = (Estimate, Option<usize>);

/// The results files of a folder, if they exist.
#[derive(Debug, Default)]
pub struct Evidence {
    overhead: Option<Results>,
    compare: Option<Comparison>,
    footprint: Option<Footprints>,
    /// The parts of the file of calls, each with the name of its file: earlier versions had a file for each.
    latency: Option<(&'static str, Latencies)>,
    operations: Option<(&'static str, Batches)>,
    accuracy: Option<Accuracy>,
}

/// The files, as `cargo bench` and the commands write them.
const OVERHEAD: &str = "overhead.json";
const COMPARE: &str = "compare.json";
const FOOTPRINT: &str = "footprint.json";
const CALLS: &str = "calls.json";
const LATENCY: &str = "latency.json";
const OPERATIONS: &str = "operations.json";
const ACCURACY: &str = "accuracy.json";

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
        fn part<T: Versioned>(
            part: Option<T>,
            folder: &Path,
            former: &'static str,
        ) -> Result<Option<(&'static str, T)>, FileError> {
            match part {
                Some(part) => Ok(Some((CALLS, part))),
                None => Ok(read(folder, former)?.map(|part| (former, part))),
            }
        }
        let Calls { batches, latencies, .. } = read(folder, CALLS)?.unwrap_or_default();
        Ok(Self {
            overhead: read(folder, OVERHEAD)?,
            compare: read(folder, COMPARE)?,
            footprint: read(folder, FOOTPRINT)?,
            latency: part(latencies, folder, LATENCY)?,
            operations: part(batches, folder, OPERATIONS)?,
            accuracy: read(folder, ACCURACY)?,
        })
    }

    /// Returns a quantity of the linked version at a level, for each workload.
    pub(super) fn of_linked(&self, level: Level, of: impl Fn(&Measurement) -> Option<Quantified>) -> Seen<'_> {
        let measurements = self.overhead.iter().flat_map(|results| results.series(Series::Overhead));
        let origin = self.overhead.as_ref().map(|results| &results.origin);
        seen(OVERHEAD, origin, figures_of_measurements(measurements, level, of))
    }

    /// Returns a quantity of a build at a level, for each workload.
    pub(super) fn of_build(
        &self,
        build: &str,
        level: Level,
        of: impl Fn(&Measurement) -> Option<Quantified>,
    ) -> Seen<'_> {
        let builds = self.compare.iter().flat_map(|comparison| &comparison.builds);
        let measurements = builds.filter(|known| known.name == build).flat_map(|known| &known.measurements);
        let origin = self.compare.as_ref().map(|comparison| &comparison.origin);
        let not_included = self.compare.as_ref().and_then(variation::sentence);
        Seen { not_included, ..seen(COMPARE, origin, figures_of_measurements(measurements, level, of)) }
    }

    /// Returns a figure of the footprints of a build at a level, from each measurement that has it.
    pub(super) fn footprints(
        &self,
        build: &str,
        level: Level,
        of: impl Fn(&Footprint) -> Option<Estimate>,
    ) -> Seen<'_> {
        let builds = self.footprint.iter().flat_map(|footprints| &footprints.builds);
        let measurements = builds.filter(|known| known.name == build).flat_map(|known| &known.measurements);
        let figures = measurements.filter(|measurement| measurement.level == level).filter_map(|measurement| {
            let of_measurement = match measurement.threads {
                1 => measurement.workload.to_string(),
                threads => format!("{} on {threads} threads", measurement.workload),
            };
            let clear = of(measurement).filter(|&estimate| !is_unclear(estimate));
            figure(of_measurement, measurement.failure.as_ref(), clear)
        });
        seen(FOOTPRINT, self.footprint.as_ref().map(|footprints| &footprints.origin), figures)
    }

    /// Returns the median time of an allocation under a level on one thread, in nanoseconds.
    pub(super) fn median_allocation(&self, level: Level) -> Seen<'_> {
        let call = Call::Allocating;
        let measurements = self.latency.iter().flat_map(|(_, latencies)| &latencies.measurements);
        let place = Quantiles::place(0.5);
        let figures =
            measurements.filter(|measurement| measurement.threads == 1 && measurement.level == level).filter_map(
                |measurement| figure(call.name().to_owned(), measurement.failure.as_ref(), measurement.at(call, place)),
            );
        let file = self.latency.as_ref().map_or(CALLS, |(file, _)| *file);
        seen(file, self.latency.as_ref().map(|(_, latencies)| &latencies.origin), figures)
    }

    /// Returns the times of this many repetitions of operations, in nanoseconds, under any level except `untracked`.
    pub(super) fn operations(&self, names: &[String], times: f64) -> Seen<'_> {
        let measured = self.operations.iter().flat_map(|(_, results)| &results.operations);
        let of_all =
            |one: Estimate| Estimate { value: times * one.value, low: times * one.low, high: times * one.high };
        let figures = measured
            .filter(|measured| names.contains(&measured.operation) && measured.level != Level::Untracked)
            .filter_map(|measured| {
                figure(measured.operation.clone(), measured.failure.as_ref(), measured.ns.map(of_all))
            });
        let file = self.operations.as_ref().map_or(CALLS, |(file, _)| *file);
        seen(file, self.operations.as_ref().map(|(_, results)| &results.origin), figures)
    }

    /// Returns the part of the facts of promises that a build reports correctly. A version that makes no such promise
    /// has no figure.
    pub(super) fn truth(&self, build: &str, promises: &[String]) -> Seen<'_> {
        let builds = self.accuracy.iter().flat_map(|accuracy| &accuracy.builds);
        let builds: Vec<&BuildAccuracy> = builds.filter(|known| known.name == build).collect();
        let outcomes = builds.iter().flat_map(|known| &known.promises);
        let figures = outcomes.filter(|outcome| promises.contains(&outcome.promise)).filter_map(|outcome| {
            let failure = outcome.failure.as_ref().filter(|_| outcome.status().is_made());
            figure(outcome.promise.clone(), failure, outcome.truth().map(exact))
        });
        let origin = self.accuracy.as_ref().map(|accuracy| &accuracy.origin);
        let mut seen = seen(ACCURACY, origin, figures);
        if seen.origin.is_some() && seen.figures.is_empty() {
            seen.lack = Some(match builds.as_slice() {
                [] => format!("accuracy.json has no {build}: add it to `accuracy`, or use `accuracy --published`"),
                known if known.iter().any(|known| known.failure.is_some()) => format!("{build} was not built"),
                _ => format!("{build} was not tested, or the adapter knows no such report of it"),
            });
        }
        seen
    }
}

fn seen<'a>(file: &'static str, origin: Option<&'a Origin>, figures: impl Iterator<Item = Figure>) -> Seen<'a> {
    let figures: Vec<Figure> = figures.collect();
    let lack = match origin {
        None => Some(format!("{file} is missing")),
        Some(_) if figures.is_empty() => Some(format!("{file} has no such figure")),
        Some(_) => None,
    };
    Seen { file, origin, figures, lack, not_included: None }
}

fn figures_of_measurements<'a>(
    measurements: impl Iterator<Item = &'a Measurement>,
    level: Level,
    of: impl Fn(&Measurement) -> Option<Quantified>,
) -> impl Iterator<Item = Figure> {
    measurements.filter(move |measurement| measurement.level == level).filter_map(move |measurement| {
        let (estimate, freedom) = of(measurement).unzip();
        let figure = figure(measurement.workload.to_string(), measurement.failure(), estimate)?;
        Some(Figure { freedom: freedom.flatten(), ..figure })
    })
}

/// Returns a figure or a failure; `None` if there is neither. A process that was prevented from running, or a missing
/// feature, does not break a claim.
fn figure(of: String, failure: Option<&Failure>, estimate: Option<Estimate>) -> Option<Figure> {
    let seen = match failure {
        Some(Failure::Unsupported { .. } | Failure::Prevented { .. }) => return None,
        Some(failure) => Err(failure.label()),
        None => Ok(estimate?),
    };
    Some(Figure { of, seen, freedom: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::footprint::{BuildFootprints, Point, SCHEMA};
    use crate::workloads::Workload;

    #[test]
    fn only_failures_of_the_tracker_count_as_figures() {
        let of = |failure: Failure| figure("cycles".to_owned(), Some(&failure), None).map(|figure| figure.seen);
        assert_eq!(of(Failure::TimedOut { seconds: 9 }), Some(Err("timed-out".to_owned())));
        let why = || "it is not there".to_owned();
        assert_eq!([Failure::Unsupported { why: why() }, Failure::Prevented { why: why() }].map(of), [None, None]);
        assert_eq!(figure("cycles".to_owned(), None, None), None);
    }

    #[test]
    fn bytes_within_random_variation_are_no_figure() {
        // Random variation is added to, or subtracted from, 100 bytes for each live allocation.
        let measured = |chance: f64| {
            let point = |n: u64| {
                let moved = if n.is_multiple_of(2) { chance } else { -chance };
                Point {
                    scale: n as f64,
                    events: 1_000 * n,
                    fidelity: Some(1.0),
                    live_allocations: 100 * n,
                    peak_bytes: (1e6 + 1e4 * n as f64 + moved) as u64,
                    kept_bytes: 0,
                }
            };
            let (workload, level, points) = (Workload::CYCLES, Level::Full, (8..33).map(point).collect());
            Footprint { workload, level, threads: 1, seed: 1, points, peaks: Vec::new(), failure: None }
        };
        let shown = |chance: f64| {
            let measurements = vec![measured(chance)];
            let build = BuildFootprints { name: "0.2.0".to_owned(), memscope: None, not_built: None, measurements };
            let origin = Origin::here("memscope-bench footprint".to_owned());
            let footprint = Some(Footprints { schema: SCHEMA, origin, builds: vec![build] });
            let evidence = Evidence { footprint, ..Evidence::default() };
            let seen = evidence.footprints("0.2.0", Level::Full, Footprint::bytes_per_live_allocation);
            (seen.figures.len(), seen.lack.is_some())
        };
        assert_eq!((shown(0.0), shown(5e5)), ((1, false), (0, true)));
    }
}
