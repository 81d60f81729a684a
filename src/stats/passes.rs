//! The uncertainty between passes. The machine's state lasts for seconds to minutes, so consecutive pairs agree better
//! than pairs of different minutes. An interval from all pairs alone misses that.
//!
//! A run takes its pairs in passes over all of its measurements. The median of each pass is one value of the figure,
//! and the t interval over these values covers any source of their spread. Repeating the highest level that varies is
//! the remedy of Kalibera and Jones (2013), *Rigorous Benchmarking in Reasonable Time*; shuffled passes are the
//! randomised trials of Abedi and Brecht (2017), *Conducting Repeatable Experiments in Highly Variable Cloud Computing
//! Environments*.

use crate::stats::estimate::Estimate;
use crate::stats::median::{median, median_interval};
use crate::stats::student::Mean;

/// The minimum number of passes of a t interval: with fewer, the interval is too wide to be useful.
pub(crate) const MIN_PASSES: usize = 6;

/// Returns the median of ratios with its 95 % interval: the hull of the order-statistics interval of all values and the
/// t interval over the medians of the passes, by their logarithms. With fewer than six passes it is the former alone.
///
/// `ends` are the numbers of values up to the end of each pass. Values that are not finite are ignored.
pub(crate) fn ratio_interval(ratios: &[f64], ends: &[usize]) -> Option<Estimate> {
    let logs: Vec<f64> = ratios.iter().map(|ratio| ratio.ln()).collect();
    let over_passes = over_passes(&logs, ends).map(|(low, high)| (low.exp(), high.exp()));
    Some(hull(median_interval(ratios.iter().copied())?, over_passes))
}

/// Returns the median of values with its 95 % interval as [`ratio_interval`] does, by the values instead of their
/// logarithms.
pub(crate) fn interval(values: &[f64], ends: &[usize]) -> Option<Estimate> {
    Some(hull(median_interval(values.iter().copied())?, over_passes(values, ends)))
}

/// Returns the degrees of freedom of the lower end of an interval of values or logarithms: those of the t interval over
/// passes, if that is the lower one of the two; `None` if it is the end of the order-statistics interval.
pub(crate) fn freedom_below(values: &[f64], ends: &[usize]) -> Option<usize> {
    let mean = mean_of_medians(passes(values, ends))?;
    let is_lower = mean.interval().0 < median_interval(values.iter().copied())?.low;
    mean.freedom.filter(|_| is_lower)
}

/// Returns an estimate whose interval includes another interval, if there is one.
pub(crate) fn hull(estimate: Estimate, other: Option<(f64, f64)>) -> Estimate {
    let Estimate { value, low, high } = estimate;
    other.map_or(estimate, |other| Estimate { value, low: low.min(other.0), high: high.max(other.1) })
}

/// Returns the t interval over the medians of the passes; `None` with fewer than six passes that have values.
fn over_passes(values: &[f64], ends: &[usize]) -> Option<(f64, f64)> {
    over_groups(passes(values, ends))
}

fn passes(values: &[f64], ends: &[usize]) -> impl Iterator<Item = Vec<f64>> {
    stretches(values.len(), ends).map(|pass| values[pass].to_vec())
}

/// Returns the t interval over the medians of groups of values; `None` with fewer than six groups that have values.
pub(crate) fn over_groups(groups: impl Iterator<Item = Vec<f64>>) -> Option<(f64, f64)> {
    mean_of_medians(groups).map(|mean| mean.interval())
}

/// Returns the mean of the medians of groups of values; `None` with fewer than six groups that have values.
fn mean_of_medians(groups: impl Iterator<Item = Vec<f64>>) -> Option<Mean> {
    let medians: Vec<f64> = groups.filter_map(median).collect();
    (medians.len() >= MIN_PASSES).then(|| Mean::of(&medians))
}

/// Returns the ranges of the passes, in order. Values after the last end belong to no pass.
pub(crate) fn stretches(count: usize, ends: &[usize]) -> impl Iterator<Item = std::ops::Range<usize>> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends).map(move |(start, &end)| start.min(count)..end.min(count).max(start.min(count)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    #[test]
    fn passes_are_ranges_of_values() {
        let of = |count, ends: &[usize]| stretches(count, ends).collect::<Vec<_>>();
        assert_eq!(of(10, &[4, 4, 10]), [0..4, 4..4, 4..10]);
        assert_eq!(of(5, &[4, 9]), [0..4, 4..5]);
        assert!(of(3, &[]).is_empty());
        assert_eq!(of(2, &[4, 9]), [0..2, 2..2]);
    }

    #[test]
    fn equal_passes_keep_the_interval_and_different_ones_widen_it() {
        let pass = [0.98, 0.99, 1.0, 1.01, 1.02];
        let ends: Vec<usize> = (1..=6).map(|pass| 5 * pass).collect();
        let equal = pass.repeat(6);
        assert_eq!(ratio_interval(&equal, &ends), median_interval(equal.iter().copied()));
        assert_eq!(interval(&equal, &ends), median_interval(equal.iter().copied()));
        let states = [1.0, 1.0, 1.3, 1.3, 1.0, 1.3];
        let shifted: Vec<f64> = states.iter().flat_map(|state| pass.map(|ratio| ratio * state)).collect();
        let (seen, narrow) = (ratio_interval(&shifted, &ends), median_interval(shifted.iter().copied()));
        let (seen, narrow) = (seen.expect("30 values"), narrow.expect("30 values"));
        assert_eq!(seen.value, narrow.value);
        assert!(seen.low < narrow.low && seen.high >= narrow.high, "{seen:?} {narrow:?}");
        let logs = |ratios: &[f64]| ratios.iter().map(|ratio| ratio.ln()).collect::<Vec<f64>>();
        let freedom = |ratios: &[f64]| freedom_below(&logs(ratios), &ends);
        assert_eq!([freedom(&equal), freedom(&shifted), freedom(&shifted[..25])], [None, Some(5), None]);
        // Five passes are too few, and so are six if one of them has no value.
        assert_eq!(ratio_interval(&shifted[..25], &ends[..5]), median_interval(shifted[..25].iter().copied()));
        let lacking = [&shifted[..25], &[f64::NAN; 5]].concat();
        assert_eq!(ratio_interval(&lacking, &ends), median_interval(shifted[..25].iter().copied()));
    }

    /// Simulates a machine whose state changes from pass to pass by 5 %, with noise of 2 % within a pass. Over 1,000
    /// runs, order statistics alone cover far less than 95 %, and the hull covers at least 95 % minus two standard
    /// errors.
    #[test]
    fn intervals_cover_the_truth_on_a_machine_that_changes_its_state() {
        let mut rng = Pcg64Mcg::seed_from_u64(11);
        let mut normal = || (0..12).map(|_| rng.random_range(-0.5..0.5)).sum::<f64>();
        let ends: Vec<usize> = (1..=6).map(|pass| 10 * pass).collect();
        let mut covered = [0, 0];
        for _ in 0..1_000 {
            let mut ratios = Vec::new();
            for _ in 0..6 {
                let state = 0.05 * normal();
                ratios.extend((0..10).map(|_| (state + 0.02 * normal()).exp()));
            }
            let both = [median_interval(ratios.iter().copied()), ratio_interval(&ratios, &ends)];
            for (covered, interval) in covered.iter_mut().zip(both) {
                *covered += u32::from(interval.expect("60 values").contains_one());
            }
        }
        assert!(covered[0] < 800 && covered[1] >= 936, "{covered:?} of 1,000");
    }
}
