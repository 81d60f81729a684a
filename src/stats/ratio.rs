//! The ratio of two sums, for parts that are too coarse to be divided individually.

/// Returns the ratio of the sum of the parts to that of the wholes, with its standard error (Cochran 1977, *Sampling
/// Techniques*, section 6.3); `None` if the wholes do not sum to a positive number, or there are fewer than two of
/// them.
pub(crate) fn ratio_of_sums(pairs: &[(f64, f64)]) -> Option<(f64, f64)> {
    let all: f64 = pairs.iter().map(|(_, whole)| whole).sum();
    let ratio = pairs.iter().map(|(part, _)| part).sum::<f64>() / all;
    let residuals: f64 = pairs.iter().map(|(part, whole)| (part - ratio * whole).powi(2)).sum();
    let count = pairs.len() as f64;
    (all > 0.0 && count > 1.0).then(|| (ratio, (residuals * count / (count - 1.0)).sqrt() / all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_a_ratio_of_sums_comes_from_residuals() {
        assert_eq!(ratio_of_sums(&[(1.0, 4.0), (2.0, 8.0)]), Some((0.25, 0.0)));
        // 0 of 10 and 10 of 10: the residuals from a half are −5 and 5, their variance is 50, and the error is √(2 ·
        // 50) of 20: that of the mean of 0 and 1, which deviate by √½.
        assert_eq!(ratio_of_sums(&[(0.0, 10.0), (10.0, 10.0)]), Some((0.5, 0.5)));
        assert_eq!([ratio_of_sums(&[]), ratio_of_sums(&[(1.0, 0.0), (2.0, 0.0)])], [None; 2]);
        assert_eq!(ratio_of_sums(&[(1.0, 4.0)]), None, "a single one shows no error");
    }
}
