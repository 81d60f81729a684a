//! The evidence: the results files that claims are held against, and the figures that are drawn from them.

use crate::platform::files;
use crate::platform::files::{FileError, Versioned};
use crate::report::origin::Origin;
use crate::schedule::measurement::{Cell, Overhead, Series};
use crate::stats::estimate::Estimate;
use crate::study::claims::Seen;
use crate::study::compare::Comparison;
use crate::study::footprint::{Footprint, Footprints};
use crate::study::latency::{Latencies, Operation as Call, QUANTILES};
use crate::study::operations::OperationResults;
use crate::study::overhead::record::Results;
use crate::tracking::Level;
use crate::worker::failure::Failure;
use std::path::Path;

/// A figure, and what it is of.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The workload, the operation or the number of threads.
    pub of: String,
    /// The figure, or how what was to give it ended.
    pub seen: Result<Estimate, String>,
}

/// The results files of a folder, as far as they are there.
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
    /// Reads what is there.
    ///
    /// # Errors
    /// If a file is there and cannot be read.
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

    /// What the workloads cost under a level.
    pub fn overheads(&self, level: Level) -> Seen<'_> {
        self.of_cells(level, |overhead| Some(overhead.wall))
    }

    /// What an allocation with its free costs more under a level, in nanoseconds, over each workload.
    pub fn per_allocation(&self, level: Level) -> Seen<'_> {
        self.of_cells(level, |overhead| overhead.ns_per_allocation)
    }

    fn of_cells(&self, level: Level, of: impl Fn(&Overhead) -> Option<Estimate>) -> Seen<'_> {
        let cells = self.overhead.iter().flat_map(|results| results.series(Series::Overhead));
        seen(OVERHEAD, self.overhead.as_ref().map(|results| &results.origin), figures_of_cells(cells, level, of))
    }

    /// What the workloads cost under a level with another version.
    pub fn overheads_of(&self, version: &str, level: Level) -> Seen<'_> {
        let subjects = self.compare.iter().flat_map(|comparison| &comparison.subjects);
        let cells = subjects.filter(|subject| subject.name == version).flat_map(|subject| &subject.cells);
        let figures = figures_of_cells(cells, level, |overhead| Some(overhead.wall));
        seen(COMPARE, self.compare.as_ref().map(|comparison| &comparison.origin), figures)
    }

    /// A figure of footprints: of this version, or of the program's own if none is named, in each cell that has it.
    pub fn footprints(&self, version: &str, level: Level, of: impl Fn(&Footprint) -> Option<Estimate>) -> Seen<'_> {
        let subjects = self.footprint.iter().flat_map(|footprints| &footprints.subjects);
        let cells = subjects.filter(|subject| subject.name == version).flat_map(|subject| &subject.cells);
        let figures = cells.filter(|cell| cell.level == level).filter_map(|cell| {
            let of_cell = match cell.threads {
                1 => cell.workload.to_string(),
                threads => format!("{} on {threads} threads", cell.workload),
            };
            figure(of_cell, cell.failure.as_ref(), of(cell))
        });
        seen(FOOTPRINT, self.footprint.as_ref().map(|footprints| &footprints.origin), figures)
    }

    /// The median time of a call under a level on one thread, in nanoseconds.
    pub fn median_call(&self, call: Call, level: Level) -> Seen<'_> {
        let cells = self.latency.iter().flat_map(|latencies| &latencies.cells);
        let place = QUANTILES.iter().position(|&quantile| quantile == 0.5).expect("the median is kept");
        let figures = cells
            .filter(|cell| cell.threads == 1 && cell.level == level)
            .filter_map(|cell| figure(call.name().to_owned(), cell.failure.as_ref(), cell.at(call, place)));
        seen(LATENCY, self.latency.as_ref().map(|latencies| &latencies.origin), figures)
    }

    /// The time of operations, in nanoseconds, under any level but untracked.
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

fn figures_of_cells<'a>(
    cells: impl Iterator<Item = &'a Cell>,
    level: Level,
    of: impl Fn(&Overhead) -> Option<Estimate>,
) -> impl Iterator<Item = Figure> {
    cells.filter(move |cell| cell.level == level).filter_map(move |cell| {
        figure(cell.workload.to_string(), cell.failure.as_ref(), cell.overhead.as_ref().and_then(&of))
    })
}

/// A figure or a failure; `None` where there is neither.
fn figure(of: String, failure: Option<&Failure>, estimate: Option<Estimate>) -> Option<Figure> {
    let seen = match failure {
        Some(failure) => Err(failure.label()),
        None => Ok(estimate?),
    };
    Some(Figure { of, seen })
}
