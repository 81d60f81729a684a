//! The excess of an overhead: overhead − 1, or its upper limit if the overhead is not significant. An excess that is
//! not significant has no logarithm, but its limit has one.

use crate::stats::estimate::Estimate;

/// The smallest limit: 0.1 % of the program's time.
pub(crate) const MIN_LIMIT: f64 = 1e-3;

/// Returns whether an overhead is significant.
pub(crate) fn is_significant(overhead: Estimate) -> bool {
    overhead.low > 1.0
}

/// Returns the excess of a significant overhead, or an upper limit of the excess.
pub(crate) fn excess(overhead: Estimate) -> f64 {
    let overhead = if is_significant(overhead) { overhead.value } else { overhead.high };
    (overhead - 1.0).max(MIN_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overhead_that_is_not_significant_has_a_limit() {
        let estimate = |value, low, high| Estimate { value, low, high };
        assert!((excess(estimate(1.5, 1.2, 1.9)) - 0.5).abs() < 1e-12);
        assert!((excess(estimate(1.02, 0.98, 1.1)) - 0.1).abs() < 1e-12);
        assert_eq!(excess(estimate(0.9, 0.8, 0.95)), MIN_LIMIT);
        assert_eq!([1.01, 1.0].map(|low| is_significant(estimate(1.1, low, 1.2))), [true, false]);
    }
}
