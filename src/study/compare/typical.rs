//! The typical change of a build at a level: the geometric mean over the workloads, with its interval.
//!
//! Each workload's change is a median with its own interval. The standard errors of their logarithms add in quadrature,
//! as if workloads were independent. They share the machine's state in a pass, and the places of functions in a link;
//! so the interval is the hull of that one and of the t intervals over the geometric means within each pass and each
//! link. The verdict follows the rule for one workload. It is significant at 5 % after Holm's correction for all
//! typical changes of the run, the change lies beyond the threshold, and both halves of the passes lie on that same
//! side. The probability is the largest of those by the three intervals: by the normal distribution, and by Student's t
//! over the passes and over the links. At 5 % it is the widest interval's, and at Holm's stricter levels a wide tail
//! counts more.

use crate::stats::estimate::Estimate;
use crate::stats::mean;
use crate::stats::passes::hull;
use crate::stats::sign_test::{LEVEL, holm};
use crate::stats::student::Mean;
use crate::study::compare::difference::{Against, Difference, Verdict, in_percent, verdict};
use crate::tracking::Level;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// The change of one build from another at one level, over several workloads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Typical {
    /// The level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The build, by its index in the run.
    pub build: usize,
    /// The reference, by its index in the run.
    pub reference: usize,
    /// The workloads on which both have a figure.
    pub workloads: Vec<Workload>,
    /// The geometric mean of the workloads' ratios of overheads.
    pub ratio: Estimate,
    /// The probability of such a change if the builds cost the same, after Holm's correction.
    pub probability: f64,
    /// The smallest change, in percent, that would have been found with a probability of 80 %.
    pub detectable_percent: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
}

/// Returns the typical change of each build at each of these levels that has at least two workloads to average.
/// `threshold` returns the threshold of a level, in percent.
///
/// A build's rows may have different references, if the intended one has no figure on a workload. The reference of most
/// rows is used; in a tie, the intended one.
pub fn typical(
    differences: &[Difference],
    levels: &[Level],
    against: &Against,
    threshold: impl Fn(Level) -> f64,
) -> Vec<Typical> {
    let builds = differences.iter().map(|difference| difference.build + 1).max().unwrap_or(0);
    let mut found = Vec::new();
    let mut judged_by = Vec::new();
    for &level in levels {
        for build in 0..builds {
            let of_build = |difference: &&Difference| {
                difference.level == level && difference.build == build && difference.ratio.is_some()
            };
            let rows: Vec<&Difference> = differences.iter().filter(of_build).collect();
            let Some(reference) = usual_reference(&rows, against) else { continue };
            let rows = rows.into_iter().filter(|row| row.reference == reference).collect::<Vec<_>>();
            let ratios: Vec<Estimate> = rows.iter().filter_map(|row| row.ratio).collect();
            let Some(independent) = mean::with_interval(&ratios).filter(|_| rows.len() > 1) else { continue };
            let over_passes = mean::log_over_groups(&rows.iter().map(|row| &row.by_pass).collect::<Vec<_>>());
            let over_links = mean::log_over_groups(&rows.iter().map(|row| &row.by_link).collect::<Vec<_>>());
            let shared: Vec<Mean> = over_passes.into_iter().chain(over_links).collect();
            let ratio = shared.iter().fold(independent, |ratio, mean| {
                let (low, high) = mean.interval();
                hull(ratio, Some((low.exp(), high.exp())))
            });
            let half = |number: usize| {
                let medians: Option<Vec<f64>> = rows.iter().map(|row| row.halves[number]).collect();
                mean::geometric_mean(medians?)
            };
            let workloads = rows.iter().map(|row| row.workload).collect();
            judged_by.push(([vec![Mean::of_log(&independent)], shared].concat(), [half(0), half(1)]));
            let (probability, detectable_percent, verdict) = (1.0, None, Verdict::Inconclusive);
            found.push(Typical { level, build, reference, workloads, ratio, probability, detectable_percent, verdict });
        }
    }
    let tails = judged_by.iter().map(|(means, _)| means.iter().map(Mean::probability).reduce(f64::max));
    let probabilities = holm(&tails.collect::<Vec<_>>());
    let strictest = LEVEL / found.len().max(1) as f64;
    for ((typical, (means, halves)), probability) in found.iter_mut().zip(judged_by).zip(probabilities) {
        let threshold = threshold(typical.level);
        // A verdict also needs an interval without no change, and the hull may be wider than each of its parts.
        let Estimate { low, high, .. } = typical.ratio;
        let at_least = (1.0 + threshold / 100.0).ln().max((high / low).ln() / 2.0);
        let beyond = |mean: &Mean| mean.detectable(strictest, at_least);
        typical.probability = probability.unwrap_or(1.0);
        typical.detectable_percent = means.iter().map(beyond).reduce(f64::max).and_then(in_percent);
        typical.verdict = verdict(typical.ratio, halves, typical.probability, threshold);
    }
    found
}

/// Returns the reference of most rows; in a tie, the intended one.
fn usual_reference(rows: &[&Difference], against: &Against) -> Option<usize> {
    let count = |reference: usize| rows.iter().filter(|row| row.reference == reference).count();
    let references = rows.iter().map(|row| row.reference);
    references.max_by_key(|&reference| {
        let is_due = match against {
            Against::First => usize::MAX - reference,
            Against::Previous | Against::Each(_) => reference,
        };
        (count(reference), is_due)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    const CYCLES: Workload = Workload::CYCLES;
    const LEAKS: Workload = Workload::LEAKS;
    const MIXED: Workload = Workload::MIXED;
    const STRUCTURES: Workload = Workload::STRUCTURES;

    fn row(workload: Workload, reference: usize, ratio: Estimate) -> Difference {
        Difference {
            workload,
            level: Level::Full,
            build: 3,
            reference,
            rounds: 60,
            ratio: Some(ratio),
            halves: [Some(ratio.value); 2],
            probability: Some(1.0),
            detectable_percent: None,
            verdict: Verdict::Inconclusive,
            by_pass: Vec::new(),
            by_link: Vec::new(),
        }
    }

    fn ratio(value: f64, half_percent: f64) -> Estimate {
        let factor = 1.0 + half_percent / 100.0;
        Estimate { value, low: value / factor, high: value * factor }
    }

    fn of(rows: &[Difference]) -> Vec<Typical> {
        typical(rows, &[Level::Full], &Against::Previous, |_| 3.0)
    }

    #[test]
    fn workloads_that_agree_show_more_than_each_alone() {
        let rows = [CYCLES, LEAKS, MIXED, STRUCTURES].map(|workload| row(workload, 2, ratio(1.06, 6.5)));
        let [typical] = &of(&rows)[..] else { panic!("one build at one level") };
        assert_eq!((typical.verdict, typical.reference, typical.workloads.len()), (Verdict::Regression, 2, 4));
        // (1.96 + 0.84) standard errors of 1.6 %; the threshold needs less.
        assert!((typical.detectable_percent.expect("a change") - 4.6).abs() < 0.1, "{typical:?}");

        let mut torn = rows.clone();
        torn.iter_mut().for_each(|row| row.halves = [Some(0.99), Some(1.13)]);
        assert_eq!(of(&torn)[0].verdict, Verdict::Inconclusive, "the halves disagree");
        let small = [CYCLES, LEAKS].map(|workload| row(workload, 2, ratio(1.01, 0.1)));
        assert_eq!(of(&small)[0].verdict, Verdict::NoDifference, "it is below the threshold");
    }

    #[test]
    fn variation_shared_in_a_pass_or_a_link_widens_the_interval() {
        let rows = [CYCLES, LEAKS, MIXED, STRUCTURES].map(|workload| row(workload, 2, ratio(1.06, 2.0)));
        let alone = of(&rows).remove(0);
        assert_eq!(alone.verdict, Verdict::Regression);
        let shared: Vec<Option<f64>> = [-0.1, 0.1].repeat(3).into_iter().map(|state| Some(0.058 + state)).collect();
        type Parts = fn(&mut Difference) -> &mut Vec<Option<f64>>;
        let of_rows: [Parts; 2] = [|row| &mut row.by_pass, |row| &mut row.by_link];
        for parts in of_rows {
            let mut rows = rows.clone();
            rows.iter_mut().for_each(|row| *parts(row) = shared.clone());
            let typical = of(&rows).remove(0);
            // t(5) · 0.1 · √(6 ÷ 5) ÷ √6 = 0.115.
            assert!((typical.ratio.high.ln() - 0.173).abs() < 1e-3, "{typical:?}");
            assert_eq!((typical.ratio.value, typical.verdict), (alone.ratio.value, Verdict::NoDifference));
            assert!(typical.probability > alone.probability && typical.detectable_percent > alone.detectable_percent);
        }
    }

    /// Returns rows of two workloads whose interval is narrow, and whose logarithms in each pass, or of each link, have
    /// this mean and deviate by `deviation` up and down.
    fn shared(parts: usize, mean: f64, deviation: f64) -> Vec<Difference> {
        let logs =
            |count: usize| [deviation, -deviation].repeat(count / 2).into_iter().map(move |part| Some(mean + part));
        let of = |workload| {
            let mut row = row(workload, 2, ratio(mean.exp(), 0.01));
            *(if parts == 6 { &mut row.by_pass } else { &mut row.by_link }) = logs(parts).collect();
            row
        };
        [CYCLES, LEAKS].map(of).to_vec()
    }

    #[test]
    fn probabilities_are_by_students_t() {
        // The standard error of n values that deviate by d up and down is d ÷ √(n − 1). Two-sided quantiles at 1 of
        // 1,000: t(5) = 6.868827 and t(7) = 5.407883.
        for (parts, quantile) in [(6, 6.868_827), (8, 5.407_883)] {
            let error = 0.02 / (parts as f64 - 1.0).sqrt();
            let typical = of(&shared(parts, quantile * error, 0.02)).remove(0);
            assert!((typical.probability - 0.001).abs() < 1e-6, "{parts}: {typical:?}");
        }
        // Without a threshold: (t(5) at 5 % + its quantile at 80 %) · 0.02 ÷ √5.
        let typical = typical(&shared(6, 0.0, 0.02), &[Level::Full], &Against::Previous, |_| 0.0).remove(0);
        let detectable = typical.detectable_percent.expect("a change");
        let wanted = (0.02 / 5.0_f64.sqrt() * (2.570_582 + 0.919_544)).exp_m1() * 100.0;
        assert!((detectable - wanted).abs() < 1e-3, "{detectable}, not {wanted}");
    }

    /// Sixteen typical changes of equal builds, whose spread between passes decides: at most 5 % of runs have a
    /// verdict, also without a threshold. By the normal distribution with the same intervals, one in six would.
    #[test]
    fn equal_builds_rarely_have_a_verdict() {
        let mut rng = Pcg64Mcg::seed_from_u64(3);
        let mut normal = || (0..12).map(|_| rng.random_range(-0.5..0.5)).sum::<f64>();
        let levels: Vec<Level> = (0..16).map(Level::Synthetic).collect();
        let mut has_verdict = || {
            let mut rows = Vec::new();
            for &level in &levels {
                let logs: Vec<Option<f64>> = (0..6).map(|_| Some(0.02 * normal())).collect();
                let mean = logs.iter().flatten().sum::<f64>() / 6.0;
                let of =
                    |workload| Difference { level, by_pass: logs.clone(), ..row(workload, 2, ratio(mean.exp(), 0.01)) };
                rows.extend([CYCLES, LEAKS].map(of));
            }
            let found = typical(&rows, &levels, &Against::Previous, |_| 0.0);
            found.iter().any(|typical| typical.verdict.is_change())
        };
        let runs = 400;
        let false_alarms = (0..runs).filter(|_| has_verdict()).count();
        // 20 are expected, with a standard deviation of 4.4.
        assert!((5..34).contains(&false_alarms), "{false_alarms} of {runs}");
    }

    #[test]
    fn one_workload_is_not_typical_and_unusual_references_are_left_out() {
        assert_eq!(of(&[row(CYCLES, 2, ratio(2.0, 1.0))]), []);
        let rows = [row(CYCLES, 2, ratio(1.0, 1.0)), row(LEAKS, 0, ratio(9.0, 1.0)), row(MIXED, 2, ratio(1.0, 1.0))];
        assert_eq!(of(&rows)[0].workloads, [CYCLES, MIXED]);
        let rows = [row(CYCLES, 0, ratio(2.0, 1.0)), row(LEAKS, 2, ratio(2.0, 1.0))];
        let of_each = |against| usual_reference(&rows.iter().collect::<Vec<_>>(), against);
        assert_eq!([&Against::First, &Against::Previous].map(of_each), [Some(0), Some(2)]);
    }

    #[test]
    fn without_noise_nothing_is_divided_by_zero() {
        let same = [CYCLES, LEAKS].map(|workload| row(workload, 2, ratio(1.0, 0.0)));
        let [typical] = &of(&same)[..] else { panic!("one build at one level") };
        assert_eq!((typical.probability, typical.verdict), (1.0, Verdict::NoDifference));
        let slower = [CYCLES, LEAKS].map(|workload| row(workload, 2, ratio(1.5, 0.0)));
        assert_eq!((of(&slower)[0].probability, of(&slower)[0].verdict), (0.0, Verdict::Regression));
    }
}
