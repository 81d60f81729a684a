//! The geometric mean, in which a factor up and the same factor down cancel.

use crate::stats::estimate::{Estimate, STANDARD_ERRORS};

/// Returns the geometric mean of ratios; `None` if there are none, or a ratio has no logarithm.
pub(crate) fn geometric_mean(ratios: impl IntoIterator<Item = f64>) -> Option<f64> {
    let logs: Vec<f64> = ratios.into_iter().map(f64::ln).collect();
    let is_defined = !logs.is_empty() && logs.iter().all(|log| log.is_finite());
    is_defined.then(|| (logs.iter().sum::<f64>() / logs.len() as f64).exp())
}

/// Returns the geometric mean of ratios with its interval, and the standard error of its logarithm. `None` if there are
/// no ratios, or a ratio has no logarithm. The ratios are independent, so their errors add in quadrature.
pub(crate) fn with_interval(ratios: &[Estimate]) -> Option<(Estimate, f64)> {
    let has_logarithm = |ratio: &Estimate| ratio.low > 0.0 && ratio.high.is_finite();
    if ratios.is_empty() || !ratios.iter().all(has_logarithm) {
        return None;
    }
    let count = ratios.len() as f64;
    let log = ratios.iter().map(|ratio| ratio.value.ln()).sum::<f64>() / count;
    let variance = |ratio: &Estimate| ratio.log_error().powi(2);
    let error = ratios.iter().map(variance).sum::<f64>().sqrt() / count;
    let half = error * STANDARD_ERRORS / 2.0;
    Some((Estimate { value: log.exp(), low: (log - half).exp(), high: (log + half).exp() }, error))
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

    #[test]
    fn a_mean_has_the_errors_of_its_parts_in_quadrature() {
        let ratio = |value: f64| Estimate { value, low: value / 1.04, high: value * 1.04 };
        let (mean, error) = with_interval(&[2.0, 8.0].map(ratio)).expect("two ratios");
        assert!((mean.value - 4.0).abs() < 1e-12);
        // Two equal errors: the error of the mean is theirs ÷ √2.
        let half = 1.04_f64.ln() / 2.0_f64.sqrt();
        assert!(
            (mean.high / mean.value - half.exp()).abs() < 1e-9 && (mean.value / mean.low - half.exp()).abs() < 1e-9
        );
        assert!((error * 1.959_963_985 - half).abs() < 1e-9);
        assert_eq!(with_interval(&[]), None);
        assert_eq!(with_interval(&[Estimate { value: 1.0, low: 0.0, high: 2.0 }]), None);
    }
}
