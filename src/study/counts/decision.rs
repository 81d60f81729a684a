//! The difference of counts, and the judgement on it.
//!
//! Counts of the tracked window are compared: the workload is the same in all builds, so any difference is the
//! tracker's. A difference has a verdict if it exceeds the spread of equal runs and the differences of equal builds
//! ([`Metric::rule`]).

use super::metric::Metric;
use super::record::{Counts, middle};
use crate::tracking::Level;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// The judgement on a difference of counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    /// The build counts more than its reference.
    Worse,
    /// The build counts less than its reference.
    Better,
    /// The difference is no larger than between equal builds.
    Same,
    /// It was not counted in one of the two, or has no verdicts.
    #[default]
    Unknown,
}

/// The change of one metric from a reference to a build.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The metric.
    pub metric: Metric,
    /// The median of the reference's tracked runs; `None` if it was not counted.
    pub base: Option<f64>,
    /// The median of the build's tracked runs.
    pub head: Option<f64>,
    /// The build's count ÷ the reference's; `None` if one is unknown or the reference's is zero.
    pub ratio: Option<f64>,
    /// The same ratio of tracked − untracked; `None` if tracking adds hardly anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_ratio: Option<f64>,
    /// The threshold of a verdict, in percent of the reference's count; `None` without verdicts.
    pub threshold_percent: Option<f64>,
    /// The judgement.
    pub judgement: Judgement,
}

/// The changes of all metrics on one workload at one level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The workload.
    pub workload: Workload,
    /// The level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The changes, one for each of [`Metric::ALL`].
    pub changes: Vec<Change>,
}

impl Difference {
    /// Returns the change of a metric.
    pub fn change(&self, metric: Metric) -> Option<&Change> {
        self.changes.iter().find(|change| change.metric == metric)
    }
}

/// Returns the differences of a build's counts from its reference's, on each workload and level that both have.
pub fn differences(base: &[Counts], head: &[Counts]) -> Vec<Difference> {
    let of = |head: &Counts| {
        let base = base.iter().find(|base| (base.workload, base.level) == (head.workload, head.level))?;
        Some(Difference { workload: head.workload, level: head.level, changes: changes(base, head) })
    };
    head.iter().filter_map(of).collect()
}

/// Returns the change of each metric from a reference to a build, on one workload at one level.
fn changes(base: &Counts, head: &Counts) -> Vec<Change> {
    let of = |metric: Metric| {
        let least = metric.rule().map_or(0, |rule| rule.least) as f64;
        let added = |counts: &Counts| counts.added(metric).filter(|&added| added > least);
        let added_ratio = added(base).zip(added(head)).map(|(base, head)| head / base);
        Change { added_ratio, ..change(metric, base.tracked.of(metric), head.tracked.of(metric)) }
    };
    Metric::ALL.map(of).to_vec()
}

/// Returns the change of a metric from the runs of a reference to those of a build.
pub fn change(metric: Metric, base: &[u64], head: &[u64]) -> Change {
    let (before, after) = (middle(base), middle(head));
    let unknown = Change {
        metric,
        base: before,
        head: after,
        ratio: None,
        added_ratio: None,
        threshold_percent: None,
        judgement: Judgement::Unknown,
    };
    let (Some(before), Some(after)) = (before, after) else { return unknown };
    let ratio = (before > 0.0).then(|| after / before);
    let Some(rule) = metric.rule() else { return Change { ratio, ..unknown } };
    let of_spread = rule.spreads * spread(base).max(spread(head));
    let allowed = (before * rule.percent / 100.0).max(rule.least as f64).max(of_spread as f64);
    let judgement = match after - before {
        more if more > allowed => Judgement::Worse,
        less if less < -allowed => Judgement::Better,
        _ => Judgement::Same,
    };
    let threshold_percent = (before > 0.0).then(|| allowed / before * 100.0);
    Change { ratio, threshold_percent, judgement, ..unknown }
}

/// Returns the difference between the greatest and the least count.
pub(super) fn spread(runs: &[u64]) -> u64 {
    let least = runs.iter().min().copied().unwrap_or(0);
    runs.iter().max().map_or(0, |greatest| greatest - least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::counts::Runs;

    fn judged(metric: Metric, base: &[u64], head: &[u64]) -> Judgement {
        change(metric, base, head).judgement
    }

    #[test]
    fn a_change_larger_than_between_equal_builds_has_a_verdict() {
        let instructions = |head: u64| judged(Metric::Instructions, &[10_000_000; 2], &[head; 2]);
        assert_eq!(instructions(10_000_000), Judgement::Same);
        assert_eq!([10_010_000, 9_990_000].map(instructions), [Judgement::Same; 2], "0.1 %");
        assert_eq!([10_010_001, 9_989_999].map(instructions), [Judgement::Worse, Judgement::Better]);
        let data = |head: u64| judged(Metric::DataMisses, &[1_000_000; 2], &[head; 2]);
        assert_eq!([1_009_000, 1_011_000, 989_000].map(data), [Judgement::Same, Judgement::Worse, Judgement::Better]);
        let last = |head: u64| judged(Metric::LastLevelMisses, &[43_452; 2], &[head; 2]);
        assert_eq!([42_261, 40_000].map(last), [Judgement::Same, Judgement::Better], "other links of one build");
    }

    #[test]
    fn differing_runs_raise_the_threshold() {
        let of = |base: [u64; 2]| change(Metric::Instructions, &base, &[10_030_000; 2]);
        assert_eq!(of([10_000_000, 10_000_000]).judgement, Judgement::Worse);
        let spread = of([9_990_000, 10_010_000]);
        assert_eq!(spread.judgement, Judgement::Same, "they are 0.2 % apart");
        assert_eq!((spread.ratio, spread.threshold_percent), (Some(1.003), Some(0.4)));
    }

    #[test]
    fn page_faults_must_exceed_the_range_of_their_probes() {
        // From 0.2.5 under processing/full, whose maps have another seed in each process.
        let base = [3_179, 3_012, 2_737, 3_038, 2_968, 3_038];
        let head = |factor: f64| base.map(|faults| (faults as f64 * factor) as u64);
        assert_eq!(judged(Metric::PageFaults, &base, &head(1.1)), Judgement::Same);
        assert_eq!(judged(Metric::PageFaults, &base, &head(1.33)), Judgement::Worse);
        // From two commits with the same code under mixed/variables: threads have their stacks and arenas at other
        // addresses.
        let mixed = ([283, 301, 285, 278, 298, 298], [276, 262, 261, 262, 262, 282]);
        assert_eq!(judged(Metric::PageFaults, &mixed.0, &mixed.1), Judgement::Same);
        assert_eq!(judged(Metric::PageFaults, &[90; 6], &[160; 6]), Judgement::Worse);
    }

    #[test]
    fn missing_counts_are_unknown() {
        let none = change(Metric::Instructions, &[], &[1_000; 2]);
        assert_eq!((none.judgement, none.ratio, none.head), (Judgement::Unknown, None, Some(1_000.0)));
        let shown = change(Metric::InstructionMisses, &[400; 2], &[1_100; 2]);
        assert_eq!((shown.judgement, shown.ratio), (Judgement::Unknown, Some(2.75)), "without a verdict");
    }

    #[test]
    fn a_reference_of_zero_has_no_ratio_but_a_judgement() {
        let from_zero = change(Metric::LastLevelMisses, &[0; 2], &[9_000; 2]);
        assert_eq!((from_zero.ratio, from_zero.threshold_percent, from_zero.judgement), (None, None, Judgement::Worse));
        assert_eq!(judged(Metric::LastLevelMisses, &[0; 2], &[3; 2]), Judgement::Same);
        assert_eq!(judged(Metric::DataMisses, &[0; 2], &[0; 2]), Judgement::Same);
    }

    #[test]
    fn differences_are_of_the_same_workload_and_level() {
        let counts = |workload, level, untracked: u64, tracked: u64| Counts {
            workload,
            level,
            scale: 1.0,
            seed: 1,
            threads: 1,
            allocations: Some(10),
            failure: None,
            untracked: Runs { page_faults: vec![untracked; 6], ..Runs::default() },
            tracked: Runs { page_faults: vec![tracked; 6], ..Runs::default() },
        };
        let base =
            [counts(Workload::CYCLES, Level::Full, 1_000, 2_000), counts(Workload::LEAKS, Level::Full, 1_000, 1_004)];
        let head = [
            counts(Workload::LEAKS, Level::Full, 1_000, 2_000),
            counts(Workload::CYCLES, Level::Full, 1_000, 2_500),
            counts(Workload::CYCLES, Level::Allocator, 1_000, 2_500),
        ];
        let [leaks, cycles] = &differences(&base, &head)[..] else { panic!("two that both have") };
        assert_eq!((cycles.workload, cycles.level), (Workload::CYCLES, Level::Full));
        let faults = cycles.change(Metric::PageFaults).expect("each metric has a change");
        assert_eq!((faults.ratio, faults.added_ratio), (Some(1.25), Some(1.5)));
        assert_eq!(cycles.change(Metric::Instructions).map(|change| change.judgement), Some(Judgement::Unknown));
        let faults = leaks.change(Metric::PageFaults).expect("each metric has a change");
        assert_eq!((faults.judgement, faults.added_ratio), (Judgement::Worse, None), "four pages are no basis");
    }
}
