//! The place of a warning among the measurements of a run.

use crate::schedule::measurement::{Measurement, Overhead};
use crate::study::overhead::record::Results;
use std::fmt;

/// The place of a warning: the worst measurement, and the number of those affected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name of the worst measurement.
    pub worst: String,
    /// The number of affected measurements, including the worst.
    pub measurements: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.measurements {
            1 => f.write_str(&self.worst),
            measurements => write!(f, "{} (worst of {measurements})", self.worst),
        }
    }
}

/// Applies a check to every measurement with an overhead. Returns the place of the worst result, with that result.
pub(super) fn worst<T>(
    results: &Results,
    seen: impl Fn(&Measurement, &Overhead) -> Option<T>,
    badness: impl Fn(&T) -> f64,
) -> Option<(Place, T)> {
    let measured = results.measurements.iter().filter(|measurement| measurement.failure().is_none());
    let found: Vec<(&Measurement, T)> = measured
        .filter_map(|measurement| Some((measurement, seen(measurement, measurement.outcome.measured()?)?)))
        .collect();
    let measurements = found.len();
    let (measurement, seen) = found.into_iter().max_by(|a, b| badness(&a.1).total_cmp(&badness(&b.1)))?;
    Some((Place { worst: measurement.name(), measurements }, seen))
}
