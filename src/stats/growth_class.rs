//! The class of a growth: how a cost depends on the number of events before it.
//!
//! Each class is a model cost = a + b·f(n) of the number of events n. The growing part f is a power of Box and Cox
//! (1964), *An Analysis of Transformations*: (nᵖ − n₀ᵖ) ÷ p, from the first number of events n₀ on, which is the
//! logarithm for p = 0. Logarithmic, linear and quadratic growth have the powers 0, 1 and 2; flat is b = 0. Errors of
//! measured costs are relative, so models are fitted by least squares of logarithms.
//!
//! The class is the model with the lowest AICc, Akaike's criterion for small samples (Burnham and Anderson 2002, *Model
//! Selection and Multimodel Inference*, sections 2.4 and 2.6). A cost is flat unless that model has essentially no
//! support, which is a difference above 10, and unless the growth matters, since costs of equal work differ too. A
//! class whose difference from the best one is below 2 also has substantial support, and is named too.
//!
//! A cost without support for a growth need not be flat: errors may hide one. Growth that matters is excluded only if
//! the 95 % intervals of the growth over the whole range end below it, in each growing class with some support beside
//! the best of them.
//!
//! The interval of the power is where the residuals of the best model with that power stay below the limit of an F test
//! (Bates and Watts 1988, *Nonlinear Regression Analysis and Its Applications*, section 6.1).

use crate::stats::estimate::Estimate;
use crate::stats::median::CONFIDENCE;
use crate::stats::student::t;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The minimum number of different numbers of events.
pub(crate) const MIN_POINTS: usize = 6;

/// The minimum ratio of the last number of events to the first.
const MIN_RANGE: f64 = 5.0;

/// The AICc difference above which the worse model has essentially no support.
const NO_SUPPORT: f64 = 10.0;

/// The AICc difference up to which the worse model has substantial support.
const SUPPORT: f64 = 2.0;

/// The growth over the whole range above which it matters.
pub(crate) const MIN_GROWTH: f64 = 1.2;

/// The smallest and the largest power of the search. An interval that reaches one of them may extend further.
pub(crate) const POWERS: (f64, f64) = (-2.0, 4.0);

/// The class of a growth, in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GrowthClass {
    /// The cost does not depend on the number of events.
    Flat,
    /// Each doubling of the events adds the same cost.
    Logarithmic,
    /// Each event adds the same cost.
    Linear,
    /// Each event adds a cost in proportion to the events before it.
    Quadratic,
}

impl GrowthClass {
    /// The classes that grow.
    const GROWING: [Self; 3] = [Self::Logarithmic, Self::Linear, Self::Quadratic];

    /// Returns the name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::Logarithmic => "logarithmic",
            Self::Linear => "linear",
            Self::Quadratic => "quadratic",
        }
    }

    /// Returns the power of the growing part; 0 stands for the logarithm.
    const fn power(self) -> f64 {
        match self {
            Self::Flat | Self::Logarithmic => 0.0,
            Self::Linear => 1.0,
            Self::Quadratic => 2.0,
        }
    }
}

impl fmt::Display for GrowthClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The growth of a cost over a range of numbers of events.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GrowthFit {
    /// The class.
    pub class: GrowthClass,
    /// Another class that the costs support nearly as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub or: Option<GrowthClass>,
    /// The power of the growing part, which is 0 for the logarithm; `None` for a flat cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power: Option<Estimate>,
    /// The slope of log cost over log events, over the whole range.
    pub slope: Estimate,
    /// The first number of events.
    pub from: f64,
    /// The last number of events.
    pub to: f64,
    /// The model's cost at the first number of events.
    pub early: f64,
    /// The model's cost at the last number of events.
    pub late: f64,
}

/// Returns the growth of costs, given each cost with the number of events before it. `None` if there are fewer than six
/// different numbers of events, the last is less than five times the first, or a cost is not positive.
pub(crate) fn growth_fit(points: &[(f64, f64)]) -> Option<GrowthFit> {
    let costs = Costs::of(points)?;
    let (from, to) = (costs.from, costs.to);
    let flat = costs.flat();
    let mut growing = GrowthClass::GROWING.map(|class| (class, costs.fit(class.power())));
    growing.sort_by(|a, b| a.1.residuals.total_cmp(&b.1.residuals));
    let [(class, best), (second, other), _] = growing;
    let aicc = |model: &Model, parameters| costs.aicc(model.residuals, parameters);
    let is_flat = aicc(&flat, FLAT_PARAMETERS) - aicc(&best, PARAMETERS) < NO_SUPPORT || 1.0 + best.growth < MIN_GROWTH;
    if is_flat {
        return Some(costs.flat_fit());
    }
    let range = costs.range();
    let is_supported = aicc(&other, PARAMETERS) - aicc(&best, PARAMETERS) < SUPPORT;
    Some(GrowthFit {
        class,
        or: is_supported.then_some(second),
        power: Some(costs.power()),
        slope: costs.slope(),
        from,
        to,
        early: best.at(0.0, range).exp(),
        late: best.at(range, range).exp(),
    })
}

/// Returns the fit of costs that are flat; `None` if [`growth_fit`] has none.
pub(crate) fn flat_fit(points: &[(f64, f64)]) -> Option<GrowthFit> {
    Some(Costs::of(points)?.flat_fit())
}

/// Returns whether costs exclude growth that matters, in each growing class that they do not rule out.
pub(crate) fn excludes_growth(points: &[(f64, f64)]) -> bool {
    let Some(costs) = Costs::of(points) else { return false };
    let models = GrowthClass::GROWING.map(|class| costs.fit(class.power()));
    let aicc = |model: &Model| costs.aicc(model.residuals, PARAMETERS);
    let least = models.iter().map(aicc).fold(f64::INFINITY, f64::min);
    let mut supported = models.iter().filter(|model| aicc(model) - least < NO_SUPPORT);
    supported.all(|model| costs.most_growth(model.power) < MIN_GROWTH)
}

impl GrowthFit {
    /// Returns the number of events at which the model reaches this cost; `None` for a flat cost, and for a cost below
    /// the first.
    pub fn reaches(&self, cost: f64) -> Option<f64> {
        if self.class == GrowthClass::Flat || cost < self.early {
            return None;
        }
        let range = (self.to / self.from).ln();
        let part = (cost - self.early) / (self.late - self.early);
        let log = match self.class.power() {
            0.0 => part * range,
            power => (part * (power * range).exp_m1()).ln_1p() / power,
        };
        Some(self.from * log.exp()).filter(|events| events.is_finite())
    }
}

/// The parameters of the flat model: the cost, and the spread of the errors.
const FLAT_PARAMETERS: f64 = 2.0;
/// The parameters of a growing model: both parts of the cost, and the spread of the errors.
const PARAMETERS: f64 = 3.0;

/// Costs, each with the logarithm of its number of events, in units of the first, and the logarithm of the cost.
struct Costs {
    logs: Vec<(f64, f64)>,
    /// The first number of events.
    from: f64,
    /// The last number of events.
    to: f64,
}

/// A model that is fitted.
#[derive(Clone, Copy, Debug)]
struct Model {
    /// The power of the growing part.
    power: f64,
    /// The logarithm of the cost at the first number of events.
    level: f64,
    /// The cost at the last number of events ÷ the cost at the first, minus 1.
    growth: f64,
    /// The sum of the squared residuals.
    residuals: f64,
}

impl Model {
    /// Returns the logarithm of the cost at a number of events, given as a logarithm.
    fn at(&self, log: f64, range: f64) -> f64 {
        self.level + (self.growth * part(log, range, self.power)).ln_1p()
    }
}

/// Returns the growing part at a number of events, from 0 at the first to 1 at the last.
fn part(log: f64, range: f64, power: f64) -> f64 {
    /// A smaller power counts as the logarithm.
    const LOGARITHM: f64 = 1e-9;
    if power.abs() < LOGARITHM { log / range } else { (power * log).exp_m1() / (power * range).exp_m1() }
}

impl Costs {
    /// Returns costs in the order of their numbers of events; `None` if they are too few, or a cost is not positive.
    fn of(points: &[(f64, f64)]) -> Option<Self> {
        let is_usable = |&(n, cost): &(f64, f64)| n.is_finite() && n > 0.0 && cost.is_finite() && cost > 0.0;
        if !points.iter().all(is_usable) {
            return None;
        }
        let mut points = points.to_vec();
        points.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let different = 1 + points.windows(2).filter(|two| two[0].0 < two[1].0).count();
        let (from, to) = (points.first()?.0, points.last()?.0);
        if different < MIN_POINTS || to / from < MIN_RANGE {
            return None;
        }
        let logs = points.iter().map(|&(n, cost)| ((n / from).ln(), cost.ln())).collect();
        Some(Self { logs, from, to })
    }

    /// Returns the logarithm of the last number of events, in units of the first.
    fn range(&self) -> f64 {
        self.logs.last().map_or(0.0, |&(log, _)| log)
    }

    /// Fits a flat cost.
    fn flat(&self) -> Model {
        self.with_growth(0.0, &vec![0.0; self.logs.len()], 0.0)
    }

    /// Returns the fit of a flat cost.
    fn flat_fit(&self) -> GrowthFit {
        let cost = self.flat().level.exp();
        GrowthFit {
            class: GrowthClass::Flat,
            or: None,
            power: None,
            slope: self.slope(),
            from: self.from,
            to: self.to,
            early: cost,
            late: cost,
        }
    }

    /// Returns the model with this power and growth at its best level, given the growing parts at each number of
    /// events.
    fn with_growth(&self, power: f64, parts: &[f64], growth: f64) -> Model {
        let errors = self.logs.iter().zip(parts).map(|(&(_, cost), &part)| cost - (growth * part).ln_1p());
        let errors: Vec<f64> = errors.collect();
        let level = errors.iter().sum::<f64>() / errors.len() as f64;
        Model { power, level, growth, residuals: errors.iter().map(|error| (error - level).powi(2)).sum() }
    }

    /// Fits a cost that grows with this power, or is flat.
    fn fit(&self, power: f64) -> Model {
        /// The logarithms of the smallest and the largest growth, and a step that finds the right valley.
        const RANGE: (f64, f64) = (-9.0, 30.0);
        const STEP: f64 = 1.0;
        let range = self.range();
        let parts: Vec<f64> = self.logs.iter().map(|&(log, _)| part(log, range, power)).collect();
        let of = |log: f64| self.with_growth(power, &parts, log.exp());
        of(least_within(RANGE, STEP, |log| of(log).residuals))
    }

    /// Returns AICc of a model with these residuals and this number of parameters.
    fn aicc(&self, residuals: f64, parameters: f64) -> f64 {
        /// Relative errors below a millionth are rounding errors.
        const ROUNDING: f64 = 1e-12;
        let count = self.logs.len() as f64;
        let variance = (residuals / count).max(ROUNDING);
        count * variance.ln() + 2.0 * parameters + 2.0 * parameters * (parameters + 1.0) / (count - parameters - 1.0)
    }

    /// Returns the power that fits best, with its 95 % interval.
    fn power(&self) -> Estimate {
        /// A step that finds the right valley.
        const STEP: f64 = 0.25;
        let residuals = |power: f64| self.fit(power).residuals;
        let value = least_within(POWERS, STEP, residuals);
        // Level, growth and power are fitted.
        let freedom = self.logs.len().saturating_sub(3).max(1);
        let limit = residuals(value) * (1.0 + t(CONFIDENCE, freedom).powi(2) / freedom as f64);
        let edge = |end: f64| last_within(value, end, |power| residuals(power) <= limit);
        Estimate { value, low: edge(POWERS.0), high: edge(POWERS.1) }
    }

    /// Returns the slope of log cost over log events, with its 95 % interval.
    fn slope(&self) -> Estimate {
        slope(&self.logs)
    }

    /// Returns the upper end of the 95 % interval of the last cost ÷ the first, if it grows with this power. The log of
    /// a cost is taken as a line over the growing part, as it is where the growth is small.
    fn most_growth(&self, power: f64) -> f64 {
        let range = self.range();
        let parts: Vec<(f64, f64)> = self.logs.iter().map(|&(log, cost)| (part(log, range, power), cost)).collect();
        slope(&parts).high.exp()
    }
}

/// Returns the slope of the line through points, with its 95 % interval by Student's t.
fn slope(points: &[(f64, f64)]) -> Estimate {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (middle, level) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = points.iter().map(|point| (point.0 - middle).powi(2)).sum();
    let slope = points.iter().map(|point| (point.0 - middle) * (point.1 - level)).sum::<f64>() / spread;
    let residuals: f64 = points.iter().map(|point| (point.1 - level - slope * (point.0 - middle)).powi(2)).sum();
    let freedom = points.len().saturating_sub(2).max(1);
    let half = t(CONFIDENCE, freedom) * (residuals / freedom as f64 / spread).sqrt();
    Estimate { value: slope, low: slope - half, high: slope + half }
}

/// Returns the point within a range at which a function is smallest: by steps that find the right valley, and then by
/// golden-section search.
fn least_within((first, last): (f64, f64), step: f64, value: impl Fn(f64) -> f64) -> f64 {
    const SECTIONS: usize = 26;
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let steps = ((last - first) / step).round() as usize;
    let places = (0..=steps).map(|place| first + place as f64 * step);
    let tried = places.map(|place| (place, value(place)));
    let nearest = tried.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(first, |(place, _)| place);
    let (mut low, mut high) = ((nearest - step).max(first), (nearest + step).min(last));
    for _ in 0..SECTIONS {
        let (left, right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        if value(left) < value(right) {
            high = right;
        } else {
            low = left;
        }
    }
    low.midpoint(high)
}

/// Returns the last point from one end to the other up to which a condition is true, by bisection; it is true at the
/// first point.
fn last_within(first: f64, last: f64, is_within: impl Fn(f64) -> bool) -> f64 {
    const HALVES: usize = 16;
    if is_within(last) {
        return last;
    }
    let (mut within, mut beyond) = (first, last);
    for _ in 0..HALVES {
        let middle = within.midpoint(beyond);
        if is_within(middle) {
            within = middle;
        } else {
            beyond = middle;
        }
    }
    within
}

#[cfg(test)]
mod tests;
