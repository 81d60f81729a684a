//! Sen's slope, the growth of one quantity with another, with its 95 % confidence interval.
//!
//! The figure is the median of the slopes between all pairs of points (Sen 1968). Its interval is the distribution-free
//! one of Kendall's rank correlation. It assumes only that noise is as likely up as down, and a single outlier does not
//! move it.

use crate::stats::estimate::Estimate;
use crate::stats::median::median;

/// The fewest points of an interval: with fewer, even the one from the least to the greatest slope has less than 95 %.
pub(crate) const MIN_POINTS: usize = 5;

/// Returns the slope of points (x, y); `None` if there are fewer than five different x. Points that are not
/// finite do not count.
///
/// ```
/// use memscope_bench::slope;
///
/// let bytes = slope(&[(1.0, 310.0), (2.0, 550.0), (3.0, 790.0), (4.0, 1030.0), (5.0, 1270.0)]);
/// assert_eq!(bytes.map(|estimate| estimate.value), Some(240.0));
/// ```
pub fn slope(points: &[(f64, f64)]) -> Option<Estimate> {
    let points: Vec<(f64, f64)> = points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    let mut firsts: Vec<f64> = points.iter().map(|point| point.0).collect();
    firsts.sort_unstable_by(f64::total_cmp);
    firsts.dedup();
    let mut slopes: Vec<f64> = pairs(&points)
        .filter(|(one, other)| one.0 != other.0)
        .map(|(one, other)| (other.1 - one.1) / (other.0 - one.0))
        .filter(|slope| slope.is_finite())
        .collect();
    slopes.sort_unstable_by(f64::total_cmp);
    let outside = excluded_on_each_side(firsts.len())?;
    let last = slopes.len().checked_sub(1 + outside)?;
    Some(Estimate { value: median(slopes.iter().copied())?, low: slopes[outside], high: slopes[last] })
}

fn pairs<T: Copy>(points: &[T]) -> impl Iterator<Item = (T, T)> {
    points.iter().enumerate().flat_map(|(place, &one)| points[..place].iter().map(move |&other| (other, one)))
}

/// Returns the number of slopes outside the interval on each side.
///
/// The number of slopes below the true one has the distribution of the inversions of a random order of the points. As
/// many slopes are excluded on each side as the confidence allows.
fn excluded_on_each_side(points: usize) -> Option<usize> {
    const ALLOWED: f64 = 0.025;
    if points < MIN_POINTS {
        return None;
    }
    // The shares of all orders with 0, 1, … inversions: each further point adds 0, 1, … of them.
    let mut parts = vec![1.0];
    for next in 2..=points {
        let mut longer = vec![0.0; parts.len() + next - 1];
        for (inversions, part) in parts.iter().enumerate() {
            (0..next).for_each(|added| longer[inversions + added] += part / next as f64);
        }
        parts = longer;
    }
    let mut below = 0.0;
    let within = parts.iter().take_while(|part| {
        below += *part;
        below <= ALLOWED
    });
    within.count().checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_kendalls_distribution() {
        // Kendall's S is n(n−1)/2 − 2·inversions. Its two-sided 5 % points (Hollander & Wolfe, table A.30): n = 5: 10,
        // 6: 13, 7: 15, 8: 18, 10: 23.
        for (points, s) in [(5, 10), (6, 13), (7, 15), (8, 18), (10, 23)] {
            let inversions = excluded_on_each_side(points).expect("enough points");
            assert_eq!(points * (points - 1) / 2 - 2 * inversions, s, "{points} points");
        }
        assert_eq!(excluded_on_each_side(4), None);
    }

    #[test]
    fn a_line_has_its_slope_and_an_outlier_does_not_move_it() {
        let mut points: Vec<(f64, f64)> = (0..7).map(|n| (f64::from(n), 3.0 * f64::from(n) + 1.0)).collect();
        assert_eq!(slope(&points), Some(Estimate { value: 3.0, low: 3.0, high: 3.0 }));
        points[2].1 = 500.0;
        let bent = slope(&points).expect("seven points");
        assert_eq!(bent.value, 3.0);
        assert!(bent.low <= 3.0 && 3.0 <= bent.high);
    }

    #[test]
    fn equal_points_and_those_that_are_not_finite_have_no_slope() {
        assert_eq!(slope(&[(1.0, 1.0); 10]), None);
        assert_eq!(slope(&[(f64::NAN, 1.0), (f64::INFINITY, 2.0), (1.0, f64::NAN)]), None);
        let level: Vec<(f64, f64)> = (0..7).map(|n| (f64::from(n), 0.0)).collect();
        assert_eq!(slope(&level), Some(Estimate { value: 0.0, low: 0.0, high: 0.0 }));
    }

    #[test]
    fn points_above_each_other_are_not_more_points() {
        let points = [(1.0, 1.0), (1.0, 2.0), (1.0, 3.0), (2.0, 4.0), (2.0, 5.0), (3.0, 6.0)];
        assert_eq!(slope(&points), None);
    }
}
