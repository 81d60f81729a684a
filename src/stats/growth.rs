//! The growth of one quantity with another, through a structure that doubles, such as a map.
//!
//! Such a quantity is a staircase: constant while the structure has room, and twice as much at the next entry. Its cost
//! for each unit of the other quantity, on top of a fixed part, falls by half from one step to the next. The position
//! of a size on a stair decides its cost, and sizes in even steps of √2 only ever hit two positions. So the figure is
//! the mean over whole octaves of sizes, and its range goes from the lowest cost to the highest.
//!
//! Two sizes that are whole octaves apart have the same position on a stair, so their costs differ only by the fixed
//! part. This determines the fixed part exactly if the structure doubles, and otherwise as well as a line does.

use crate::stats::estimate::Estimate;
use crate::stats::median::median;

/// The minimum number of different sizes.
pub(crate) const MIN_POINTS: usize = 5;

/// The part by which two sizes may miss being whole octaves apart: less than half of a step of a twentieth octave.
const TOLERANCE: f64 = 0.015;

/// Returns the amount that each unit of x adds to y: the mean over whole octaves of x, with equal weight for each part
/// of an octave, and as its interval the minimum and the maximum at any x. `None` if the points cover less than an
/// octave, or there are fewer than five different x. Points that are not finite, or whose x is not positive, are
/// ignored.
///
/// ```
/// use memscope_bench::growth;
///
/// // 1,000 bytes, and a map that doubles, of 24 bytes for each entry that fits.
/// let bytes = |entries: f64| 1_000.0 + 24.0 * 2_f64.powf(entries.log2().ceil());
/// let sizes = (0..=20).map(|step| 100.0 * 2_f64.powf(f64::from(step) * 0.15));
/// let points: Vec<(f64, f64)> = sizes.map(|entries| (entries, bytes(entries))).collect();
/// let each = growth(&points).expect("three octaves");
/// assert!((34.0..35.2).contains(&each.value), "24 ÷ ln 2 is 34.6: {each:?}");
/// assert!(24.0 <= each.low && each.high < 48.0, "one entry less than twice as many as fit: {each:?}");
/// ```
pub fn growth(points: &[(f64, f64)]) -> Option<Estimate> {
    let is_usable = |&(x, y): &(f64, f64)| x.is_finite() && x > 0.0 && y.is_finite();
    let mut points: Vec<(f64, f64)> = points.iter().copied().filter(is_usable).collect();
    points.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let different = 1 + points.windows(2).filter(|two| two[0].0 < two[1].0).count();
    if different < MIN_POINTS {
        return None;
    }
    let (first, last) = (points.first()?.0, points.last()?.0);
    let octaves = ((last / first).log2() + TOLERANCE).floor();
    let end = first * octaves.exp2();
    if octaves < 1.0 {
        return None;
    }
    let fixed = fixed_part(&points)?;
    // Each point represents the sizes up to the next one; a point at the end of the last octave represents none.
    let ends = points.iter().skip(1).map(|point| point.0.min(end)).chain([end]);
    let costs: Vec<(f64, f64)> = points
        .iter()
        .zip(ends)
        .map(|(&(x, y), next)| ((y - fixed) / x, (next / x).ln()))
        .filter(|&(_, weight)| weight > 1e-9)
        .collect();
    let all: f64 = costs.iter().map(|(_, weight)| weight).sum();
    let value = costs.iter().map(|(cost, weight)| cost * weight).sum::<f64>() / all;
    let values = || costs.iter().map(|(cost, _)| *cost);
    Some(Estimate { value, low: values().reduce(f64::min)?, high: values().reduce(f64::max)? })
}

/// Returns y at x = 0: the median of the lines through points that are as many whole octaves apart as possible; without
/// such points, of the line through the first and the last.
fn fixed_part(points: &[(f64, f64)]) -> Option<f64> {
    let octaves = |one: f64, other: f64| (other / one).log2();
    let is_whole = |distance: f64| distance > 0.5 && (distance - distance.round()).abs() < TOLERANCE;
    let pairs = points
        .iter()
        .enumerate()
        .flat_map(|(place, &one)| points[place + 1..].iter().map(move |&other| (octaves(one.0, other.0), one, other)));
    let whole: Vec<_> = pairs.filter(|pair| is_whole(pair.0)).collect();
    let farthest = whole.iter().map(|pair| pair.0.round()).fold(0.0, f64::max);
    let at_zero = |one: (f64, f64), other: (f64, f64)| (other.0 * one.1 - one.0 * other.1) / (other.0 - one.0);
    let lines = whole.iter().filter(|pair| pair.0.round() == farthest).map(|&(_, one, other)| at_zero(one, other));
    median(lines).or_else(|| Some(at_zero(*points.first()?, *points.last()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean of a map's bytes for each entry over an octave, for 24 bytes an entry that fits.
    const MEAN: f64 = 24.0 / std::f64::consts::LN_2;

    /// Returns the bytes of a map that doubles when it is seven eighths full, with a fixed part.
    fn map(entries: f64, fixed: f64) -> f64 {
        fixed + 24.0 * 0.875 * (entries / 0.875).log2().ceil().exp2()
    }

    /// Returns points of a map from a size on, in this number of steps of this many octaves.
    fn points(from: f64, steps: usize, octave: f64, fixed: f64) -> Vec<(f64, f64)> {
        let sizes = (0..steps).map(|step| from * (step as f64 * octave).exp2());
        sizes.map(|entries| (entries, map(entries, fixed))).collect()
    }

    #[test]
    fn growth_does_not_depend_on_the_phase_of_the_sizes() {
        for phase in 0..100 {
            let from = 1_000.0 * (f64::from(phase) / 100.0).exp2();
            for fixed in [0.0, 3e4, 3e6] {
                let seen = growth(&points(from, 23, 0.15, fixed)).expect("three octaves");
                assert!((seen.value / MEAN - 1.0).abs() < 0.025, "phase {phase}: {seen:?}");
                assert!(seen.low >= 23.9 * 0.875 && seen.high <= 48.1, "phase {phase}: {seen:?}");
                assert!(seen.high / seen.low > 1.8, "the range is that of an octave: {seen:?}");
            }
        }
    }

    #[test]
    fn growth_in_steps_of_half_an_octave_depends_on_the_phase() {
        let value = |phase: f64| growth(&points(1_000.0 * phase.exp2(), 7, 0.5, 0.0)).expect("three octaves").value;
        let all: Vec<f64> = (0..50).map(|phase| value(f64::from(phase) / 50.0)).collect();
        let (least, most) = (all.iter().copied().fold(f64::MAX, f64::min), all.iter().copied().fold(0.0, f64::max));
        assert!(most / least > 1.3, "{least} to {most}: the reason for more and finer steps");
    }

    #[test]
    fn a_line_has_its_slope_and_no_range() {
        let line: Vec<(f64, f64)> = (4..=16).map(|n| (f64::from(n), 3.0 * f64::from(n) + 50.0)).collect();
        let seen = growth(&line).expect("two octaves");
        assert!([seen.value, seen.low, seen.high].iter().all(|slope| (slope - 3.0).abs() < 1e-9), "{seen:?}");
        let level: Vec<(f64, f64)> = line.iter().map(|&(x, _)| (x, 7.0)).collect();
        assert_eq!(growth(&level), Some(Estimate { value: 0.0, low: 0.0, high: 0.0 }));
    }

    #[test]
    fn less_than_an_octave_has_no_growth() {
        let line = |from: i32, to: i32| (from..=to).map(|n| (f64::from(n), f64::from(n))).collect::<Vec<_>>();
        assert_eq!(growth(&line(10, 19)), None);
        assert!(growth(&line(10, 20)).is_some());
        assert_eq!(growth(&line(1, 4)), None, "too few");
        assert_eq!(growth(&[(1.0, 1.0); 10]), None);
        assert_eq!(growth(&[(f64::NAN, 1.0), (f64::INFINITY, 2.0), (1.0, f64::NAN), (0.0, 1.0)]), None);
    }

    #[test]
    fn a_single_outlier_moves_only_its_own_part() {
        let mut all = points(1_000.0, 23, 0.15, 3e4);
        all[21].1 *= 3.0;
        let seen = growth(&all).expect("three octaves");
        assert!((seen.value / MEAN - 1.0).abs() < 0.025, "{seen:?}");
    }
}
