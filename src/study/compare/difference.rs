//! The difference between two builds, and the verdict on it.
//!
//! In each round every build's tracked probe runs next to its own untracked one. The difference between two builds is
//! the difference of their log overheads in the same round, so a disturbance of the round affects both. Among many
//! comparisons, some look different by chance. The verdict is a regression or an improvement only if
//!
//! 1. the sign test on all rounds is significant at 5 % after Holm's correction for the comparisons of the run,
//! 2. the 95 % interval, which includes the uncertainty between passes and between links, excludes no change,
//! 3. the median over all rounds lies beyond the threshold, and
//! 4. the medians of both halves of the passes, which are measured at different times, lie on that same side.

use crate::schedule::measurement::Measurement;
use crate::stats::estimate::{Estimate, STANDARD_ERRORS};
use crate::stats::sign_test::{LEVEL, POWER_QUANTILE, holm, needed_agreement, quantile, sign_test};
use crate::study::compare::logs::{Logs, Rounds};
use crate::tracking::Level;
use crate::workloads::Workload;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The difference of one build from another, on one workload at one level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The workload.
    pub workload: Workload,
    /// The level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The build, by its index in the run.
    pub build: usize,
    /// The reference, by its index in the run.
    pub reference: usize,
    /// The number of rounds that both builds have.
    pub rounds: usize,
    /// The ratio of the overheads, build ÷ reference, over all rounds; `None` if there are too few.
    pub ratio: Option<Estimate>,
    /// The median ratio in each half of the passes; `None` for a half without rounds.
    #[serde(alias = "batches")]
    pub halves: [Option<f64>; 2],
    /// The probability of such rounds if the builds cost the same, after Holm's correction.
    pub probability: Option<f64>,
    /// The smallest change, in percent, that these rounds would have shown with a probability of 80 %. `None` if
    /// there are too few rounds to show any change.
    pub detectable_percent: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
    /// The median of the log ratios in each pass, for typical changes: what workloads share in a pass.
    #[serde(skip)]
    pub by_pass: Vec<Option<f64>>,
    /// The median of the log ratios of each link, for typical changes: what workloads share in a link.
    #[serde(skip)]
    pub by_link: Vec<Option<f64>>,
}

/// The verdict on a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The build costs more than its reference.
    Regression,
    /// The build costs less than its reference.
    Improvement,
    /// The interval contains no change, or only changes below the threshold.
    NoDifference,
    /// More rounds would decide it.
    #[default]
    Inconclusive,
}

impl Verdict {
    /// Returns true for a regression or an improvement.
    pub const fn is_change(self) -> bool {
        matches!(self, Self::Regression | Self::Improvement)
    }
}

/// The reference of each build, among those that have a figure on the same workload and level.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Against {
    /// The first build
    #[default]
    First,
    /// The build before it
    Previous,
    /// A separate reference for each build, by its index, such as a commit's parent. If that has no figure, its own
    /// reference is taken. `None` for a build that is not compared.
    #[value(skip)]
    Each(Vec<Option<usize>>),
}

impl Against {
    /// Returns the place of a build's reference in a list of builds: those before it that have a figure, in order.
    pub(super) fn reference(&self, build: usize, figures: &[usize]) -> Option<usize> {
        match self {
            Self::First => (!figures.is_empty()).then_some(0),
            Self::Previous => figures.len().checked_sub(1),
            Self::Each(others) => std::iter::successors(others[build], |&other| others[other])
                .find_map(|other| figures.iter().position(|&figure| figure == other)),
        }
    }
}

/// Returns the differences between builds on each workload and level. A [`Clock`](crate::Clock) as `rounds` compares
/// the overheads of builds with one link by that time. `threshold` is in percent.
///
/// The first pairs of two measurements in a pass belong to the same rounds; a slow build stops earlier. A build that
/// failed on a workload and level is not compared there, and is not used as a reference.
pub fn differences(
    builds: &[&[Measurement]],
    against: &Against,
    groups: &[(Workload, Level)],
    rounds: impl Into<Rounds>,
    threshold: f64,
) -> Vec<Difference> {
    judged(undecided(builds, against, groups, rounds.into(), |_| threshold))
}

/// A difference before its verdict, with its rounds.
pub(in crate::study) struct Undecided {
    /// The difference, inconclusive so far.
    pub difference: Difference,
    /// The threshold of a verdict, in percent.
    threshold: f64,
    /// The differences of the rounds.
    logs: Logs,
}

impl Undecided {
    /// Adds the rounds of a later run of the same builds, on the same workload at the same level.
    pub(in crate::study) fn extend(&mut self, later: Self) {
        self.logs.extend(later.logs);
        self.difference = Difference {
            rounds: self.logs.all.len(),
            ratio: self.logs.ratio(),
            halves: self.logs.halves(),
            by_pass: self.logs.medians_of_passes(),
            by_link: self.logs.medians_of_links(),
            ..self.difference.clone()
        };
    }
}

/// Returns the differences between builds on each workload and level, before they are judged together. Each level has a
/// threshold, in percent.
pub(in crate::study) fn undecided(
    builds: &[&[Measurement]],
    against: &Against,
    groups: &[(Workload, Level)],
    rounds: Rounds,
    threshold: impl Fn(Level) -> f64,
) -> Vec<Undecided> {
    let mut found = Vec::new();
    for &(workload, level) in groups.iter().filter(|(_, level)| *level != Level::Untracked) {
        let mut references: Vec<(usize, &Measurement)> = Vec::new();
        for (build, measurements) in builds.iter().enumerate() {
            let Some(of) = figure(measurements, (workload, level)) else { continue };
            let figures: Vec<usize> = references.iter().map(|(build, _)| *build).collect();
            if let Some((reference, to)) = against.reference(build, &figures).map(|place| references[place]) {
                let logs = Logs::of(of, to, rounds);
                let difference = Difference {
                    workload,
                    level,
                    build,
                    reference,
                    rounds: logs.all.len(),
                    ratio: logs.ratio(),
                    halves: logs.halves(),
                    probability: None,
                    detectable_percent: None,
                    verdict: Verdict::Inconclusive,
                    by_pass: logs.medians_of_passes(),
                    by_link: logs.medians_of_links(),
                };
                found.push(Undecided { difference, threshold: threshold(level), logs });
            }
            references.push((build, of));
        }
    }
    found
}

/// Returns the measurement of a group that has a figure: it did not fail, and has pairs.
pub(super) fn figure(measurements: &[Measurement], group: (Workload, Level)) -> Option<&Measurement> {
    let has_figure = |measurement: &&Measurement| {
        (measurement.workload, measurement.level) == group
            && measurement.failure().is_none()
            && !measurement.pairs.is_empty()
    };
    measurements.iter().find(has_figure)
}

/// Returns differences with their verdicts, with Holm's correction over all of them.
pub(in crate::study) fn judged(found: Vec<Undecided>) -> Vec<Difference> {
    let signs =
        found.iter().map(|Undecided { difference, logs, .. }| difference.ratio.and_then(|_| sign_test(&logs.all)));
    let probabilities = holm(&signs.collect::<Vec<_>>());
    let comparisons = probabilities.iter().flatten().count();
    let judged = found.into_iter().zip(probabilities).map(|(found, probability)| {
        let Undecided { mut difference, threshold, logs } = found;
        difference.probability = probability;
        difference.detectable_percent = detectable_percent(&logs, comparisons, threshold);
        if let (Some(ratio), Some(probability)) = (difference.ratio, probability) {
            difference.verdict = verdict(ratio, difference.halves, probability, threshold);
        }
        difference
    });
    judged.collect()
}

/// Returns the verdict on a ratio of overheads, its medians in both halves of the passes, and its corrected
/// probability.
pub(super) fn verdict(ratio: Estimate, halves: [Option<f64>; 2], probability: f64, threshold: f64) -> Verdict {
    let is_of_side = |half: f64| if ratio.value > 1.0 { half > 1.0 } else { half < 1.0 };
    let agree = halves.iter().all(|half| half.is_some_and(is_of_side));
    decision(ratio, probability < LEVEL && agree, threshold)
}

/// Returns the verdict on a ratio. A regression or an improvement must be significant, with an interval that excludes
/// no change, and exceed the threshold, in percent.
pub(in crate::study) fn decision(ratio: Estimate, is_sure: bool, threshold: f64) -> Verdict {
    let factor = 1.0 + threshold / 100.0;
    let is_sure = is_sure && !ratio.contains_one();
    if is_sure && ratio.value > factor {
        Verdict::Regression
    } else if is_sure && ratio.value < 1.0 / factor {
        Verdict::Improvement
    } else if ratio.contains_one() || ratio.is_within(threshold) {
        Verdict::NoDifference
    } else {
        Verdict::Inconclusive
    }
}

/// Returns the smallest change, in percent, that rounds with this noise would have shown with a probability of 80 %,
/// up or down, whichever is harder. The verdict needs enough rounds on one side of no change, an interval without it,
/// and a median beyond the threshold.
///
/// A change shifts all log differences, by [`shift_that_is_found`] for enough rounds on one side.
fn detectable_percent(logs: &Logs, comparisons: usize, threshold: f64) -> Option<f64> {
    let Estimate { value, low, high } = logs.interval()?;
    let shift = shift_that_is_found(&logs.all, value, comparisons)?;
    let at_least = (1.0 + threshold / 100.0).ln().max((high - low) / 2.0);
    in_percent(shift.max(at_least + POWER_QUANTILE * (high - low) / STANDARD_ERRORS))
}

/// Returns the smallest shift of log differences with this median that the sign test would have shown with a
/// probability of 80 % at Holm's strictest step, up or down, whichever is harder; `None` if there are too few to show
/// any.
///
/// Enough of them agree when the shift exceeds the quantile of the residuals at the probability that
/// [`needed_agreement`] gives.
pub(in crate::study) fn shift_that_is_found(logs: &[f64], median: f64, comparisons: usize) -> Option<f64> {
    let agreement = needed_agreement(logs.len(), comparisons)?;
    let mut residuals: Vec<f64> = logs.iter().map(|log| log - median).collect();
    residuals.sort_unstable_by(f64::total_cmp);
    let (up, down) = (-quantile(&residuals, 1.0 - agreement), quantile(&residuals, agreement));
    Some(up.max(down))
}

/// Converts a change of a logarithm to percent; `None` if that is not finite.
pub(super) fn in_percent(log: f64) -> Option<f64> {
    Some(log.exp_m1() * 100.0).filter(|percent| percent.is_finite())
}

#[cfg(test)]
mod tests;
