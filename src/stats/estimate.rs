//! A figure with its confidence interval.

use serde::{Deserialize, Serialize};

/// A figure with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The figure: a median.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

impl Estimate {
    /// Whether the interval of a ratio includes 1: then no difference was seen.
    pub fn includes_none(&self) -> bool {
        self.low <= 1.0 && 1.0 <= self.high
    }

    /// How far a ratio is from 1, up or down alike: the size of its logarithm.
    pub fn distance_from_none(&self) -> f64 {
        self.value.ln().abs()
    }

    /// The half-width of the interval, in percent of the figure; infinite where the figure is none.
    pub fn half_width_percent(&self) -> f64 {
        let percent = (self.high - self.low) / 2.0 / self.value * 100.0;
        if percent.is_finite() { percent.abs() } else { f64::INFINITY }
    }
}
