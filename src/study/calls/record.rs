//! The record: the parts of a file of calls.

use crate::platform::files::{self, FileError, Versioned};
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::study::Study;
use crate::study::calls::latency::{Operation, QUANTILES, Quantiles};
use crate::study::calls::{Batches, Latencies, Measured, Single, Singles, chart, summary};
use crate::tracking::Level;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// The version of the file's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// The cost of single calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calls {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// Repeats that were timed together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batches: Option<Batches>,
    /// Calls that were timed one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub singles: Option<Singles>,
    /// Allocations and frees in a full heap, on several threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latencies: Option<Latencies>,
}

impl Default for Calls {
    fn default() -> Self {
        Self { schema: SCHEMA, batches: None, singles: None, latencies: None }
    }
}

impl From<Batches> for Calls {
    fn from(batches: Batches) -> Self {
        Self { batches: Some(batches), ..Self::default() }
    }
}

impl From<Latencies> for Calls {
    fn from(latencies: Latencies) -> Self {
        Self { latencies: Some(latencies), ..Self::default() }
    }
}

/// A call under a level, in the parts that have it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    /// The call's name.
    pub operation: &'a str,
    /// The level that it ran under.
    pub level: Level,
    /// Its repeats together.
    pub batch: Option<&'a Measured>,
    /// Its single calls.
    pub single: Option<&'a Single>,
}

impl Calls {
    /// Reads the file of a folder; `None` if it does not exist or is empty.
    ///
    /// # Errors
    /// If it cannot be read, or is another kind of file.
    pub fn read_in(folder: &Path) -> Result<Option<Self>, FileError> {
        let path = folder.join(format!("{}.json", Self::KIND));
        fs::metadata(&path).is_ok_and(|about| about.len() > 0).then(|| files::read(&path)).transpose()
    }

    /// Returns new batches with the other parts of an earlier record. Parts of another memscope or from another machine
    /// are dropped, because their figures belong in different tables.
    #[must_use]
    pub fn with_batches(self, batches: Batches) -> Self {
        let is_alike = |origin: &Origin| {
            (&origin.memscope, &origin.machine) == (&batches.origin.memscope, &batches.origin.machine)
        };
        let Self { singles, latencies, .. } = self;
        let singles = singles.filter(|singles| is_alike(&singles.origin));
        let latencies = latencies.filter(|latencies| is_alike(&latencies.origin));
        Self { singles, latencies, ..Self::from(batches) }
    }

    /// Returns all calls under their levels: those with batches first, in their order.
    pub(crate) fn all(&self) -> Vec<Call<'_>> {
        let singles: Vec<&Single> = self.singles.iter().flat_map(|singles| &singles.calls).collect();
        let mut all: Vec<Call<'_>> = Vec::new();
        for batch in self.batches.iter().flat_map(|batches| &batches.operations) {
            let (operation, level) = (batch.operation.as_str(), batch.level);
            let single = singles.iter().find(|single| (single.operation.as_str(), single.level) == (operation, level));
            all.push(Call { operation, level, batch: Some(batch), single: single.copied() });
        }
        for single in singles {
            let (operation, level) = (single.operation.as_str(), single.level);
            if !all.iter().any(|call| (call.operation, call.level) == (operation, level)) {
                all.push(Call { operation, level, batch: None, single: Some(single) });
            }
        }
        all
    }

    /// Returns a call under a level.
    pub(crate) fn call(&self, operation: &str, level: Level) -> Option<Call<'_>> {
        self.all().into_iter().find(|call| (call.operation, call.level) == (operation, level))
    }

    /// Returns the origins of the parts, each with its columns or its table.
    pub(crate) fn origins(&self) -> Vec<(&'static str, &Origin)> {
        let batches = self.batches.as_ref().map(|batches| ("means", &batches.origin));
        let singles = self.singles.as_ref().map(|singles| ("quantiles and instructions", &singles.origin));
        let latencies = self.latencies.as_ref().map(|latencies| ("several threads", &latencies.origin));
        [batches, singles, latencies].into_iter().flatten().collect()
    }
}

impl Versioned for Calls {
    const KIND: &str = "calls";
    const WHAT: &str = "a file of calls";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Calls {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn chart(&self) -> Option<String> {
        chart::draw(self)
    }

    fn metrics(&self) -> Vec<Metric> {
        let alone = self.all().into_iter().flat_map(|call| metrics_of(&call));
        alone.chain(self.latencies.iter().flat_map(metrics_on_threads)).collect()
    }

    fn origins(&self) -> Vec<(&'static str, &Origin)> {
        Self::origins(self)
    }
}

/// The names of the quantiles in metrics for other programs.
const QUANTILE_MEASURES: [(f64, &str); 6] =
    [(0.5, "p50-ns"), (0.9, "p90-ns"), (0.99, "p99-ns"), (0.999, "p99.9-ns"), (0.9999, "p99.99-ns"), (1.0, "max-ns")];

fn metrics_of(call: &Call<'_>) -> Vec<Metric> {
    let name = format!("{}/{}", call.operation, call.level);
    let mean = call.batch.and_then(|batch| batch.ns).map(|ns| Metric::estimate(&name, "ns", ns));
    let mut metrics: Vec<Metric> = mean.into_iter().collect();
    let Some(single) = call.single else { return metrics };
    for (quantile, measure) in QUANTILE_MEASURES {
        let place = Quantiles::place(quantile);
        let time = single.at(place).filter(|_| single.has(place));
        metrics.extend(time.map(|ns| Metric::estimate(&name, measure, ns)));
    }
    metrics.extend(single.counted.map(|counted| Metric::plain(&name, "instructions", counted.each())));
    metrics
}

fn metrics_on_threads(latencies: &Latencies) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for measurement in latencies.measurements.iter().filter(|measurement| measurement.failure.is_none()) {
        for operation in Operation::REPORTED {
            let name = format!("{}/{}/threads-{}", operation.name(), measurement.level, measurement.threads);
            metrics.extend(measurement.mean(operation).map(|ns| Metric::estimate(&name, "ns", ns)));
            for (place, quantile) in QUANTILES.iter().enumerate() {
                let shown = QUANTILE_MEASURES.iter().find(|(shown, _)| shown == quantile);
                let time =
                    shown.and_then(|(_, measure)| Some((*measure, latencies.at(measurement, operation, place)?)));
                metrics.extend(time.map(|(measure, ns)| Metric::estimate(&name, measure, ns)));
            }
            metrics.push(Metric::plain(&name, "calls", latencies.calls(measurement.threads) as f64));
        }
    }
    metrics
}
