//! The curve of a level: the overhead as a function of the rate of the events that the level records.
//!
//! Each event has a cost, so tracking adds the cost of a millisecond's events to each millisecond of a program's own
//! time: overhead = 1 + rate × cost. Perturbation by instrumentation is modelled in this way (Malony, Reed and Wijshoff
//! 1992, *Performance Measurement Intrusion and Perturbation Analysis*). The cost differs from program to program, with
//! the state of the caches, block sizes and threads that wait for each other. It is a positive quantity whose
//! deviations multiply, so its logarithm is treated as normal (Limpert, Stahel and Abbt 2001, *Log-normal Distributions
//! across the Sciences*). On logarithmic axes the curve is then a straight line of slope 1, and the prediction interval
//! of another program is a band around it.
//!
//! The slope is part of the model. A fitted slope is reported as a check: it would show a cost that depends on the
//! rate. A second check leaves out each program in turn, and tests whether the interval of the others contains it.

use super::Programs;
use super::profile::{Events, Profile};
use crate::report::metric::Metric;
use crate::stats::censored_line::{Height, Line, Slope};
use crate::stats::estimate::Estimate;
use crate::stats::excess::{excess, is_significant};
use crate::stats::share::Share;
use crate::tracking::Level;
use crate::workloads::Workload;

/// The slope of the curve.
const SLOPE: Slope = Slope::Fixed(1.0);

/// The curve of a level.
pub(super) struct Curve {
    pub level: Level,
    pub events: Events,
    pub points: Vec<Point>,
    /// The slope that fits best, with its interval.
    pub fitted_slope: Option<Estimate>,
    line: Line,
}

/// A workload on a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub workload: Workload,
    /// Its events in a millisecond of untracked CPU time.
    pub rate: f64,
    /// Tracked ÷ untracked, of CPU time.
    pub overhead: Estimate,
    /// True if it lies within the interval of the curve that is fitted to the others; `None` if they have no curve.
    pub lies_within: Option<bool>,
}

impl Point {
    fn of(profile: &Profile, level: Level, events: Events) -> Option<Self> {
        let (rate, overhead) = (profile.rate(events), profile.overhead(level)?);
        (rate > 0.0).then_some(Self { workload: profile.workload, rate, overhead, lies_within: None })
    }

    /// Returns whether tracking has a significant cost.
    pub(super) fn is_significant(&self) -> bool {
        is_significant(self.overhead)
    }

    /// Returns the added time ÷ the program's own, or the limit of it.
    pub(super) fn added(&self) -> f64 {
        excess(self.overhead)
    }

    /// Returns its place and height on logarithmic axes.
    fn in_logarithms(&self) -> (f64, Height) {
        let added = self.added().ln();
        (self.rate.ln(), if self.is_significant() { Height::Known(added) } else { Height::Below(added) })
    }

    /// Returns whether it lies within the interval of a line; for an unknown height, whether it may.
    fn is_within(&self, line: &Line) -> bool {
        let (place, height) = self.in_logarithms();
        let Estimate { low, high, .. } = line.at(place);
        match height {
            Height::Known(height) => (low..=high).contains(&height),
            Height::Below(limit) => low <= limit,
            Height::Above(limit) => limit <= high,
        }
    }
}

impl Curve {
    /// Fits the curve of a level; `None` if fewer than four workloads have a significant cost.
    fn of(profiles: &[Profile], level: Level) -> Option<Self> {
        let events = Events::of(level);
        let points: Vec<Point> = profiles.iter().filter_map(|profile| Point::of(profile, level, events)).collect();
        Self::through(level, events, &points)
    }

    fn through(level: Level, events: Events, points: &[Point]) -> Option<Self> {
        let logs: Vec<(f64, Height)> = points.iter().map(Point::in_logarithms).collect();
        let line = Line::of(&logs, SLOPE)?;
        let held_out = |place: usize| {
            let others = [&logs[..place], &logs[place + 1..]].concat();
            Some(points[place].is_within(&Line::of(&others, SLOPE)?))
        };
        let points = points.iter().enumerate();
        let points = points.map(|(place, point)| Point { lies_within: held_out(place), ..*point }).collect();
        let fitted_slope = Line::of(&logs, Slope::Free).map(|line| line.slope);
        Some(Self { level, events, points, fitted_slope, line })
    }

    /// Returns the overhead at a rate, with the 95 % prediction interval of another program.
    pub(super) fn at(&self, rate: f64) -> Estimate {
        let Estimate { value, low, high } = self.line.at(rate.ln());
        Estimate { value: 1.0 + value.exp(), low: 1.0 + low.exp(), high: 1.0 + high.exp() }
    }

    /// Returns the cost of an event in nanoseconds, with the same interval.
    pub(super) fn cost(&self) -> Estimate {
        let Estimate { value, low, high } = self.at(1.0);
        let ns = |overhead: f64| (overhead - 1.0) * 1e6;
        Estimate { value: ns(value), low: ns(low), high: ns(high) }
    }

    /// Returns the significant costs of an event, in nanoseconds, of the real programs or of the stress workloads.
    pub(super) fn costs(&self, is_program: bool) -> impl Iterator<Item = f64> {
        let points = self.points.iter().filter(move |point| point.workload.is_program() == is_program);
        points.filter(|point| point.is_significant()).map(|point| point.added() / point.rate * 1e6)
    }

    /// Returns the share of points that lie within the curve of the others, of those for which this is known.
    pub(super) fn held_out(&self) -> Share {
        Share::of(self.points.iter().filter_map(|point| point.lies_within))
    }

    /// Returns the number of points that lie within the curve of the others as limits, and may lie anywhere below.
    pub(super) fn held_out_as_limits(&self) -> usize {
        self.points.iter().filter(|point| point.lies_within == Some(true) && !point.is_significant()).count()
    }

    /// Returns the lowest and the highest rate of the points.
    pub(super) fn rates(&self) -> (f64, f64) {
        let rates = || self.points.iter().map(|point| point.rate);
        (rates().fold(f64::INFINITY, f64::min), rates().fold(0.0, f64::max))
    }
}

impl Programs {
    /// Returns the curves of the levels that have one, in order.
    pub(super) fn curves(&self) -> Vec<Curve> {
        let profiles = self.profiles();
        self.levels().into_iter().filter_map(|level| Curve::of(&profiles, level)).collect()
    }
}

/// Returns the figures of a curve.
pub(super) fn metrics(curve: &Curve) -> Vec<Metric> {
    let name = format!("curve/{}", curve.level);
    let Share { part, of } = curve.held_out();
    let cost = match curve.events {
        Events::Allocations => "ns-per-allocation",
        Events::NamedValues => "ns-per-named-value",
    };
    let slope = curve.fitted_slope.map(|slope| Metric::estimate(&name, "slope", slope));
    [
        Metric::estimate(&name, cost, curve.cost()),
        Metric::plain(&name, "held-out-within", part as f64),
        Metric::plain(&name, "held-out", of as f64),
    ]
    .into_iter()
    .chain(slope)
    .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::workloads::registered;

    /// Returns a point whose events cost this many nanoseconds each, known to half a percent of the program's time.
    fn point(place: usize, rate: f64, ns: f64) -> Point {
        point_of(registered()[place], rate, ns)
    }

    fn point_of(workload: Workload, rate: f64, ns: f64) -> Point {
        let value = 1.0 + rate * ns / 1e6;
        let overhead = Estimate { value, low: value - 0.005, high: value + 0.005 };
        Point { workload, rate, overhead, lies_within: None }
    }

    /// Returns the curve of workloads with these names, rates, and costs of an event in nanoseconds.
    pub(in crate::study::programs) fn curve_of(workloads: &[(&str, f64, f64)]) -> Curve {
        let point = |&(name, rate, ns): &(&str, f64, f64)| {
            point_of(Workload::try_from(name.to_owned()).expect("a known name"), rate, ns)
        };
        curve(&workloads.iter().map(point).collect::<Vec<_>>())
    }

    fn curve(points: &[Point]) -> Curve {
        Curve::through(Level::Full, Events::Allocations, points).expect("enough points")
    }

    /// Returns costs of 800 to 1,250 ns at rates from 30 to 10,000.
    fn points() -> Vec<Point> {
        let (rates, costs) = ([30.0, 100.0, 300.0, 1e3, 3e3, 1e4], [1_250.0, 800.0, 1e3, 1_250.0, 800.0, 1e3]);
        rates.into_iter().zip(costs).enumerate().map(|(place, (rate, ns))| point(place, rate, ns)).collect()
    }

    #[test]
    fn the_cost_of_an_event_is_found_at_any_rate() {
        let curve = curve(&points());
        assert!((curve.cost().value - 1e3).abs() < 1e-6, "{:?}", curve.cost());
        assert!((curve.at(100.0).value - 1.1).abs() < 1e-9 && (curve.at(1e4).value - 11.0).abs() < 1e-9);
        assert!(curve.cost().low < 800.0 && curve.cost().high > 1_250.0, "{:?}", curve.cost());
        let slope = curve.fitted_slope.expect("rates differ");
        assert!(slope.low < 1.0 && slope.high > 1.0, "{slope:?}");
        assert_eq!(curve.held_out(), Share { part: 6, of: 6 });
    }

    #[test]
    fn a_program_with_another_cost_lies_outside_the_curve_of_the_others() {
        let mut points = points();
        points.push(point(6, 500.0, 9_000.0));
        let curve = curve(&points);
        let outside: Vec<f64> =
            curve.points.iter().filter(|point| point.lies_within == Some(false)).map(|point| point.rate).collect();
        assert_eq!(outside, [500.0]);
        assert_eq!(curve.held_out(), Share { part: 6, of: 7 });
    }

    #[test]
    fn a_cost_that_is_not_significant_counts_as_a_limit() {
        let mut all = points();
        all.push(point(6, 2.0, 1e3));
        assert!(!all[6].is_significant());
        let with = curve(&all);
        assert!((with.cost().value / curve(&points()).cost().value - 1.0).abs() < 0.01, "{:?}", with.cost());
        assert_eq!(with.held_out(), Share { part: 7, of: 7 }, "0.7 % may be 0.2 %");
        assert_eq!((with.held_out_as_limits(), curve(&points()).held_out_as_limits()), (1, 0));
        // The curve predicts twenty percent for this point, which has at most half a percent.
        all[6] = point(6, 200.0, 0.0);
        assert_eq!(curve(&all).points[6].lies_within, Some(false));
    }

    #[test]
    fn without_significant_costs_there_is_no_curve() {
        let all: Vec<Point> = (0..8).map(|place| point(place, 10.0, 0.0)).collect();
        assert!(Curve::through(Level::Full, Events::Allocations, &all).is_none());
    }
}
