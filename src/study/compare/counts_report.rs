//! The report of a comparison's counts: sentences, the table and its notes.

use crate::platform::list::each_once;
use crate::platform::text::listed;
use crate::report::document::{Table, left, right};
use crate::report::metric::Metric as Figure;
use crate::report::number;
use crate::stats::mean::geometric_mean;
use crate::study::compare::summary::shortened;
use crate::study::compare::{Comparison, CountDifference};
use crate::study::counts::{Change, Counts, Judgement, Metric};
use crate::study::instructions::MODEL;
use crate::tracking::Level;
use crate::workloads::Workload;

/// The title of the table.
pub(super) const TITLE: &str = "Counts";

/// The maximum number of sentences to print. If there are more, only those of the last build are printed.
const MAX_LINES: usize = 20;

/// Returns a sentence for each build and level: the metrics that changed, and the metrics that did not.
pub(super) fn sentences(comparison: &Comparison) -> Vec<String> {
    let step = |found: &CountDifference| (found.build, found.reference, found.difference.level);
    let mut steps: Vec<(usize, usize, Level)> = each_once(comparison.count_differences.iter().map(step));
    steps.sort_by_key(|&(build, reference, _)| (build, reference));
    if steps.len() > MAX_LINES {
        let last = steps.last().map(|&(build, ..)| build);
        steps.retain(|&(build, ..)| Some(build) == last);
    }
    steps.into_iter().map(|step| sentence(comparison, step)).collect()
}

/// Returns the sentence of a build at a level.
fn sentence(comparison: &Comparison, (build, reference, level): (usize, usize, Level)) -> String {
    let of_step =
        |found: &&CountDifference| (found.build, found.reference, found.difference.level) == (build, reference, level);
    let (mut changed, mut same) = (Vec::new(), Vec::new());
    for metric in Metric::ALL {
        let changes = comparison.count_differences.iter().filter(of_step);
        let changes: Vec<&Change> = changes
            .filter_map(|found| found.difference.change(metric))
            .filter(|change| change.judgement != Judgement::Unknown)
            .collect();
        if changes.is_empty() {
            continue;
        }
        let with = |judgement| changes.iter().filter(|change| change.judgement == judgement).count();
        let sides = [("more on", with(Judgement::Worse)), ("fewer on", with(Judgement::Better))];
        let sides: Vec<String> = sides
            .iter()
            .filter(|(_, workloads)| *workloads > 0)
            .map(|(word, workloads)| format!("{word} {workloads}"))
            .collect();
        if sides.is_empty() {
            same.push(metric.name());
        } else {
            let of = number::counted(changes.len(), "workload");
            let mean = mean(&changes).map_or(String::new(), |mean| format!("{} ", number::exact_change(mean)));
            changed.push(format!("{metric} {mean}({} of {of})", sides.join(", ")));
        }
    }
    let same = (!same.is_empty()).then(|| format!("no difference in {}", listed(&same)));
    let parts: Vec<String> = changed.into_iter().chain(same).collect();
    let [build, reference] = [build, reference].map(|build| &comparison.builds[build].name);
    format!("Counts of {build} against {reference} at {level}: {}.", parts.join("; "))
}

/// Returns the geometric mean of the ratios; `None` if one has none.
fn mean(changes: &[&Change]) -> Option<f64> {
    let ratios: Option<Vec<f64>> = changes.iter().map(|change| change.ratio).collect();
    geometric_mean(ratios?)
}

/// Returns the table of each build on each workload and level; `None` if nothing was counted.
pub(super) fn table(comparison: &Comparison) -> Option<Table> {
    let words = ["workload", "level", "build"].map(left);
    let numbers = Metric::ALL.map(|metric| match metric {
        Metric::InstructionMisses => right(metric.name()).off_terminal(),
        _ => right(metric.name()),
    });
    let mut table = Table::new(words.into_iter().chain(numbers)).grouped_by(2);
    for (workload, level) in comparison.plan.groups() {
        for (build, compared) in comparison.builds.iter().enumerate() {
            let of_group = |counts: &&Counts| (counts.workload, counts.level) == (workload, level);
            let Some(counts) = compared.counts.iter().find(of_group) else { continue };
            let cells = Metric::ALL.map(|metric| cell(comparison, build, counts, metric));
            let names = [workload.to_string(), level.to_string(), shortened(comparison, build)];
            table.row(names.into_iter().chain(cells));
        }
    }
    (!table.rows.is_empty()).then_some(table)
}

/// Returns a build's count with its change and judgement: `731 k (+2.41 %) more`.
fn cell(comparison: &Comparison, build: usize, counts: &Counts, metric: Metric) -> String {
    if let Some(failure) = &counts.failure {
        return if metric == Metric::Instructions { failure.label() } else { String::new() };
    }
    let Some(count) = counts.tracked.middle(metric) else { return "unknown".to_owned() };
    let count = number::short_count(count);
    let Some(found) = comparison.count_difference(build, counts.workload, counts.level) else { return count };
    let Some(found) = found.difference.change(metric) else { return count };
    let ratio = found.ratio.map_or(String::new(), |ratio| format!(" ({})", number::exact_change(ratio)));
    let word = match found.judgement {
        Judgement::Worse => " more",
        Judgement::Better => " fewer",
        Judgement::Same | Judgement::Unknown => "",
    };
    format!("{count}{ratio}{word}")
}

/// Returns the notes on counts, if something was counted.
pub(super) fn notes(comparison: &Comparison) -> Vec<String> {
    let mut lines = Vec::new();
    for build in &comparison.builds {
        lines.extend(build.counts.iter().filter_map(|counts| {
            let failure = counts.failure.as_ref()?;
            Some(format!("{}: {}/{} {failure} (counts).", build.name, counts.workload, counts.level))
        }));
    }
    if comparison.builds.iter().all(|build| build.counts.is_empty()) {
        return lines;
    }
    let percent =
        |metric: Metric| metric.percent().map_or(String::new(), |percent| format!("{percent} % for {metric}"));
    let rule = Metric::ALL.map(percent).into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
    lines.push(format!(
        "Counts are of the tracked window: the median of three runs under callgrind, each with its heap at another \
         address; for page faults, of six probes. More, fewer: the difference exceeds those of equal builds ({}) and \
         the spread of equal runs. Sentences give the geometric mean. Workloads with several threads have only page \
         faults. Instruction misses depend on where functions lie and have no verdict.",
        rule.join(", ")
    ));
    lines.push(MODEL.to_owned());
    lines.push(
        "Counts are not times: none includes waiting for memory, and only page faults reflect the kernel's \
         work."
            .to_owned(),
    );
    lines
}

/// Returns a line for each metric that increased in a build.
pub(super) fn regressions(comparison: &Comparison) -> Vec<String> {
    let mut lines = Vec::new();
    for CountDifference { build, reference, difference } in &comparison.count_differences {
        for found in difference.changes.iter().filter(|change| change.judgement == Judgement::Worse) {
            let [build, reference] = [*build, *reference].map(|build| &comparison.builds[build].name);
            let ratio = found.ratio.map_or_else(|| "from none".to_owned(), number::exact_change);
            let (workload, level, metric) = (difference.workload, difference.level, found.metric);
            lines.push(format!("regression: {workload}/{level}: {build} against {reference}: {metric} {ratio}"));
        }
    }
    lines
}

/// Returns the counts of each build for other programs.
pub(super) fn metrics(comparison: &Comparison) -> Vec<Figure> {
    let counts = comparison.builds.iter().flat_map(|build| build.counts.iter().map(move |counts| (build, counts)));
    counts
        .flat_map(|(build, counts)| {
            let name = name(counts.workload, counts.level, &build.name);
            let figure = move |metric: Metric| {
                Some(Figure::plain(name.clone(), metric.measure(), counts.tracked.middle(metric)?))
            };
            Metric::ALL.into_iter().filter_map(figure)
        })
        .collect()
}

/// Returns a line for each build that could not be counted on a workload at a level.
pub(super) fn left_out(comparison: &Comparison) -> Vec<String> {
    let counts = comparison.builds.iter().flat_map(|build| build.counts.iter().map(move |counts| (build, counts)));
    let failed = counts.filter_map(|(build, counts)| {
        let name = name(counts.workload, counts.level, &build.name);
        Some(format!("the counts of {name} are left out: {}", counts.failure.as_ref()?))
    });
    failed.collect()
}

/// Returns the name of a build's benchmark.
fn name(workload: Workload, level: Level, build: &str) -> String {
    format!("{workload}/{level}/{build}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_names_are_listed_in_a_sentence() {
        assert_eq!([&["a"][..], &["a", "b", "c"]].map(listed), ["a", "a, b and c"]);
    }
}
