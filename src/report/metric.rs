//! Figures for other programs, each with the names of its benchmark and its measure.

use crate::stats::estimate::Estimate;

/// A figure of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// The benchmark: `cycles/full`.
    pub benchmark: String,
    /// The measure, with its unit if it has one: `overhead`, `ns-per-allocation`.
    pub measure: &'static str,
    /// The figure.
    pub value: f64,
    /// The lower end of its 95 % interval.
    pub low: Option<f64>,
    /// The upper end of its 95 % interval.
    pub high: Option<f64>,
}

impl Metric {
    /// Returns a figure with its interval.
    pub fn estimate(
        benchmark: impl Into<String>,
        measure: &'static str,
        Estimate { value, low, high }: Estimate,
    ) -> Self {
        Self { benchmark: benchmark.into(), measure, value, low: Some(low), high: Some(high) }
    }

    /// Returns a figure without an interval.
    pub fn plain(benchmark: impl Into<String>, measure: &'static str, value: f64) -> Self {
        Self { benchmark: benchmark.into(), measure, value, low: None, high: None }
    }
}
