//! Means. In the geometric mean, a factor up and the same factor down cancel.

use crate::stats::estimate::{Estimate, STANDARD_ERRORS};
use crate::stats::passes::MIN_PASSES;
use crate::stats::student::Mean;

/// Returns the arithmetic mean of the finite values; `None` if there are none.
pub(crate) fn finite_mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) =
        values.filter(|value| value.is_finite()).fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// Returns the geometric mean of ratios; `None` if there are none, or a ratio has no logarithm.
pub(crate) fn geometric_mean(ratios: impl IntoIterator<Item = f64>) -> Option<f64> {
    let logs: Vec<f64> = ratios.into_iter().map(f64::ln).collect();
    let is_defined = !logs.is_empty() && logs.iter().all(|log| log.is_finite());
    is_defined.then(|| (logs.iter().sum::<f64>() / logs.len() as f64).exp())
}

/// Returns the geometric mean of ratios with its interval. `None` if there are no ratios, or one of them has no
/// logarithm. Errors add in quadrature, as those of independent ratios do; [`over_groups`] is for what they share.
pub(crate) fn with_interval(ratios: &[Estimate]) -> Option<Estimate> {
    let has_logarithm = |ratio: &Estimate| ratio.low > 0.0 && ratio.high.is_finite();
    if ratios.is_empty() || !ratios.iter().all(has_logarithm) {
        return None;
    }
    let count = ratios.len() as f64;
    let log = ratios.iter().map(|ratio| ratio.value.ln()).sum::<f64>() / count;
    let variance = |ratio: &Estimate| ratio.log_error().powi(2);
    let error = ratios.iter().map(variance).sum::<f64>().sqrt() / count;
    let half = error * STANDARD_ERRORS / 2.0;
    Some(Estimate { value: log.exp(), low: (log - half).exp(), high: (log + half).exp() })
}

/// Returns the 95 % interval of a geometric mean over groups of values, such as passes: the t interval over the
/// geometric means within each group. Whatever ratios share in a group, such as the machine's state in a pass, is in
/// it.
///
/// `logs` has, for each ratio, its logarithm in each group. A group in which a ratio has none does not count; `None`
/// with fewer than six that do.
pub(crate) fn over_groups<L: AsRef<[Option<f64>]>>(logs: &[L]) -> Option<(f64, f64)> {
    let (low, high) = log_over_groups(logs)?.interval();
    Some((low.exp(), high.exp()))
}

/// Returns the mean of the logarithms over groups, as [`over_groups`] does, with its error.
pub(crate) fn log_over_groups<L: AsRef<[Option<f64>]>>(logs: &[L]) -> Option<Mean> {
    let groups = logs.iter().map(|of| of.as_ref().len()).min()?;
    let within = |group: usize| -> Option<f64> {
        let logs: Vec<f64> = logs.iter().map(|of| of.as_ref()[group]).collect::<Option<_>>()?;
        Some(logs.iter().sum::<f64>() / logs.len() as f64)
    };
    let means: Vec<f64> = (0..groups).filter_map(within).collect();
    (means.len() >= MIN_PASSES).then(|| Mean::of(&means))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_ignores_values_that_are_not_finite() {
        assert_eq!(finite_mean([1.0, f64::NAN, 3.0, f64::INFINITY].into_iter()), Some(2.0));
        assert_eq!(finite_mean([f64::NAN].into_iter()), None);
    }

    #[test]
    fn opposite_ratios_cancel() {
        assert_eq!(geometric_mean([2.0, 8.0]), Some(4.0));
        assert_eq!(geometric_mean([0.5, 2.0]), Some(1.0));
        assert_eq!([geometric_mean([]), geometric_mean([1.0, 0.0])], [None, None]);
    }

    #[test]
    fn a_mean_has_the_errors_of_its_parts_in_quadrature() {
        let ratio = |value: f64| Estimate { value, low: value / 1.04, high: value * 1.04 };
        let mean = with_interval(&[2.0, 8.0].map(ratio)).expect("two ratios");
        assert!((mean.value - 4.0).abs() < 1e-12);
        // Two equal errors: the error of the mean is theirs ÷ √2.
        let half = 1.04_f64.ln() / 2.0_f64.sqrt();
        assert!(
            (mean.high / mean.value - half.exp()).abs() < 1e-9 && (mean.value / mean.low - half.exp()).abs() < 1e-9
        );
        assert!((mean.log_error() * 1.959_963_985 - half).abs() < 1e-9);
        assert_eq!(with_interval(&[]), None);
        assert_eq!(with_interval(&[Estimate { value: 1.0, low: 0.0, high: 2.0 }]), None);
    }

    #[test]
    fn variation_shared_in_a_pass_does_not_average_out() {
        let states = [-0.1, 0.1, -0.1, 0.1, -0.1, 0.1];
        let of = |sign: f64| states.map(|state| Some(1.0 + sign * state)).to_vec();
        let (low, high) = over_groups(&[of(1.0), of(1.0)]).expect("six passes");
        // t(5) = 2.570582; the deviation is 0.1 · √(6 ÷ 5), and that of the mean of six 1 ÷ √6 of it.
        let half = 2.570_582 * 0.1 / 5.0_f64.sqrt();
        assert!((low.ln() - (1.0 - half)).abs() < 1e-6 && (high.ln() - (1.0 + half)).abs() < 1e-6, "{low} {high}");
        let (low, high) = over_groups(&[of(1.0), of(-1.0)]).expect("six passes");
        assert!((low.ln() - 1.0).abs() < 1e-9 && (high.ln() - 1.0).abs() < 1e-9, "they cancel: {low} {high}");
        // One of them has too few passes, or none at all, as in an earlier file.
        let mut lacking = of(1.0);
        lacking[2] = None;
        assert_eq!([over_groups(&[of(1.0), lacking]), over_groups(&[of(1.0), Vec::new()])], [None; 2]);
        assert_eq!(over_groups::<Vec<Option<f64>>>(&[]), None);
    }
}
