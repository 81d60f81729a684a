//! Log scales: the position of a value, and the scale of ratios from a little below 1 to a little above the maximum.

use crate::report::chart::canvas::{centred, dot, line, rectangle, telling};
use crate::report::number;
use crate::stats::estimate::Estimate;
use svg::node::element::Group;

/// A scale of ratios, from left to right.
pub(crate) struct RatioAxis {
    left: f64,
    right: f64,
    least: f64,
    greatest: f64,
}

impl RatioAxis {
    /// Returns the scale that fits all of these ratios, between two positions of the chart.
    pub(crate) fn of(ratios: impl Iterator<Item = Estimate> + Clone, left: f64, right: f64) -> Self {
        // A logarithmic scale has no place for zero.
        let shown = |ratio: &f64| ratio.is_finite() && *ratio > 0.0;
        Self {
            left,
            right,
            least: ratios.clone().map(|wall| wall.low).filter(shown).fold(0.9, f64::min) * 0.96,
            greatest: ratios.clone().map(|wall| wall.high).filter(shown).fold(2.0, f64::max) * 1.09,
        }
    }

    /// Returns the position of a ratio.
    pub(crate) fn x(&self, ratio: f64) -> f64 {
        self.left + part(ratio, (self.least, self.greatest)) * (self.right - self.left)
    }

    /// Draws the rules between two heights, and the ratios below them.
    pub(crate) fn draw(&self, top: f64, bottom: f64) -> Group {
        /// A longer scale labels only each second or third figure of its decades.
        const LONG: f64 = 30.0;
        let digits: &[f64] = if self.greatest / self.least > LONG { &[1.0, 3.0] } else { &[1.0, 2.0, 3.0, 5.0] };
        let mut axis = Group::new();
        let ticks = (-2..6).flat_map(|power| digits.iter().map(move |digit| digit * 10_f64.powi(power)));
        for ratio in ticks.filter(|&ratio| self.least <= ratio && ratio <= self.greatest) {
            let x = self.x(ratio);
            let is_none = ratio == 1.0;
            let label = if is_none { "none".to_owned() } else { format!("×{}", number::short_count(ratio)) };
            let class = if is_none { "small strong" } else { "small faint" };
            axis = axis.add(line(x, top, x, bottom, "rule")).add(centred(x, bottom + 17.0, class, label));
        }
        axis
    }

    /// Draws the band of a noise floor, up and down from no change; nothing if it was not measured.
    pub(crate) fn noise(&self, floor: Option<f64>, top: f64, bottom: f64) -> Group {
        let Some(ratio) = floor else { return Group::new() };
        let (from, to) = (self.x(ratio.min(1.0 / ratio)), self.x(ratio.max(1.0 / ratio)));
        telling(format!("Noise floor: untracked against itself differs by up to {} %", number::percent(ratio)))
            .add(rectangle(from, top, (to - from).max(1.0), bottom - top, "faint area"))
    }

    /// Draws a figure with its interval: a whisker and a dot, each with its class.
    pub(crate) fn mark(&self, estimate: Estimate, y: f64, whisker: &str, middle: &str) -> Group {
        Group::new()
            .add(line(self.x(estimate.low), y, self.x(estimate.high), y, &format!("whisker {whisker}")))
            .add(dot(self.x(estimate.value), y, 5.0, middle))
    }
}

/// Returns the position of a value within a range on a log scale, from 0 to 1.
pub(crate) fn part(value: f64, (least, greatest): (f64, f64)) -> f64 {
    // In this order, NaN is placed at 0.
    let value = value.clamp(least, greatest).max(least);
    (value / least).ln() / (greatest / least).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_within_the_axis() {
        let places = [1.0, 10.0, 100.0, 0.0, -5.0, 1e9, f64::NAN, f64::INFINITY].map(|value| part(value, (1.0, 100.0)));
        assert_eq!(places, [0.0, 0.5, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0]);
    }

    #[test]
    fn every_ratio_lies_within_the_sheet() {
        let axis = RatioAxis { left: 100.0, right: 300.0, least: 0.5, greatest: 8.0 };
        let places =
            [0.5, 2.0, 8.0, 0.1, 100.0, 0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(|x| axis.x(x));
        assert_eq!(places, [100.0, 200.0, 300.0, 100.0, 300.0, 100.0, 100.0, 100.0, 300.0, 100.0]);
    }
}
