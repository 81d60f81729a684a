//! The verdicts of a comparison in sentences, above its table.

use crate::platform::text::listed;
use crate::report::number;
use crate::stats::estimate::Estimate;
use crate::study::compare::{Comparison, Difference, Typical, Verdict, counts_report};
use crate::tracking::Level;

/// The maximum number of verdicts to print. If there are more, only typical changes, or the verdict of the last build,
/// are printed.
const MAX_LINES: usize = 20;
/// The maximum number of workloads that a sentence names.
const MAX_NAMES: usize = 3;

/// Returns the verdicts. One build and its reference give one sentence. Several builds give a summary, and then a
/// sentence for each with a regression or an improvement.
pub fn sentences(comparison: &Comparison) -> Vec<String> {
    let steps = steps(comparison);
    if let [only] = &steps[..] {
        return vec![only.whole()];
    }
    if steps.is_empty() {
        return vec!["Nothing to compare: no two builds have a figure on the same workload and level.".to_owned()];
    }
    let lines_of = |is_shown: &dyn Fn(&Step) -> bool| -> Vec<String> {
        steps.iter().filter(|step| is_shown(step)).filter_map(|step| Some(format!("{}.", step.verdicts()?))).collect()
    };
    let last = steps[steps.len() - 1].build;
    let [all, typical] = [lines_of(&|_| true), lines_of(&|step| step.has_typical_verdict())];
    let (lines, fewer) = if all.len() < MAX_LINES {
        (all, "")
    } else if (1..MAX_LINES).contains(&typical.len()) {
        (typical, " Those with a typical regression or improvement follow; the table lists all.")
    } else {
        (lines_of(&|step| step.build == last), " The last build follows; the table lists all.")
    };
    [vec![format!("{}{fewer}", sum(comparison))], lines].concat()
}

/// Returns the regressions, one per line: typical changes, workloads, and counts.
pub fn regressions(comparison: &Comparison) -> Vec<String> {
    let name = |build: usize| &comparison.builds[build].name;
    let line = |of: String, build, reference, ratio| {
        format!("regression: {of}: {} against {}: {}", name(build), name(reference), number::change(ratio))
    };
    let of_workloads = comparison.differences.iter().filter(|difference| difference.verdict == Verdict::Regression);
    let of_workloads = of_workloads.filter_map(|difference| {
        let Difference { workload, level, build, reference, ratio, .. } = difference;
        Some(line(format!("{workload}/{level}"), *build, *reference, (*ratio)?))
    });
    let of_levels = comparison.typical.iter().filter(|typical| typical.verdict == Verdict::Regression);
    let of_levels = of_levels.map(|typical| {
        let Typical { level, build, reference, ratio, .. } = typical;
        line(format!("typical/{level}"), *build, *reference, *ratio)
    });
    of_levels.chain(of_workloads).chain(counts_report::regressions(comparison)).collect()
}

/// Returns a verdict in words, for a table.
pub fn word(comparison: &Comparison, difference: &Difference) -> String {
    match difference.ratio {
        None => format!("cannot be compared ({})", number::counted(difference.rounds, "round")),
        Some(ratio) => word_for(comparison.threshold_percent, difference.verdict, ratio),
    }
}

/// Returns the verdict on a typical change in words.
pub fn word_of_typical(comparison: &Comparison, typical: &Typical) -> String {
    word_for(comparison.threshold_percent, typical.verdict, typical.ratio)
}

/// Returns a verdict on a ratio in words. An interval that contains no change and large ones too shows no difference,
/// but does not show that there is none.
pub(in crate::study) fn word_for(threshold_percent: f64, verdict: Verdict, ratio: Estimate) -> String {
    match verdict {
        Verdict::Regression => "regression".to_owned(),
        Verdict::Improvement => "improvement".to_owned(),
        Verdict::NoDifference if !ratio.is_within(threshold_percent) => "no difference found".to_owned(),
        Verdict::NoDifference if ratio.contains_one() => "no difference".to_owned(),
        Verdict::NoDifference => format!("no difference (< {threshold_percent} %)"),
        Verdict::Inconclusive => "inconclusive".to_owned(),
    }
}

/// Returns the numbers of ratios without a difference in words: those that lie within the threshold, and those in which
/// none was found.
pub(in crate::study) fn without_difference(threshold_percent: f64, ratios: impl Iterator<Item = Estimate>) -> String {
    let (within, open) = ratios.fold((0_usize, 0_usize), |(within, open), ratio| {
        if ratio.is_within(threshold_percent) { (within + 1, open) } else { (within, open + 1) }
    });
    match (within, open) {
        (within, 0) => format!("{within} without a difference"),
        (within, open) => format!("{within} without a difference, {open} with no difference found"),
    }
}

/// Formats a detectable difference for a table.
pub fn detectable(percent: Option<f64>) -> String {
    percent.map_or("too few".to_owned(), number::size)
}

/// A build and its reference.
struct Step<'a> {
    comparison: &'a Comparison,
    build: usize,
    reference: usize,
    levels: Vec<LevelVerdicts<'a>>,
}

/// A build and its reference at one level.
struct LevelVerdicts<'a> {
    level: Level,
    threshold_percent: f64,
    rows: Vec<&'a Difference>,
    typical: Option<&'a Typical>,
}

/// Returns the builds that were compared with the same reference, in the order of the builds.
fn steps(comparison: &Comparison) -> Vec<Step<'_>> {
    let mut pairs: Vec<(usize, usize)> =
        comparison.differences.iter().map(|difference| (difference.build, difference.reference)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let step = |(build, reference)| {
        let level = |&level: &Level| {
            let of_level = |row: &&Difference| (row.build, row.reference, row.level) == (build, reference, level);
            let rows: Vec<&Difference> = comparison.differences.iter().filter(of_level).collect();
            let typical = comparison.typical_change(build, level).filter(|typical| typical.reference == reference);
            let threshold_percent = comparison.threshold_percent;
            (!rows.is_empty()).then_some(LevelVerdicts { level, threshold_percent, rows, typical })
        };
        Step { comparison, build, reference, levels: comparison.plan.levels.iter().filter_map(level).collect() }
    };
    pairs.into_iter().map(step).collect()
}

impl<'a> Step<'a> {
    fn name(&self, build: usize) -> &str {
        &self.comparison.builds[build].name
    }

    /// Returns the changes in words; `None` if there are none.
    fn verdicts(&self) -> Option<String> {
        let mut clauses = Vec::new();
        let mut before = "";
        for level in &self.levels {
            let Some((what, rest, is_mixed)) = level.verdict() else { continue };
            // The first clause names the reference for all. Later clauses do not repeat what is the same.
            clauses.push(match what {
                _ if clauses.is_empty() => format!("{what} than {} {rest}", self.name(self.reference)),
                again if again == before => rest,
                other => format!("{other} {rest}"),
            });
            before = if is_mixed { "" } else { what };
        }
        (!clauses.is_empty()).then(|| format!("{} {}", self.name(self.build), clauses.join("; ")))
    }

    fn has_typical_verdict(&self) -> bool {
        self.levels.iter().any(|level| level.direction_of_typical().is_some())
    }

    /// Joins a clause of each level; `None` if no level has one.
    fn rest(&self, clause: fn(&LevelVerdicts<'a>) -> Option<String>) -> Option<String> {
        let clauses: Vec<String> = self.levels.iter().filter_map(clause).collect();
        (!clauses.is_empty()).then(|| listed(&clauses))
    }

    /// Returns all verdicts: the changes, then the inconclusive levels, then those without a difference, then those in
    /// which none was found.
    fn whole(&self) -> String {
        let mut parts: Vec<String> = self.verdicts().into_iter().collect();
        for (word, rest) in [
            ("cannot be compared", self.rest(LevelVerdicts::incomparable)),
            ("inconclusive", self.rest(LevelVerdicts::inconclusive)),
            ("no difference", self.rest(LevelVerdicts::without_difference)),
            ("no difference found", self.rest(LevelVerdicts::with_none_found)),
        ] {
            let Some(rest) = rest else { continue };
            parts.push(if parts.is_empty() {
                let (reference, build) = (self.name(self.reference), self.name(self.build));
                format!("{reference} and {build}: {word} {rest}")
            } else {
                format!("{word} {rest}")
            });
        }
        format!("{}.", parts.join("; "))
    }
}

/// The direction of a change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    More,
    Less,
}

impl Direction {
    const fn of(verdict: Verdict) -> Option<Self> {
        match verdict {
            Verdict::Regression => Some(Self::More),
            Verdict::Improvement => Some(Self::Less),
            Verdict::NoDifference | Verdict::Inconclusive => None,
        }
    }

    const fn opposite(self) -> Self {
        match self {
            Self::More => Self::Less,
            Self::Less => Self::More,
        }
    }

    const fn verb(self) -> &'static str {
        match self {
            Self::More => "costs more",
            Self::Less => "costs less",
        }
    }

    const fn verdict(self) -> &'static str {
        match self {
            Self::More => "a regression",
            Self::Less => "an improvement",
        }
    }
}

impl LevelVerdicts<'_> {
    fn direction_of_typical(&self) -> Option<Direction> {
        Direction::of(self.typical?.verdict)
    }

    fn of_direction(&self, direction: Direction) -> Vec<&Difference> {
        self.rows.iter().copied().filter(|row| Direction::of(row.verdict) == Some(direction)).collect()
    }

    /// Returns the workloads that changed in a direction, by name if they are few.
    fn workloads(&self, direction: Direction) -> String {
        let changed = self.of_direction(direction);
        if changed.len() > MAX_NAMES {
            return format!("{} of {} workloads", changed.len(), self.rows.len());
        }
        let named =
            changed.iter().filter_map(|row| Some(format!("{} ({})", row.workload, number::ratio(row.ratio?.value))));
        listed(&named.collect::<Vec<_>>())
    }

    /// Returns the change for the sentence after the build's name: the verb ("costs more"), the places and sizes, and
    /// whether it ends with the other direction.
    fn verdict(&self) -> Option<(&'static str, String, bool)> {
        let level = self.level;
        let [more, less] = [Direction::More, Direction::Less].map(|direction| self.of_direction(direction).len());
        if let (Some(direction), Some(typical)) = (self.direction_of_typical(), self.typical) {
            let (same, other) = if direction == Direction::More { (more, less) } else { (less, more) };
            let same = if same == 0 { "none".to_owned() } else { same.to_string() };
            let mut counts = format!("{} on {same}", direction.verdict());
            if other > 0 {
                counts += &format!(" and {} on {other}", direction.opposite().verdict());
            }
            let change = number::change(typical.ratio);
            let rest = format!("at {level}: typical {change}, {counts} of {} workloads", self.rows.len());
            return Some((direction.verb(), rest, false));
        }
        let direction = match (more, less) {
            (0, 0) => return None,
            (0, _) => Direction::Less,
            (_, _) => Direction::More,
        };
        let mut rest = match &self.rows[..] {
            [row] => format!("at {level} on {}: {}", row.workload, number::change(row.ratio?)),
            _ => format!("at {level} on {}", self.workloads(direction)),
        };
        let is_mixed = more > 0 && less > 0;
        if is_mixed {
            rest += &format!(", and less on {}", self.workloads(Direction::Less));
        }
        Some((direction.verb(), rest, is_mixed))
    }

    fn has_verdict(&self) -> bool {
        self.direction_of_typical().is_some() || self.rows.iter().any(|row| Direction::of(row.verdict).is_some())
    }

    /// Returns the level, if it has rounds on no workload.
    fn incomparable(&self) -> Option<String> {
        self.rows.iter().all(|row| row.ratio.is_none()).then(|| format!("at {} (too few rounds)", self.level))
    }

    /// Returns the level and its inconclusive workloads, if it has no verdict and some are inconclusive.
    fn inconclusive(&self) -> Option<String> {
        if self.has_verdict() || self.incomparable().is_some() {
            return None;
        }
        let open = self.rows.iter().filter(|row| row.verdict == Verdict::Inconclusive).count();
        match (self.typical.filter(|typical| typical.verdict == Verdict::Inconclusive), open, &self.rows[..]) {
            (Some(typical), _, _) => Some(format!("at {} (typical {})", self.level, number::change(typical.ratio))),
            (None, 0, _) => None,
            (None, _, [row]) => Some(format!("at {} ({})", self.level, number::change(row.ratio?))),
            (None, open, rows) => Some(format!("at {} on {open} of {} workloads", self.level, rows.len())),
        }
    }

    /// Returns the level and its detectable differences, if its intervals exclude a difference everywhere.
    fn without_difference(&self) -> Option<String> {
        self.is_within().then(|| self.with_detectable()).flatten()
    }

    /// Returns the level and its detectable differences, if no difference was found, but an interval contains some.
    fn with_none_found(&self) -> Option<String> {
        (!self.is_within()).then(|| self.with_detectable()).flatten()
    }

    /// Returns whether the intervals of the typical change and of every workload lie within the threshold.
    fn is_within(&self) -> bool {
        let is_within = |ratio: Estimate| ratio.is_within(self.threshold_percent);
        self.typical.is_none_or(|typical| is_within(typical.ratio))
            && self.rows.iter().all(|row| row.ratio.is_some_and(is_within))
    }

    /// Returns the level and its detectable differences, if no workload has a verdict or is inconclusive.
    fn with_detectable(&self) -> Option<String> {
        let is_open = self.has_verdict() || self.inconclusive().is_some() || self.incomparable().is_some();
        (!is_open).then(|| format!("at {} ({})", self.level, self.detectable()))
    }

    /// Returns the detectable differences, on one workload and over all.
    fn detectable(&self) -> String {
        let sizes: Vec<f64> = self.rows.iter().filter_map(|row| row.detectable_percent).collect();
        let (Some(least), Some(most)) =
            (sizes.iter().copied().min_by(f64::total_cmp), sizes.iter().copied().max_by(f64::total_cmp))
        else {
            return "too few rounds to detect any".to_owned();
        };
        let (least, most) = (number::size(least), number::size(most));
        let alone = match (least.strip_suffix(" %"), most.ends_with(" %")) {
            _ if least == most => most,
            (Some(bare), true) => format!("{bare}–{most}"),
            _ => format!("{least} to {most}"),
        };
        match self.typical.and_then(|typical| typical.detectable_percent) {
            Some(typical) => format!("detectable: {} typical, {alone} on one workload", number::size(typical)),
            None => format!("detectable: {alone}"),
        }
    }
}

/// Returns the number of comparisons with each verdict.
fn sum(comparison: &Comparison) -> String {
    let count = |verdict| comparison.differences.iter().filter(|difference| difference.verdict == verdict).count();
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let same = comparison.differences.iter().filter(|difference| difference.verdict == Verdict::NoDifference);
    format!(
        "{}: {}, {}, {}, {} inconclusive.",
        plural(comparison.differences.len(), "comparison"),
        plural(count(Verdict::Regression), "regression"),
        plural(count(Verdict::Improvement), "improvement"),
        without_difference(comparison.threshold_percent, same.filter_map(|difference| difference.ratio)),
        count(Verdict::Inconclusive)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workloads::Workload;

    #[test]
    fn a_wide_interval_finds_no_difference_but_does_not_exclude_one() {
        let estimate = |low, high| Estimate { value: 1.0, low, high };
        let word = |low, high| word_for(3.0, Verdict::NoDifference, estimate(low, high));
        assert_eq!(word(0.99, 1.02), "no difference");
        assert_eq!(word(1.005, 1.02), "no difference (< 3 %)");
        assert_eq!([word(0.73, 1.55), word(0.99, 1.04)], ["no difference found"; 2]);
        assert_eq!(word_for(40.0, Verdict::NoDifference, estimate(0.9, 1.1)), "no difference");
        assert_eq!(word_for(3.0, Verdict::Inconclusive, estimate(1.01, 1.4)), "inconclusive");
        let sum =
            |ratios: &[(f64, f64)]| without_difference(3.0, ratios.iter().map(|&(low, high)| estimate(low, high)));
        assert_eq!(sum(&[(0.99, 1.02)]), "1 without a difference");
        assert_eq!(sum(&[(0.99, 1.02), (0.7, 1.5)]), "1 without a difference, 1 with no difference found");
    }

    #[test]
    fn a_level_has_no_difference_only_if_every_interval_excludes_one() {
        let row = |workload, low, high| Difference {
            workload,
            level: Level::Full,
            build: 1,
            reference: 0,
            rounds: 60,
            ratio: Some(Estimate { value: 1.0, low, high }),
            halves: [Some(1.0); 2],
            probability: Some(1.0),
            detectable_percent: Some(4.0),
            verdict: Verdict::NoDifference,
            by_pass: Vec::new(),
            by_link: Vec::new(),
        };
        let typical = |low, high| Typical {
            level: Level::Full,
            build: 1,
            reference: 0,
            workloads: vec![Workload::CYCLES, Workload::LEAKS],
            ratio: Estimate { value: 1.0, low, high },
            probability: 1.0,
            detectable_percent: Some(2.0),
            verdict: Verdict::NoDifference,
        };
        let found = |of_leaks: (f64, f64), of_both: (f64, f64)| {
            let rows = [row(Workload::CYCLES, 0.99, 1.02), row(Workload::LEAKS, of_leaks.0, of_leaks.1)];
            let typical = typical(of_both.0, of_both.1);
            let rows = rows.iter().collect();
            let level = LevelVerdicts { level: Level::Full, threshold_percent: 3.0, rows, typical: Some(&typical) };
            [level.without_difference(), level.with_none_found()]
        };
        let text = Some("at full (detectable: 2.0 % typical, 4.0 % on one workload)".to_owned());
        assert_eq!(found((0.99, 1.02), (0.99, 1.01)), [text.clone(), None]);
        assert_eq!(found((0.7, 1.5), (0.99, 1.01)), [None, text.clone()], "one workload");
        assert_eq!(found((0.99, 1.02), (0.9, 1.1)), [None, text], "the typical change");
    }
}
