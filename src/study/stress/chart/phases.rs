//! The time axis that panels share: every phase has the same width, for any duration.
//!
//! The phases last from milliseconds to seconds, so on one linear axis the short ones would be invisible. Time runs
//! evenly within a phase and not between phases, and each band is labelled with its duration.

use crate::report::chart::canvas::{centred, line, rectangle};
use crate::report::number::time;
use crate::study::stress::{Phase, Record};
use svg::node::element::Group;

/// The left and right ends of the axis within a panel.
pub(super) const LEFT: f64 = 92.0;
pub(super) const RIGHT: f64 = 1_084.0;

/// Returns the width of one phase.
pub(super) fn width(record: &Record) -> f64 {
    (RIGHT - LEFT) / record.phases.len().max(1) as f64
}

/// Returns the position of a moment, given as a phase's number and a part of that phase.
pub(super) fn x(record: &Record, number: usize, part: f64) -> f64 {
    LEFT + (number as f64 + part) * width(record)
}

/// Draws the bands behind a plot between two heights, with names and durations below it.
pub(super) fn bands(record: &Record, top: f64, bottom: f64) -> Group {
    let mut bands = Group::new();
    for (number, phase) in record.phases.iter().enumerate() {
        let left = x(record, number, 0.0);
        if number % 2 == 1 {
            bands = bands.add(rectangle(left, top, width(record), bottom - top, "none area"));
        }
        let middle = x(record, number, 0.5);
        bands = bands.add(centred(middle, bottom + 17.0, "small", phase.workload.name())).add(centred(
            middle,
            bottom + 32.0,
            "small faint",
            duration(phase),
        ));
        if number > 0 {
            bands = bands.add(line(left, top, left, bottom, "rule"));
        }
    }
    bands
}

/// Formats the duration of a phase.
pub(super) fn duration(phase: &Phase) -> String {
    time((phase.ended_ns - phase.began_ns) as f64)
}
