//! The resolution of a machine: a self-check measures how much figures of equal builds differ, and later checks on the
//! same machine use no smaller thresholds.

use super::axis::Axis;
use super::budget::Budget;
use super::row::Row;
use crate::study::counts::Metric;
use crate::tracking::Level;
use serde::{Deserialize, Serialize};

/// The factor by which a change must exceed the differences of equal builds, since one check measures one random sample
/// of them.
const FACTOR: f64 = 2.0;

/// The differences of equal builds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resolution {
    /// The axis.
    pub axis: Axis,
    /// The level.
    #[serde(rename = "tracking")]
    pub level: Option<Level>,
    /// The greatest change over all places, in percent.
    pub percent: f64,
}

/// Returns whether a row has counts that differ by too little for any verdict, such as a few page faults.
fn is_tiny(row: &Row) -> bool {
    let metric = Metric::ALL.into_iter().find(|&metric| Axis::of_metric(metric) == Some(row.axis));
    let (Some(metric), Some(base), Some(head)) = (metric, row.base, row.head) else { return false };
    (head - base).abs() <= metric.least() as f64
}

/// Returns the differences of the rows of a build against itself, on each axis at each level.
pub(super) fn resolutions(rows: &[Row]) -> Vec<Resolution> {
    let mut found: Vec<Resolution> = Vec::new();
    for row in rows {
        let Some(change) = row.change.filter(|_| !is_tiny(row)) else { continue };
        let percent = (change.abs_log_ratio().exp() - 1.0) * 100.0;
        // One of the two is zero.
        if !percent.is_finite() {
            continue;
        }
        match found.iter_mut().find(|known| (known.axis, known.level) == (row.axis, row.place.level)) {
            Some(known) => known.percent = known.percent.max(percent),
            None => found.push(Resolution { axis: row.axis, level: row.place.level, percent }),
        }
    }
    found
}

/// The changes up to which there is no verdict.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thresholds<'a> {
    /// The project's budget.
    pub budget: &'a Budget,
    /// The machine's resolutions.
    pub resolutions: &'a [Resolution],
}

impl Thresholds<'_> {
    /// Returns the threshold of an axis at a level, in percent. Times have intervals instead.
    pub(super) fn percent(&self, axis: Axis, level: Option<Level>) -> f64 {
        let accepted = self.budget.threshold_percent(axis, level);
        if matches!(axis, Axis::CpuTime | Axis::WallTime) {
            return accepted;
        }
        let of_axis = self.resolutions.iter().find(|known| (known.axis, known.level) == (axis, level));
        of_axis.map_or(accepted, |known| accepted.max(FACTOR * known.percent))
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::Place;
    use super::*;
    use crate::workloads::Workload;

    #[test]
    fn the_resolution_of_a_machine_only_raises_thresholds() {
        let row =
            |workload, figures| Row::exact(Axis::PageFaults, Place::workload(workload, Level::Full), figures, 2.0, 0.0);
        // A few page faults are no property of a machine, even if there are as few in all.
        let rows = [
            row(Workload::CYCLES, [10_000.0, 10_500.0]),
            row(Workload::LEAKS, [10_000.0, 9_900.0]),
            row(Workload::CONCURRENT, [53.0, 73.0]),
            row(Workload::HIERARCHIES, [1.0, 0.0]),
            row(Workload::STRUCTURES, [100.0, 0.0]),
        ];
        let resolutions = resolutions(&rows);
        let thresholds = Thresholds { budget: &Budget::default(), resolutions: &resolutions };
        assert!((thresholds.percent(Axis::PageFaults, Some(Level::Full)) - 10.0).abs() < 1e-9);
        assert_eq!(thresholds.percent(Axis::PageFaults, Some(Level::Variables)), 2.0, "another level");
        assert_eq!(thresholds.percent(Axis::DataMisses, Some(Level::Full)), 3.0, "another axis");
        let calm = [Resolution { axis: Axis::PageFaults, level: Some(Level::Full), percent: 0.01 }];
        let thresholds = Thresholds { budget: &Budget::default(), resolutions: &calm };
        assert_eq!(thresholds.percent(Axis::PageFaults, Some(Level::Full)), 2.0);
    }
}
