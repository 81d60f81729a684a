//! The scale of a level.

use super::list::AXIS;
use crate::report::chart::canvas::{centred, line, rectangle};
use crate::stats::estimate::Estimate;
use crate::study::compare::Comparison;
use crate::tracking::Level;
use svg::node::element::Group;

/// The scale of a level. It is about linear near a ratio of 1 and logarithmic beyond [`FINE`](Self::FINE), so both a
/// change of 10 % and one of ×10 are visible.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    pub(super) least: f64,
    pub(super) greatest: f64,
    /// The threshold, as a ratio.
    pub(super) threshold: f64,
}

impl Axis {
    /// The change, as a logarithm, up to which the scale is about linear.
    const FINE: f64 = 0.08;
    /// The ratios that get a tick if they fit, the most important first.
    const TICKS: [f64; 21] = [
        1.0, 10.0, 0.1, 100.0, 0.01, 2.0, 0.5, 1.2, 0.8, 1.1, 0.9, 1.05, 0.95, 1.5, 0.7, 3.0, 0.3, 5.0, 0.2, 1.02, 0.98,
    ];

    pub(super) fn of(comparison: &Comparison, level: Level) -> Self {
        let rows = comparison.differences.iter().filter(|row| row.level == level).filter_map(|row| row.ratio);
        let typical = comparison.typical.iter().filter(|row| row.level == level).map(|row| row.ratio);
        let ratios: Vec<Estimate> = rows.chain(typical).collect();
        let threshold = 1.0 + comparison.threshold_percent / 100.0;
        Self {
            least: ratios.iter().map(|ratio| ratio.low).fold(0.92, f64::min),
            greatest: ratios.iter().map(|ratio| ratio.high).fold(1.08, f64::max),
            threshold,
        }
    }

    pub(super) fn place(ratio: f64) -> f64 {
        (ratio.ln() / Self::FINE).asinh()
    }

    /// Returns the position of a ratio along the scale, from 0 to 1.
    pub(super) fn part(self, ratio: f64) -> f64 {
        /// The margin beyond the extremes, so that no mark touches the edge.
        const ROOM: f64 = 0.03;
        let (from, to) = (Self::place(self.least), Self::place(self.greatest));
        (ROOM + (Self::place(ratio) - from) / (to - from) * (1.0 - 2.0 * ROOM)).clamp(0.0, 1.0)
    }

    /// Returns both ends of the band of changes below the threshold.
    pub(super) fn band(self) -> (f64, f64) {
        (self.part(1.0 / self.threshold), self.part(self.threshold))
    }

    /// Returns the ticks that are at least this far apart on a scale of this length, with their labels.
    pub(super) fn ticks(self, length: f64, apart: f64) -> Vec<(f64, String)> {
        let mut ticks: Vec<f64> = Vec::new();
        for ratio in Self::TICKS.into_iter().filter(|&ratio| self.least <= ratio && ratio <= self.greatest) {
            let is_free = |&other: &f64| (self.part(other) - self.part(ratio)).abs() * length >= apart;
            if ticks.iter().all(is_free) {
                ticks.push(ratio);
            }
        }
        let word = |ratio: f64| match ratio {
            1.0 => "0 %".to_owned(),
            large if large > 2.0 => format!("×{large}"),
            small => format!("{:+.0} %", (small - 1.0) * 100.0).replace('-', "−"),
        };
        ticks.into_iter().map(|ratio| (ratio, word(ratio))).collect()
    }

    /// Draws the scale of the list at a height.
    pub(super) fn across(self, height: f64, top: f64) -> Group {
        let length = AXIS.1 - AXIS.0;
        let x = |part: f64| AXIS.0 + part * length;
        let (from, to) = self.band();
        let mut axis = Group::new().add(rectangle(AXIS.0, top, length, height, "panel")).add(rectangle(
            x(from),
            top,
            x(to) - x(from),
            height,
            "none",
        ));
        for (ratio, word) in self.ticks(length, 46.0) {
            let x = x(self.part(ratio));
            axis = axis.add(rule_at(x, top, x, top + height, ratio)).add(centred(
                x,
                top + height + 15.0,
                "small faint",
                word,
            ));
        }
        axis
    }
}

/// Draws the rule of a tick; the rule of no change is darker.
pub(super) fn rule_at(x1: f64, y1: f64, x2: f64, y2: f64, ratio: f64) -> svg::node::element::Path {
    let rule = line(x1, y1, x2, y2, "rule");
    if ratio == 1.0 { rule.set("style", "stroke: var(--faint)") } else { rule }
}
