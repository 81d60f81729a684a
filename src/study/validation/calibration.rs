//! The calibration: finds the units of work at which the synthetic tracker has a given cost.

use crate::tracking::MAX_SYNTHETIC_UNITS;

/// The cost of the synthetic tracker over its units of work, as the points of a piecewise linear curve. The first few
/// units overlap with the processor's other stalls, and cost less than later ones.
pub(super) struct Calibration(Vec<(u32, f64)>);

impl Calibration {
    /// The units of work whose cost is measured.
    const POINTS: [u32; 4] = [0, 3, 10, 100];

    /// Measures the curve. `cost` returns the cost of a number of units, in parts of the untracked time.
    pub(super) fn of<E>(cost: impl Fn(u32) -> Result<f64, E>) -> Result<Self, E> {
        Self::POINTS.into_iter().map(|units| Ok((units, cost(units)?))).collect::<Result<_, _>>().map(Self)
    }

    fn cost(&self, units: u32) -> f64 {
        let points = &self.0;
        let after = points.iter().position(|&(at, _)| units < at).unwrap_or(points.len() - 1);
        let ((from, low), (to, high)) = (points[after - 1], points[after]);
        low + (high - low) * f64::from(units - from) / f64::from(to - from)
    }

    /// Returns the number of units whose cost is nearest to an overhead in percent of the untracked time.
    pub(super) fn units_for(&self, percent: f64) -> u32 {
        let distance = |units: u32| (self.cost(units) * 100.0 - percent).abs();
        (0..=MAX_SYNTHETIC_UNITS).min_by(|&a, &b| distance(a).total_cmp(&distance(b))).expect("there are some")
    }

    /// Returns the number of units that add this percentage to the tracked time of a level with this overhead. Under a
    /// level with a hook, the allocator's switch is already on, so zero units add no cost.
    pub(super) fn units_beside(&self, overhead: f64, percent: f64, has_hook: bool) -> u32 {
        let switch = if has_hook { self.cost(0) * 100.0 } else { 0.0 };
        self.units_for(switch + overhead * percent).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bent() -> Calibration {
        let cost = |units: u32| Ok::<_, ()>(0.01 + if units <= 3 { 0.0 } else { 0.02 * f64::from(units - 3) });
        Calibration::of(cost).expect("it cannot fail")
    }

    #[test]
    fn units_are_interpolated_on_a_curve() {
        let calibration = bent();
        assert_eq!(calibration.units_for(1.0), 0);
        assert_eq!(calibration.units_for(3.0), 4);
        assert_eq!(calibration.units_for(101.0), 53);
        assert_eq!(calibration.units_for(401.0), 203);
        assert_eq!(calibration.units_for(1e9), MAX_SYNTHETIC_UNITS);
    }

    #[test]
    fn a_share_of_the_tracked_time_is_more_work_at_a_larger_overhead() {
        let calibration = bent();
        // 5 % of a tracked time of 1.4 and of 8 times the untracked one: 7 % and 40 % of the latter.
        assert_eq!(calibration.units_beside(1.4, 5.0, false), 6);
        assert_eq!(calibration.units_beside(8.0, 5.0, true), 23);
        assert_eq!(calibration.units_beside(1.0, 0.0, false), 1, "without work there would be no change");
    }
}
