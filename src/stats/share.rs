//! A share of cases, with its interval.

use super::estimate::Estimate;
use serde::{Deserialize, Serialize};
use statrs::function::beta::beta_reg;

/// The number of cases with a property, and of all cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The number of cases with the property.
    pub part: usize,
    /// The number of all cases.
    pub of: usize,
}

impl Share {
    /// Counts the cases that have the property.
    pub fn of(cases: impl IntoIterator<Item = bool>) -> Self {
        cases
            .into_iter()
            .fold(Self::default(), |Self { part, of }, has| Self { part: part + usize::from(has), of: of + 1 })
    }

    /// Returns the share over both sets of cases.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self { part: self.part + other.part, of: self.of + other.of }
    }

    /// Returns the share as a fraction; `None` if there are no cases.
    pub fn fraction(self) -> Option<f64> {
        (self.of > 0).then(|| self.part as f64 / self.of as f64)
    }

    /// Returns the share in percent with its 95 % interval by Clopper and Pearson (1934), which is valid for any number
    /// of cases and never too narrow; `None` if there are no cases.
    pub fn percent(self) -> Option<Estimate> {
        Some(percent(self.fraction()?, self.of as f64))
    }
}

/// Returns a share in percent with its 95 % interval, which is as wide as that of this number of independent cases. It
/// is Clopper and Pearson's, by the beta distribution, so the number need not be whole (Korn and Graubard 1998,
/// *Confidence intervals for proportions with small expected number of positive counts estimated from survey data*).
pub(crate) fn percent(fraction: f64, cases: f64) -> Estimate {
    let (with, without) = (fraction * cases, (1.0 - fraction) * cases);
    // The smallest probability that gives at least this many cases in 2.5 % of tries, and the largest that gives at
    // most this many.
    let low = if with <= 0.0 { 0.0 } else { root(|share| beta_reg(with, without + 1.0, share) < TAIL) };
    let high = if without <= 0.0 { 1.0 } else { root(|share| beta_reg(with + 1.0, without, share) < 1.0 - TAIL) };
    Estimate { value: 100.0 * fraction, low: 100.0 * low, high: 100.0 * high }
}

/// The probability outside of the interval on each side.
const TAIL: f64 = 0.025;

/// Returns the probability up to which a condition is true.
fn root(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    // Each step halves the interval: 40 leave less than 1e-12.
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if holds(middle) { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::sign_test::at_most;

    #[test]
    fn intervals_match_the_tables() {
        // Clopper and Pearson's 95 % limits (R's binom.test).
        for (part, of, low, high) in [
            (0, 10, 0.0, 30.85),
            (5, 10, 18.71, 81.29),
            (10, 10, 69.15, 100.0),
            (243, 267, 86.92, 94.16),
            (0, 59, 0.0, 6.06),
        ] {
            let percent = Share { part, of }.percent().expect("there are cases");
            assert!(
                (percent.low - low).abs() < 0.01 && (percent.high - high).abs() < 0.01,
                "{part} of {of}: {percent:?}"
            );
        }
        assert_eq!(Share::of([]).percent(), None);
        assert_eq!(Share::of([true, false, true]), Share { part: 2, of: 3 });
    }

    #[test]
    fn ends_are_where_the_binomial_tails_are_2_5_percent() {
        for (part, of) in [(1, 480), (942, 960), (9_400, 10_000)] {
            let Estimate { low, high, .. } = Share { part, of }.percent().expect("there are cases");
            let tails = [1.0 - at_most(part - 1, of, low / 100.0), at_most(part, of, high / 100.0)];
            assert!(tails.iter().all(|tail| (tail - TAIL).abs() < 1e-6), "{part} of {of}: {tails:?}");
        }
    }

    #[test]
    fn cases_that_are_not_independent_count_less() {
        let [few, many] = [96.0, 480.0].map(|cases| percent(1.0 / 480.0, cases));
        assert_eq!(Some(many), Share { part: 1, of: 480 }.percent());
        // A fifth of a case of 96 lies between none and one.
        let [none, one] = [0, 1].map(|part| Share { part, of: 96 }.percent().expect("there are cases"));
        assert!(none.high < few.high && few.high < one.high && few.low < one.low, "{none:?} {few:?} {one:?}");
    }
}
