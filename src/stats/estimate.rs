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

/// The width of a 95 % interval in standard errors.
pub(crate) const STANDARD_ERRORS: f64 = 2.0 * 1.959_963_985;

impl Estimate {
    /// Returns the standard error of the logarithm of a ratio, from the width of its interval.
    pub(crate) fn log_error(&self) -> f64 {
        (self.high / self.low).ln() / STANDARD_ERRORS
    }

    /// Returns the difference of the logarithms of two independent ratios, in units of its standard error; `None` if
    /// neither has an error.
    pub(crate) fn log_difference(&self, other: &Self) -> Option<f64> {
        let difference = (self.value / other.value).ln() / self.log_error().hypot(other.log_error());
        difference.is_finite().then_some(difference)
    }

    /// Returns whether the interval of a ratio contains 1, so that the difference is not significant.
    pub fn contains_one(&self) -> bool {
        self.low <= 1.0 && 1.0 <= self.high
    }

    /// Returns whether the interval of a ratio lies within a threshold around 1, in percent, up or down.
    pub(crate) fn is_within(&self, threshold: f64) -> bool {
        let factor = 1.0 + threshold / 100.0;
        1.0 / factor <= self.low && self.high <= factor
    }

    /// Returns the absolute logarithm of a ratio: its distance from 1 in either direction.
    pub fn abs_log_ratio(&self) -> f64 {
        self.value.ln().abs()
    }

    /// Returns the half-width of the interval, in percent of the figure; infinite if that is undefined.
    pub fn half_width_percent(&self) -> f64 {
        let percent = (self.high - self.low) / 2.0 / self.value * 100.0;
        if percent.is_finite() { percent.abs() } else { f64::INFINITY }
    }
}
