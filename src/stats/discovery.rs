//! The false-discovery rate: the expected share of false steps among the reported ones.
//!
//! Benjamini and Hochberg (1995), *Controlling the False Discovery Rate*. A family-wise rate, which Holm's correction
//! controls for a comparison, would find fewer steps as a history grows.

/// Corrects probabilities by Benjamini and Hochberg: the tests with a corrected probability below a level are the
/// discoveries, of which at most that part is expected to be false.
pub(crate) fn discoveries(probabilities: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    let tests = order.len();
    let mut corrected = vec![1.0; tests];
    let mut least = 1.0_f64;
    for (place, test) in order.into_iter().enumerate() {
        let rank = tests - place;
        least = least.min(probabilities[test] * tests as f64 / rank as f64);
        corrected[test] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discoveries_match_the_paper() {
        // Benjamini and Hochberg's own example, section 4: 15 tests, of which four are discoveries at 5 %.
        let probabilities = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1.0,
        ];
        let corrected = discoveries(&probabilities);
        assert_eq!(corrected.iter().filter(|&&probability| probability <= 0.05).count(), 4);
        assert!((corrected[3] - 0.0095 * 15.0 / 4.0).abs() < 1e-12, "{corrected:?}");
        assert!((corrected[4] - 0.0201 * 15.0 / 5.0).abs() < 1e-12 && corrected.is_sorted(), "{corrected:?}");
        // The corrected probabilities keep the order of their input.
        let mut reversed = probabilities;
        reversed.reverse();
        let mut again = discoveries(&reversed);
        again.reverse();
        assert_eq!(again, corrected);
        assert!(discoveries(&[]).is_empty());
    }
}
