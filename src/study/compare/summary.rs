//! The report of a comparison: the verdicts, a row for each build on each workload and level, and notes.

use crate::builds;
use crate::report::circumstances::circumstances_of_other_builds;
use crate::report::document::{Document, Table, left, right};
use crate::report::{commit, number};
use crate::schedule::measurement::{Clock, Measurement, Pair};
use crate::stats::sign_test::needed_rounds;
use crate::study::compare::verdicts::{detectable, sentences, word, word_of_typical};
use crate::study::compare::{
    ComparedBuild, Comparison, Difference, Estimator, counts_report, disagreement, soaks, spent, untracked, variation,
};
use crate::study::overhead::warnings;
use crate::tracking::Level;
use crate::workloads::Workload;

/// Returns the report: the verdicts, the tables and their notes.
pub fn summary(comparison: &Comparison) -> Document {
    let mut document = Document::default();
    let is_timed = comparison.plan.is_timed();
    let times = if is_timed { sentences(comparison) } else { Vec::new() };
    let counts = counts_report::sentences(comparison);
    let programs = if is_timed { programs(comparison) } else { Vec::new() };
    document.notes([times, counts, disagreement::sentences(comparison), programs].concat());
    let spent = if is_timed { spent::table(comparison) } else { None };
    let has_spent = spent.is_some();
    if is_timed {
        document.table(table(comparison));
    }
    let soaked = soaks::table(comparison);
    let has_soaks = soaked.is_some();
    let tables =
        [(spent::TITLE, spent), (counts_report::TITLE, counts_report::table(comparison)), (soaks::TITLE, soaked)];
    for (title, table) in tables {
        if let Some(table) = table {
            document.heading(title);
            document.table(table);
        }
    }
    let mut lines = warnings::of_origin(&comparison.origin);
    lines.extend(not_measured(comparison));
    if is_timed {
        lines.extend(notes(comparison));
    }
    lines.extend(has_spent.then(|| spent::NOTE.to_owned()));
    lines.extend(counts_report::notes(comparison));
    lines.extend(has_soaks.then(|| soaks::NOTE.to_owned()));
    let builds = comparison.builds.iter();
    lines.extend(commit::note(builds.map(|build| (build.name.as_str(), build.about.as_deref(), build.commit()))));
    // The table names the builds; this program's own build is not one of them.
    lines.extend(circumstances_of_other_builds(&comparison.origin));
    document.notes(lines);
    document
}

/// Returns sentences on programs that differ between builds.
fn programs(comparison: &Comparison) -> Vec<String> {
    let [untracked, tracked] = [Estimator::Untracked, Estimator::Tracked].map(|by| comparison.differences_by(by));
    let names: Vec<&str> = comparison.builds.iter().map(|build| build.name.as_str()).collect();
    untracked::sentences(untracked, &tracked, &names)
}

fn table(comparison: &Comparison) -> Table {
    let words = ["workload", "level", "build", "overhead [95 %]", "change [95 %]", "against", "verdict"].map(left);
    let numbers = ["detectable", "fidelity", "peak memory"].map(right);
    let mut table = Table::new(words.into_iter().chain(numbers)).grouped_by(2);
    let mut add = |group: [String; 2], rows: Vec<[String; 8]>| {
        rows.into_iter().for_each(|row| table.row(group.iter().cloned().chain(row)));
    };
    let builds = 0..comparison.builds.len();
    for level in levels(comparison) {
        if comparison.typical.iter().any(|typical| typical.level == level) {
            let rows = builds.clone().map(|build| typical_row(comparison, build, level));
            add(["typical".to_owned(), level.to_string()], rows.collect());
        }
    }
    for (workload, level) in comparison.plan.groups() {
        if level != Level::Untracked {
            let rows = builds.clone().map(|build| row(comparison, build, workload, level));
            add([workload.to_string(), level.to_string()], rows.collect());
        }
    }
    table
}

/// Returns the levels at which builds are compared.
pub fn levels(comparison: &Comparison) -> impl Iterator<Item = Level> {
    comparison.plan.levels.iter().copied().filter(|&level| level != Level::Untracked)
}

/// Returns a build's measurement, if it was measured.
pub fn measurement(build: &ComparedBuild, workload: Workload, level: Level) -> Option<&Measurement> {
    build.measurements.iter().find(|measurement| measurement.workload == workload && measurement.level == level)
}

/// Returns the row of the geometric means over the workloads, from the build's name on.
fn typical_row(comparison: &Comparison, build: usize, level: Level) -> [String; 8] {
    let compared = &comparison.builds[build];
    let overhead = match comparison.typical_overhead(build, level) {
        None if compared.not_built.is_some() => label(compared),
        None => "no figure".to_owned(),
        Some((overhead, workloads)) if workloads == comparison.plan.workloads.len() => number::overhead(overhead),
        // It cannot be compared with a mean over all workloads.
        Some((_, workloads)) => format!("on {workloads} of {} workloads", comparison.plan.workloads.len()),
    };
    let [change, against, verdict, found] = match comparison.typical_change(build, level) {
        None => nothing(),
        Some(typical) => [
            number::change(typical.ratio),
            shortened(comparison, typical.reference),
            word_of_typical(comparison, typical),
            detectable(typical.detectable_percent),
        ],
    };
    [shortened(comparison, build), overhead, change, against, verdict, found, String::new(), String::new()]
}

/// Returns the row of a build on a workload at a level, from its name on.
fn row(comparison: &Comparison, build: usize, workload: Workload, level: Level) -> [String; 8] {
    let compared = &comparison.builds[build];
    let [overhead, fidelity, memory] = of_measurement(comparison, measurement(compared, workload, level));
    let overhead = if compared.not_built.is_some() { label(compared) } else { overhead };
    let [change, against, verdict, found] = match comparison.difference(build, workload, level) {
        None => nothing(),
        Some(difference) => [
            difference.ratio.map_or_else(|| "—".to_owned(), number::change),
            shortened(comparison, difference.reference),
            word(comparison, difference),
            detectable(difference.detectable_percent),
        ],
    };
    [shortened(comparison, build), overhead, change, against, verdict, found, fidelity, memory]
}

/// Returns the columns of the change for a reference, or for a row without a figure.
fn nothing() -> [String; 4] {
    ["—", "", "", ""].map(str::to_owned)
}

/// Returns a build's name without the names' common prefix, which leaves space for the other columns.
pub fn shortened(comparison: &Comparison, build: usize) -> String {
    let names: Vec<&str> = comparison.builds.iter().map(|build| build.name.as_str()).collect();
    builds::shorten(&names).swap_remove(build)
}

/// Returns the overhead, the fidelity and the peak memory of a measurement.
fn of_measurement(comparison: &Comparison, measurement: Option<&Measurement>) -> [String; 3] {
    let Some(measurement) = measurement else { return Default::default() };
    let Some(overhead) = comparison.overhead(measurement) else {
        let why = measurement.failure().map(|failure| failure.label());
        return [why.unwrap_or_else(|| measurement.lack()), String::new(), String::new()];
    };
    let memory = measurement.overhead().and_then(|overhead| overhead.peak_memory);
    let memory = memory.map_or("unknown".to_owned(), |memory| format!("×{}", number::factor(memory.value)));
    [number::overhead(overhead), number::fidelity(measurement.fidelity), memory]
}

/// Returns a difference in words: `+11.2 % [+9.0, +13.4] against 0.2.4: regression (detectable: 4.1 %)`.
pub fn described(comparison: &Comparison, difference: &Difference) -> String {
    let reference = &comparison.builds[difference.reference].name;
    let verdict = word(comparison, difference);
    match difference.ratio {
        None => format!("against {reference}: {verdict}"),
        Some(ratio) => format!(
            "{} against {reference}: {verdict} (detectable: {})",
            number::change(ratio),
            detectable(difference.detectable_percent)
        ),
    }
}

/// Returns the rule of the verdicts in a sentence.
pub fn rule(comparison: &Comparison) -> String {
    format!(
        "Regression, improvement: the sign test on all rounds is significant at 5 % after Holm's correction for {}, \
         the interval excludes no change, the change exceeds {}, and both halves of the passes agree on its \
         direction.",
        number::counted(comparison.comparisons(), "comparison"),
        number::up_or_down(comparison.threshold_percent)
    )
}

/// Returns the outcome of a build without any figure, in a word or two.
fn label(build: &ComparedBuild) -> String {
    build.not_built.as_ref().map_or(String::new(), |failed| failed.outcome.label().to_owned())
}

/// Returns a note for each build that was not built, and for each measurement that failed.
fn not_measured(comparison: &Comparison) -> Vec<String> {
    let mut lines = Vec::new();
    for build in &comparison.builds {
        lines.extend(build.not_built.as_ref().map(|failed| format!("Not measured: {}", failed.why)));
        lines.extend(build.measurements.iter().filter_map(|measurement| {
            let failure = measurement.failure()?;
            Some(format!(
                "{}: {}/{} {failure} (after {}).",
                build.name,
                measurement.workload,
                measurement.level,
                number::counted(measurement.pairs.len(), "pair")
            ))
        }));
    }
    lines
}

/// Returns the notes on times.
fn notes(comparison: &Comparison) -> Vec<String> {
    let mut lines = vec![rule(comparison)];
    lines.push(
        "No difference: the interval lies within the threshold. No difference found: it contains no change, but also \
         changes beyond the threshold. Inconclusive: none of these; take more rounds. Detectable: the smallest change \
         that these rounds would have found with 80 % probability."
            .to_owned(),
    );
    if !comparison.typical.is_empty() {
        lines.push(format!(
            "Typical: the geometric mean over the workloads on which both builds have a figure; the same rule applies, \
             for {}.",
            number::counted(comparison.typical.len(), "typical change")
        ));
    }
    lines.extend(variation::sentence(comparison));
    lines.extend(too_few_rounds(comparison));
    lines.extend(left_out(comparison));
    let mut overheads = comparison
        .builds
        .iter()
        .flat_map(|build| &build.measurements)
        .filter_map(|measurement| comparison.overhead(measurement));
    if overheads.any(|overhead| overhead.contains_one()) {
        lines.push("n.s.: not significant; the interval contains no overhead.".to_owned());
    }
    if comparison.clock == Clock::Cpu {
        lines.push("Ratios are of CPU time over all threads, so they exclude the time that threads wait.".to_owned());
    }
    if let Some((measurement, floor)) = comparison.noise_floor() {
        lines.push(format!(
            "Noise floor: untracked against itself differs by at most {} ({}, {}).",
            number::percent_interval(floor),
            measurement.workload,
            number::counted(measurement.pairs.len(), "pair")
        ));
    }
    let pairs = || {
        comparison
            .builds
            .iter()
            .flat_map(|build| &build.measurements)
            .filter(|measurement| measurement.failure().is_none())
    };
    if let (Some(fewest), Some(most)) = (
        pairs().map(|measurement| measurement.pairs.len()).min(),
        pairs().map(|measurement| measurement.pairs.len()).max(),
    ) {
        let range = if fewest == most { fewest.to_string() } else { format!("{fewest} to {most}") };
        lines.push(format!("Rounds: {range} per figure; each has every build beside its own untracked run."));
    }
    lines.extend(links(comparison));
    lines
}

/// Returns a note on the links of the builds, if they have several.
fn links(comparison: &Comparison) -> Option<String> {
    let built = || comparison.builds.iter().filter(|build| !build.links.is_empty());
    let most = built().map(|build| build.links.len()).max()?;
    let range = |build: &ComparedBuild| {
        let (first, last) = (build.links.iter().min()?, build.links.iter().max()?);
        Some(if first == last { first.to_string() } else { format!("{first}–{last}") })
    };
    let ranges: Vec<Option<String>> = built().map(range).collect();
    let seeds = match ranges.as_slice() {
        [Some(first), others @ ..] if others.iter().all(|other| other.as_ref() == Some(first)) => first.clone(),
        ranges => {
            let names = built().zip(ranges).map(|(build, range)| Some(format!("{} {}", build.name, range.as_ref()?)));
            names.flatten().collect::<Vec<_>>().join(", ")
        }
    };
    Some(format!(
        "Links: {most} links of each build, each with its functions in another order, take the rounds by turns (seeds \
         {seeds}). The placement of functions therefore counts as noise, not as a difference."
    ))
}

/// Returns a note on the rounds that a verdict needs, if some comparisons have fewer.
fn too_few_rounds(comparison: &Comparison) -> Option<String> {
    let needed = needed_rounds(comparison.comparisons());
    let short = comparison.differences.iter().filter(|difference| difference.rounds < needed).count();
    (short > 0).then(|| {
        format!(
            "Too few rounds for any verdict: {short} of {} comparisons; with this many, a verdict needs at least \
             {needed} rounds.",
            comparison.differences.len()
        )
    })
}

/// Returns a note on the number of pairs without a ratio, if there are any.
fn left_out(comparison: &Comparison) -> Option<String> {
    let is_zero = |pair: &&Pair| pair.untracked.ns(comparison.clock) == 0.0 || pair.tracked.ns(comparison.clock) == 0.0;
    let measurements = comparison.builds.iter().flat_map(|build| &build.measurements);
    let pairs = measurements.flat_map(|measurement| &measurement.pairs).filter(is_zero).count();
    (pairs > 0).then(|| format!("Left out: {pairs} pairs with no elapsed time; use a larger --scale."))
}
