//! Disagreements of time and counts: a sentence for each, with the other counts that changed.

use crate::report::number;
use crate::schedule::measurement::Clock;
use crate::stats::estimate::Estimate;
use crate::study::compare::Comparison;
use crate::study::counts::{Difference, Judgement, Metric};

/// The maximum number of sentences. The tables have the others.
const MAX_LINES: usize = 12;

/// Returns a sentence for each workload and level on which a build's time and its instructions disagree.
pub(super) fn sentences(comparison: &Comparison) -> Vec<String> {
    let clock = match comparison.clock {
        Clock::Wall => "wall time",
        Clock::Cpu => "CPU time",
    };
    let of = |found: &super::CountDifference| {
        let Difference { workload, level, .. } = found.difference;
        let time = comparison.difference(found.build, workload, level)?;
        if time.reference != found.reference {
            return None;
        }
        let time = Time { clock, ratio: time.ratio?, is_decided: time.verdict.is_change() };
        let sentence = disagreement(time, &found.difference, comparison.threshold_percent)?;
        let [build, reference] = [found.build, found.reference].map(|build| &comparison.builds[build].name);
        Some(format!("{workload}/{level}, {build} against {reference}: {sentence}."))
    };
    let mut all: Vec<String> = comparison.count_differences.iter().filter_map(of).collect();
    if all.len() > MAX_LINES {
        let more = all.len() - (MAX_LINES - 1);
        all.truncate(MAX_LINES - 1);
        all.push(format!("Time and instructions disagree on {more} more; see the tables."));
    }
    all
}

/// A change of time.
#[derive(Clone, Copy, Debug)]
struct Time {
    clock: &'static str,
    ratio: Estimate,
    /// True for a regression or an improvement.
    is_decided: bool,
}

/// Returns a sentence on the disagreement of time and instructions, with the other changes; `None` if they agree. They
/// disagree if one of the two has a verdict, the interval of time and the range of equal counts do not overlap, and
/// their sizes differ by more than the threshold of time.
fn disagreement(time: Time, counts: &Difference, threshold_percent: f64) -> Option<String> {
    let instructions = counts.change(Metric::Instructions)?;
    let (ratio, uncertainty) = (instructions.ratio?, instructions.threshold_percent? / 100.0);
    let is_decided = matches!(instructions.judgement, Judgement::Worse | Judgement::Better);
    let is_apart = time.ratio.low > ratio * (1.0 + uncertainty) || time.ratio.high < ratio / (1.0 + uncertainty);
    let gap = (time.ratio.value / ratio).ln().abs();
    if !(time.is_decided || is_decided) || !is_apart || gap <= (threshold_percent / 100.0).ln_1p() {
        return None;
    }
    let reasons = reasons(counts, time.ratio.value > ratio, ratio);
    let reasons = if reasons.is_empty() {
        "no simulated miss and no page fault explains it".to_owned()
    } else {
        reasons.join(", ")
    };
    let [time_change, ratio] = [time.ratio.value, ratio].map(number::ratio);
    Some(format!("{} {time_change}, instructions {ratio}: {reasons}", time.clock))
}

/// Returns the other counts that changed in the direction in which time exceeds instructions, by more than those did,
/// the largest first.
fn reasons(counts: &Difference, is_slower: bool, instructions: f64) -> Vec<String> {
    let (wanted, verb) = if is_slower { (Judgement::Worse, "rose") } else { (Judgement::Better, "fell") };
    let mut found: Vec<(f64, String)> = [Metric::PageFaults, Metric::LastLevelMisses, Metric::DataMisses]
        .into_iter()
        .filter_map(|metric| {
            let change = counts.change(metric).filter(|change| change.judgement == wanted)?;
            let whole = change.ratio?;
            let exceeds = if is_slower { whole > instructions } else { whole < instructions };
            let (name, ratio) = match (metric, change.added_ratio) {
                (Metric::PageFaults, Some(added)) => ("the page faults that tracking adds", added),
                (Metric::PageFaults, None) => ("page faults", whole),
                (Metric::LastLevelMisses, _) => ("last-level misses", whole),
                _ => ("first-level data misses", whole),
            };
            let what = if metric == Metric::PageFaults { ", the kernel's first touch of memory," } else { "" };
            exceeds.then(|| (ratio.ln().abs(), format!("{name}{what} {verb} {}", by(ratio))))
        })
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().map(|(_, reason)| reason).collect()
}

/// Returns the size of a change: `by 33 %`, `to ×2.30`.
fn by(ratio: f64) -> String {
    if ratio < 2.0 {
        format!("by {}", number::size((ratio - 1.0).abs() * 100.0))
    } else {
        format!("to {}", number::ratio(ratio))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::counts::{Runs, differences};
    use crate::tracking::Level;
    use crate::workloads::Workload;

    /// Returns the difference of a build whose instructions, data misses and page faults (half of which tracking adds)
    /// have these ratios to its reference's.
    fn counted(instructions: f64, data: f64, faults: f64) -> Difference {
        let times = |count: u64, ratio: f64| (count as f64 * ratio).round() as u64;
        let counts = |[instructions, data, faults]: [f64; 3]| crate::study::counts::Counts {
            workload: Workload::MIXED,
            level: Level::Allocator,
            scale: 1.0,
            seed: 1,
            threads: 1,
            allocations: None,
            failure: None,
            untracked: Runs { page_faults: vec![5_000; 6], ..Runs::default() },
            tracked: Runs {
                instructions: vec![times(10_000_000, instructions); 2],
                data_misses: vec![times(100_000, data); 2],
                page_faults: vec![5_000 + times(5_000, faults); 6],
                ..Runs::default()
            },
        };
        differences(&[counts([1.0; 3])], &[counts([instructions, data, faults])]).remove(0)
    }

    fn time(value: f64, half: f64, is_decided: bool) -> Time {
        Time { clock: "CPU time", ratio: Estimate { value, low: value - half, high: value + half }, is_decided }
    }

    #[test]
    fn page_faults_explain_time_without_instructions() {
        assert_eq!(
            disagreement(time(1.21, 0.02, true), &counted(1.024, 1.08, 1.33), 3.0).as_deref(),
            Some(
                "CPU time +21.0 %, instructions +2.4 %: the page faults that tracking adds, the kernel's first touch of \
                 memory, rose by 33 %, first-level data misses rose by 8.0 %"
            )
        );
    }

    #[test]
    fn opposite_directions_disagree() {
        let sentence = disagreement(time(0.9, 0.02, true), &counted(1.05, 1.0, 0.5), 3.0).expect("they disagree");
        assert!(sentence.starts_with("CPU time −10.0 %, instructions +5.0 %: the page faults"), "{sentence}");
        assert!(sentence.ends_with("fell by 50 %"), "{sentence}");
        let more = disagreement(time(1.0, 0.02, false), &counted(1.10, 1.0, 1.0), 3.0).expect("they disagree");
        assert!(more.ends_with("no simulated miss and no page fault explains it"), "{more}");
    }

    #[test]
    fn differences_within_the_uncertainty_do_not_disagree() {
        let agrees = |time, counts: &Difference| disagreement(time, counts, 3.0).is_none();
        assert!(agrees(time(1.03, 0.02, true), &counted(1.024, 1.08, 1.33)), "they have much in common");
        assert!(agrees(time(1.05, 0.005, true), &counted(1.03, 1.0, 1.0)), "2 % are less than the threshold");
        assert!(agrees(time(1.21, 0.25, false), &counted(1.0, 1.0, 1.0)), "neither has a verdict");
        assert!(agrees(time(1.21, 0.02, false), &counted(1.0, 1.0, 1.0)), "neither has a verdict, though far apart");
        let mut unknown = counted(1.0, 1.0, 1.0);
        unknown.changes.retain(|change| change.metric != Metric::Instructions);
        assert!(agrees(time(1.21, 0.02, true), &unknown), "a parallel workload has no instructions");
    }
}
