//! A straight line through points, some of which are only known to lie below or above a limit. A cost that is too small
//! to be significant has no logarithm, and leaving it out would leave out the cheapest programs.
//!
//! The line maximises the likelihood for normal deviates (Tobin 1958, *Estimation of Relationships for Limited
//! Dependent Variables*). It is found by iterated least squares, in which each limited point has its expected height
//! (Schmee and Hahn 1979, *A Simple Method for Regression Analysis with Censored Data*), with the variance of that
//! expectation (Dempster, Laird and Rubin 1977). Without limited points it is the least-squares line.
//!
//! The interval of one further point is the least-squares prediction interval (Draper and Smith 1998, *Applied
//! Regression Analysis*, section 3.1). Limited points contribute to the line, but add no degrees of freedom.

use crate::stats::estimate::Estimate;
use crate::stats::median::CONFIDENCE;
use crate::stats::student::t;
use statrs::distribution::{Continuous, ContinuousCDF, Normal};

/// The minimum number of points of known height.
pub(crate) const MIN_KNOWN: usize = 4;

/// The height of a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Height {
    /// The height.
    Known(f64),
    /// A limit above the height.
    Below(f64),
    /// A limit above which the height lies.
    Above(f64),
}

/// The sides of a limit.
const BELOW: f64 = 1.0;
const ABOVE: f64 = -1.0;

/// The slope of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Slope {
    /// The slope is fitted.
    Free,
    /// The slope is given.
    Fixed(f64),
}

/// A line, and the deviation of points from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Line {
    /// The slope; its interval has no width if it was given.
    pub(crate) slope: Estimate,
    /// The standard deviation of points from the line.
    pub(crate) deviation: f64,
    /// The middle of the points, and the line's height there.
    middle: (f64, f64),
    /// The number of points, and, if the slope is fitted, the sum of squares of their distances from the middle.
    points: f64,
    spread: Option<f64>,
    freedom: usize,
}

impl Line {
    /// Fits a line to points, each with its place and its height. `None` if fewer than four heights are known, or the
    /// slope is free and all places are the same.
    pub(crate) fn of(points: &[(f64, Height)], slope: Slope) -> Option<Self> {
        /// The number of iterations after which the line has converged, for as many limited points as known ones.
        const ROUNDS: usize = 500;
        const STILL: f64 = 1e-10;
        let count = points.len() as f64;
        let known = points.iter().filter(|(_, height)| matches!(height, Height::Known(_))).count();
        let fitted = match slope {
            Slope::Free => 2,
            Slope::Fixed(_) => 1,
        };
        let middle = points.iter().map(|point| point.0).sum::<f64>() / count;
        let spread: f64 = points.iter().map(|point| (point.0 - middle).powi(2)).sum();
        if known < MIN_KNOWN || slope == Slope::Free && spread <= 0.0 {
            return None;
        }
        // A limited point begins at its limit.
        let heights = |expected: &dyn Fn(f64, f64, f64) -> f64| -> Vec<f64> {
            let height = |&(place, height): &(f64, Height)| match height {
                Height::Known(height) => height,
                Height::Below(limit) => expected(place, limit, BELOW),
                Height::Above(limit) => expected(place, limit, ABOVE),
            };
            points.iter().map(height).collect()
        };
        let mut now = heights(&|_, limit, _| limit);
        let mut line = (0.0, 0.0, 0.0);
        let mut hidden = 0.0;
        for _ in 0..ROUNDS {
            let level = now.iter().sum::<f64>() / count;
            let tilt = match slope {
                Slope::Free => {
                    points.iter().zip(&now).map(|(point, y)| (point.0 - middle) * (y - level)).sum::<f64>() / spread
                }
                Slope::Fixed(slope) => slope,
            };
            let at = |place: f64| level + tilt * (place - middle);
            let residuals: f64 = points.iter().zip(&now).map(|(point, y)| (y - at(point.0)).powi(2)).sum();
            let deviation = ((residuals + hidden) / count).sqrt();
            let moved = [level - line.0, tilt - line.1, deviation - line.2].into_iter().map(f64::abs).sum::<f64>();
            line = (level, tilt, deviation);
            if moved < STILL || known == points.len() {
                break;
            }
            // A deviate above a limit is one below its opposite, with the other sign.
            let beyond = |place: f64, limit: f64, side: f64| below(side * (limit - at(place)) / deviation);
            now = heights(&|place, limit, side| at(place) + side * deviation * beyond(place, limit, side).0);
            let hides = points.iter().map(|&(place, height)| match height {
                Height::Known(_) => 0.0,
                Height::Below(limit) => beyond(place, limit, BELOW).1 * deviation.powi(2),
                Height::Above(limit) => beyond(place, limit, ABOVE).1 * deviation.powi(2),
            });
            hidden = hides.sum();
        }
        let (level, tilt, deviation) = line;
        let freedom = known - fitted;
        // The maximum-likelihood deviation is too small for so few points.
        let deviation = deviation * (count / (count - fitted as f64)).sqrt();
        let half = match slope {
            Slope::Free => t(CONFIDENCE, freedom) * deviation / spread.sqrt(),
            Slope::Fixed(_) => 0.0,
        };
        Some(Self {
            slope: Estimate { value: tilt, low: tilt - half, high: tilt + half },
            deviation,
            middle: (middle, level),
            points: count,
            spread: (slope == Slope::Free).then_some(spread),
            freedom,
        })
    }

    /// Returns the height at a place, with the 95 % prediction interval of one further point.
    pub(crate) fn at(&self, place: f64) -> Estimate {
        let away = place - self.middle.0;
        let value = self.middle.1 + self.slope.value * away;
        let leverage = self.points.recip() + self.spread.map_or(0.0, |spread| away.powi(2) / spread);
        let half = t(CONFIDENCE, self.freedom) * self.deviation * (1.0 + leverage).sqrt();
        Estimate { value, low: value - half, high: value + half }
    }
}

/// Returns the expectation and the variance of a standard normal deviate that is below a limit.
fn below(limit: f64) -> (f64, f64) {
    /// Beyond this, a deviate equals its limit.
    const FAR: f64 = -30.0;
    if limit < FAR {
        return (limit, 0.0);
    }
    let normal = Normal::standard();
    let ratio = normal.pdf(limit) / normal.cdf(limit);
    (-ratio, (1.0 - ratio * (limit + ratio)).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    fn known(points: &[(f64, f64)]) -> Vec<(f64, Height)> {
        points.iter().map(|&(x, y)| (x, Height::Known(y))).collect()
    }

    fn is_near(given: f64, wanted: f64) {
        assert!((given - wanted).abs() < 1e-6, "{given} instead of {wanted}");
    }

    #[test]
    fn without_limits_the_fit_is_by_least_squares() {
        // Anscombe's first set: y = 3.0001 + 0.5001 x, with a residual standard error of 1.2366 and one of the slope of
        // 0.1179.
        let x = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
        let y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
        let points: Vec<_> = x.into_iter().zip(y).collect();
        let line = Line::of(&known(&points), Slope::Free).expect("eleven points");
        let near = |given: f64, wanted: f64| assert!((given - wanted).abs() < 5e-4, "{given} instead of {wanted}");
        near(line.slope.value, 0.5001);
        near(line.deviation, 1.2366);
        near((line.slope.high - line.slope.low) / 2.0, 2.262_157 * 0.117_9);
        near(line.at(0.0).value, 3.0001);
        // At the mean place, 9: 2.262157 · 1.2366 · √(1 + 1 ÷ 11).
        near(line.at(9.0).high - line.at(9.0).value, 2.9218);
        assert!(line.at(20.0).high - line.at(20.0).low > line.at(9.0).high - line.at(9.0).low);
    }

    #[test]
    fn with_a_known_slope_only_the_height_is_fitted() {
        let line = Line::of(&known(&[(0.0, 1.0), (1.0, 4.0), (2.0, 3.0), (3.0, 6.0)]), Slope::Fixed(1.0));
        let line = line.expect("four points");
        // The residuals from x + 2 are −1, 1, −1 and 1.
        is_near(line.at(5.0).value, 7.0);
        is_near(line.deviation, (4.0_f64 / 3.0).sqrt());
        is_near(line.at(5.0).high - 7.0, 3.182_446_305 * (4.0_f64 / 3.0).sqrt() * (1.0_f64 + 0.25).sqrt());
    }

    #[test]
    fn deviates_below_a_limit_match_the_tables() {
        // Below 0: −√(2 ÷ π), 1 − 2 ÷ π. Without a limit: 0 and 1.
        let pi = std::f64::consts::PI;
        is_near(below(0.0).0, -(2.0 / pi).sqrt());
        is_near(below(0.0).1, 1.0 - 2.0 / pi);
        assert!(below(9.0).0.abs() < 1e-9 && (below(9.0).1 - 1.0).abs() < 1e-9);
        assert_eq!(below(-100.0), (-100.0, 0.0));
    }

    #[test]
    fn limits_above_mirror_limits_below() {
        let points = [(0.0, 1.0), (1.0, 2.5), (2.0, 2.0), (3.0, 4.5), (4.0, 5.5)];
        let with = |sign: f64, limit: Height| {
            let all = points.iter().map(|&(place, height)| (place, Height::Known(sign * height)));
            let line = Line::of(&all.chain([(5.0, limit)]).collect::<Vec<_>>(), Slope::Free);
            line.expect("five points").at(5.0)
        };
        let (below, above) = (with(1.0, Height::Below(4.0)), with(-1.0, Height::Above(-4.0)));
        is_near(above.value, -below.value);
        is_near(above.low, -below.high);
        let far = with(1.0, Height::Below(40.0)).value;
        assert!(below.value < far, "{} {far}", below.value);
    }

    #[test]
    fn too_few_points_have_no_line() {
        let three = known(&[(0.0, 1.0), (1.0, 2.0), (2.0, 3.5)]);
        assert_eq!(Line::of(&three, Slope::Free), None);
        let limited = [three, vec![(3.0, Height::Below(9.0))]].concat();
        assert_eq!(Line::of(&limited, Slope::Fixed(1.0)), None);
        assert_eq!(Line::of(&known(&[(2.0, 1.0); 5]), Slope::Free), None);
    }

    /// Points around y = x − 3 with a deviation of 0.5. Those below −1 have that limit, which is a third of them.
    #[test]
    fn limited_points_neither_raise_nor_tilt_the_line() {
        let mut rng = Pcg64Mcg::seed_from_u64(5);
        let mut normal = || (0..12).map(|_| rng.random_range(-0.5..0.5)).sum::<f64>();
        let (mut slopes, mut cut, mut within) = (Vec::new(), Vec::new(), 0);
        for _ in 0..300 {
            let mut point = |place: f64| (place, place - 3.0 + 0.5 * normal());
            let all: Vec<(f64, f64)> = (0..30).map(|n| point(f64::from(n) / 5.0)).collect();
            let (_, further) = point(0.5);
            let limited = |&(x, y): &(f64, f64)| (x, if y < -1.0 { Height::Below(-1.0) } else { Height::Known(y) });
            let line = Line::of(&all.iter().map(limited).collect::<Vec<_>>(), Slope::Free).expect("enough points");
            slopes.push(line.slope.value);
            within += u32::from((line.at(0.5).low..=line.at(0.5).high).contains(&further));
            let seen: Vec<_> = all.into_iter().filter(|&(_, y)| y >= -1.0).collect();
            cut.push(Line::of(&known(&seen), Slope::Free).expect("enough points").slope.value);
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        assert!((mean(&slopes) - 1.0).abs() < 0.02, "{}", mean(&slopes));
        assert!(mean(&cut) < 0.97, "leaving them out tilts it: {}", mean(&cut));
        assert!((277..=295).contains(&within), "95 % of 300 within three standard errors: {within}");
    }
}
