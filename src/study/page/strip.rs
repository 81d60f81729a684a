//! The strip of a measurement: every pair in the order of measurement, with the median and its interval.

use crate::report::chart::canvas::{finished, line, rectangle, short, text};
use crate::report::number;
use crate::schedule::measurement::{Clock, Measurement};
use crate::stats::estimate::Estimate;
use std::fmt::Write;
use svg::Document;
use svg::node::element::{Path, Title};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 72.0;
/// The left and right ends of the pairs; the ratios at the ends of the scale are to their right.
const LEFT: f64 = 6.0;
const RIGHT: f64 = 640.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = HEIGHT - 10.0;

/// Draws a measurement; `None` if no pair has a ratio. The strip uses the style sheet of its page.
pub(super) fn draw(measurement: &Measurement) -> Option<String> {
    let ratios: Vec<f64> = measurement.pairs.iter().map(|pair| pair.ratio(Clock::Wall)).collect();
    let shown = || ratios.iter().copied().filter(|ratio| ratio.is_finite() && *ratio > 0.0);
    let scale = Scale { least: shown().min_by(f64::total_cmp)?, greatest: shown().max_by(f64::total_cmp)? };
    let class = measurement.level.properties().class;
    let step = (RIGHT - LEFT) / ratios.len() as f64;
    let x = |place: usize| LEFT + (place as f64 + 0.5) * step;

    let mut picture = Document::new()
        .set("class", "strip")
        .set("viewBox", (0, 0, WIDTH, HEIGHT))
        .set("width", WIDTH)
        .set("height", HEIGHT)
        .set("role", "img")
        .add(Title::new(description(measurement, scale)))
        .add(rectangle(0.0, 0.0, WIDTH, HEIGHT, "panel"));
    for &end in measurement.passes.iter().filter(|&&end| end < ratios.len()) {
        let border = LEFT + end as f64 * step;
        picture = picture.add(line(border, TOP - 4.0, border, BOTTOM + 4.0, "rule"));
    }
    if let Some(Estimate { value, low, high }) = measurement.overhead().map(|overhead| overhead.wall) {
        let (top, bottom) = (scale.y(high), scale.y(low));
        picture = picture
            .add(rectangle(LEFT, top, RIGHT - LEFT, (bottom - top).max(1.0), &format!("{class} area")))
            .add(line(LEFT, scale.y(value), RIGHT, scale.y(value), &format!("whisker median {class}")));
    }
    let mut dots = String::new();
    for (place, &ratio) in ratios.iter().enumerate().filter(|(_, ratio)| ratio.is_finite() && **ratio > 0.0) {
        // A line without length is a dot, by the round ends of its class.
        let _ = write!(dots, "M{},{}h0", short(x(place)), short(scale.y(ratio)));
    }
    picture = picture
        .add(Path::new().set("class", format!("whisker pairs {class}")).set("d", dots))
        .add(text(RIGHT + 10.0, TOP + 4.0, "small faint", number::ratio(scale.greatest)))
        .add(text(RIGHT + 10.0, BOTTOM + 4.0, "small faint", number::ratio(scale.least)));
    Some(finished(&picture).trim_end().to_owned())
}

fn description(measurement: &Measurement, scale: Scale) -> String {
    let pairs = measurement.pairs.len();
    format!(
        "{}: the ratios of all {pairs} pairs in the order of the run, from {} to {}",
        measurement.name(),
        number::ratio(scale.least),
        number::ratio(scale.greatest)
    )
}

/// A log scale of ratios, from the bottom to the top.
#[derive(Clone, Copy)]
struct Scale {
    least: f64,
    greatest: f64,
}

impl Scale {
    fn y(self, ratio: f64) -> f64 {
        if self.least >= self.greatest {
            return f64::midpoint(TOP, BOTTOM);
        }
        let part = (ratio.clamp(self.least, self.greatest) / self.least).ln() / (self.greatest / self.least).ln();
        BOTTOM - part * (BOTTOM - TOP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::control::tests::shifted;

    #[test]
    fn every_pair_is_a_dot() {
        let measurement = shifted(1.05);
        let strip = draw(&measurement).expect("it has pairs");
        assert_eq!(strip.matches("h0").count(), measurement.pairs.len());
        assert!(roxmltree::Document::parse(&strip).is_ok());
        assert!(draw(&Measurement { pairs: Vec::new(), ..measurement }).is_none());
    }

    #[test]
    fn the_scale_is_logarithmic_and_never_leaves_the_sheet() {
        let scale = Scale { least: 1.0, greatest: 4.0 };
        assert_eq!([1.0, 2.0, 4.0, 0.1, 9.0].map(|ratio| scale.y(ratio)), [62.0, 36.0, 10.0, 62.0, 10.0]);
        assert_eq!(Scale { least: 2.0, greatest: 2.0 }.y(2.0), 36.0);
    }
}
