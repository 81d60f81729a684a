//! The log scales of the panels, upwards.

use super::{PLOT, TOP};
use crate::report::number;
use crate::schedule::measurement::Overhead;
use crate::study::trend::{CommitLane, Commits, Lane, Log};

/// A log scale of ratios, upwards.
pub(super) struct Scale {
    pub(super) least: f64,
    pub(super) greatest: f64,
}

impl Scale {
    /// Returns the scale of all shown overheads. It is never so fine that noise fills it, and includes "no overhead" if
    /// the lowest overhead is near that.
    pub(super) fn of_overheads(lanes: &[Lane]) -> Self {
        const FINEST: f64 = 1.5;
        let walls = || overheads(lanes).map(|overhead| overhead.wall);
        let least = walls().map(|wall| wall.low).fold(f64::INFINITY, f64::min);
        let greatest = walls().map(|wall| wall.high).fold(0.0, f64::max);
        let (least, greatest) = if least <= greatest { (least, greatest) } else { (1.0, 2.0) };
        let least = if least < 1.6 { least.min(0.97) } else { least };
        let short_by = (FINEST / (greatest / least)).max(1.0).sqrt();
        // The versions are along the upper edge, which marks should not reach.
        let above = (greatest / least).powf(0.14).max(1.1);
        Self { least: least / 1.1 / short_by, greatest: greatest * above * short_by }
    }

    /// Returns the scale of untracked against itself, symmetric around 1.
    pub(super) fn of_noise(log: &Log) -> Self {
        const FINEST: f64 = 1.01;
        let floors = log.records().filter_map(|(_, record)| record.floor);
        let reach = floors.map(|(_, floor)| floor.high.max(1.0 / floor.low)).fold(FINEST, f64::max).powf(1.15);
        Self { least: 1.0 / reach, greatest: reach }
    }

    pub(super) fn y(&self, ratio: f64) -> f64 {
        let part = (ratio / self.least).ln() / (self.greatest / self.least).ln();
        TOP + PLOT * (1.0 - part.clamp(0.0, 1.0))
    }

    /// Returns the scale of overheads relative to a first commit, which is 1. It is never so fine that noise fills it.
    pub(super) fn of_commits(commits: &Commits) -> Self {
        const FINEST: f64 = 1.08;
        let ratios = || commits.lanes.iter().flat_map(CommitLane::points).map(|point| point.ratio);
        let least = ratios().map(|ratio| ratio.low).fold(1.0, f64::min);
        let greatest = ratios().map(|ratio| ratio.high).fold(1.0, f64::max);
        let short_by = (FINEST / (greatest / least)).max(1.0).sqrt();
        // The marks of steps reach beyond their points.
        let room = (greatest / least * short_by.powi(2)).powf(0.15);
        Self { least: least / short_by / room, greatest: greatest * short_by * room }
    }

    fn holds(&self, ratio: f64) -> bool {
        self.least <= ratio && ratio <= self.greatest
    }

    /// Returns the ratios that are labelled. They are round, and few enough not to touch each other or the versions
    /// along the upper edge.
    pub(super) fn ticks(&self) -> Vec<f64> {
        const APART: f64 = 17.0;
        let decades: Vec<f64> = (-1..6).map(|power| 10_f64.powi(power)).collect();
        let mut ticks: Vec<f64> = Vec::new();
        for digits in [&[1.0][..], &[2.0, 5.0], &[3.0], &[4.0, 6.0, 8.0], &[1.5, 7.0], &[1.2, 2.5, 9.0]] {
            for tick in decades.iter().flat_map(|decade| digits.iter().map(move |digit| decade * digit)) {
                let is_free = ticks.iter().all(|&other| (self.y(other) - self.y(tick)).abs() >= APART);
                if is_free && self.holds(tick) && self.y(tick) > TOP + APART / 2.0 {
                    ticks.push(tick);
                }
            }
        }
        ticks
    }

    /// Returns the ratios around 1 that are labelled, with their labels: percentages, and factors from twice on.
    pub(super) fn changes(&self) -> Vec<(f64, String)> {
        const APART: f64 = 17.0;
        let up = |percent: f64| (1.0 + percent / 100.0, format!("+{percent} %"));
        let down = |percent: f64| (1.0 - percent / 100.0, format!("−{percent} %"));
        let factor = |ratio: f64| (ratio, format!("×{}", number::short_count(ratio)));
        let both = |percents: &[f64]| percents.iter().flat_map(|&percent| [up(percent), down(percent)]).collect();
        let parts: [Vec<(f64, String)>; 5] = [
            vec![(1.0, "first".to_owned())],
            vec![factor(2.0), factor(10.0), factor(100.0), down(50.0), down(90.0)],
            both(&[10.0, 20.0, 5.0]),
            vec![factor(5.0), factor(3.0), factor(20.0), factor(50.0), up(50.0), down(75.0)],
            both(&[2.0, 1.0, 15.0, 30.0]),
        ];
        let mut ticks: Vec<(f64, String)> = Vec::new();
        for (ratio, label) in parts.into_iter().flatten() {
            let is_free = ticks.iter().all(|(other, _)| (self.y(*other) - self.y(ratio)).abs() >= APART);
            if is_free && self.holds(ratio) {
                ticks.push((ratio, label));
            }
        }
        ticks
    }
}

/// Returns the overheads of all lanes.
fn overheads(lanes: &[Lane]) -> impl Iterator<Item = &Overhead> {
    lanes.iter().flat_map(|lane| &lane.points).filter_map(|point| point.figure.outcome.measured())
}
