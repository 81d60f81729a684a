//! The geometric mean, of which a factor up and the same factor down make no change.

/// Returns the geometric mean of ratios; `None` if there are none, or one of them has no logarithm.
pub(crate) fn geometric_mean(ratios: impl IntoIterator<Item = f64>) -> Option<f64> {
    let logs: Vec<f64> = ratios.into_iter().map(f64::ln).collect();
    let is_defined = !logs.is_empty() && logs.iter().all(|log| log.is_finite());
    is_defined.then(|| (logs.iter().sum::<f64>() / logs.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_and_down_cancel() {
        assert_eq!(geometric_mean([2.0, 8.0]), Some(4.0));
        assert_eq!(geometric_mean([0.5, 2.0]), Some(1.0));
        assert_eq!([geometric_mean([]), geometric_mean([1.0, 0.0])], [None, None]);
    }
}
