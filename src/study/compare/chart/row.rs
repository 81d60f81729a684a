//! The rows of the chart, and the content of a build's place in a row.

use super::frame::{heading, why};
use crate::report::number;
use crate::stats::estimate::Estimate;
use crate::study::compare::summary::{described, measurement};
use crate::study::compare::verdicts::{detectable, word, word_of_typical};
use crate::study::compare::{ComparedBuild, Comparison, Difference, Typical, Verdict};
use crate::tracking::Level;
use crate::workloads::Workload;

/// A row of plots: the typical change, or a workload.
#[derive(Clone, Copy)]
pub(super) enum Row {
    Typical,
    Of(Workload),
}

impl Row {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Typical => "typical",
            Self::Of(workload) => workload.name(),
        }
    }
}

/// Returns the rows, from the top.
pub(super) fn rows(comparison: &Comparison) -> Vec<Row> {
    let typical = (!comparison.typical.is_empty()).then_some(Row::Typical);
    typical.into_iter().chain(comparison.plan.workloads.iter().copied().map(Row::Of)).collect()
}

/// A build in a plot, with its tooltip.
pub(super) struct Shown {
    pub(super) found: Found,
    pub(super) about: String,
}

/// The content of a build's place in a plot.
pub(super) enum Found {
    /// A change against its reference.
    Change { ratio: Estimate, verdict: Verdict, words: String, reference: usize },
    /// A figure without a reference.
    Reference,
    /// No figure, with the reason.
    Nothing(String),
}

impl Shown {
    pub(super) fn of(comparison: &Comparison, row: Row, level: Level, place: usize) -> Self {
        let build = &comparison.builds[place];
        match row {
            Row::Typical => Self::typical(comparison, build, level, place),
            Row::Of(workload) => Self::workload(comparison, build, workload, level, place),
        }
    }

    pub(super) fn workload(
        comparison: &Comparison,
        build: &ComparedBuild,
        workload: Workload,
        level: Level,
        place: usize,
    ) -> Self {
        let measurement = measurement(build, workload, level);
        let heading = format!("{}, {workload} at {level}", heading(build));
        let Some((measurement, overhead)) =
            measurement.and_then(|measurement| Some((measurement, comparison.overhead(measurement)?)))
        else {
            let why = why(build, measurement);
            return Self { about: format!("{heading}\n{why}"), found: Found::Nothing(why) };
        };
        let difference = comparison.difference(place, workload, level);
        let found = match difference {
            None => Found::Reference,
            Some(difference) => match difference.ratio {
                None => Found::Nothing(word(comparison, difference)),
                Some(ratio) => {
                    let Difference { verdict, reference, detectable_percent, .. } = *difference;
                    let words = with_detectable(word(comparison, difference), verdict, detectable_percent);
                    Found::Change { ratio, verdict, words, reference }
                }
            },
        };
        let change =
            difference.map_or("reference: not compared".to_owned(), |difference| described(comparison, difference));
        let about = format!(
            "{heading}\n{change}\noverhead {}\n{} pairs, fidelity {}",
            number::overhead(overhead),
            measurement.pairs.len(),
            number::fidelity(measurement.fidelity)
        );
        Self { found, about }
    }

    pub(super) fn typical(comparison: &Comparison, build: &ComparedBuild, level: Level, place: usize) -> Self {
        let heading = format!("{}, typical at {level}", heading(build));
        let Some(typical) = comparison.typical_change(place, level) else {
            let is_reference =
                comparison.typical.iter().any(|typical| (typical.reference, typical.level) == (place, level));
            let found = if is_reference { Found::Reference } else { Found::Nothing(String::new()) };
            let about = if is_reference { "reference: not compared" } else { "no typical change" };
            return Self { found, about: format!("{heading}\n{about}") };
        };
        let Typical { ratio, reference, workloads, verdict, detectable_percent, .. } = typical;
        let word = word_of_typical(comparison, typical);
        let about = format!(
            "{heading}\n{} against {}: {word} (detectable: {})\ngeometric mean of {} workloads",
            number::change(*ratio),
            comparison.builds[*reference].name,
            detectable(*detectable_percent),
            workloads.len()
        );
        let words = with_detectable(word, *verdict, *detectable_percent);
        Self { found: Found::Change { ratio: *ratio, verdict: *verdict, words, reference: *reference }, about }
    }
}

/// Returns a verdict in words, with the detectable difference if no change was found.
pub(super) fn with_detectable(word: String, verdict: Verdict, percent: Option<f64>) -> String {
    match verdict {
        Verdict::Regression | Verdict::Improvement => word,
        Verdict::NoDifference | Verdict::Inconclusive => format!("{word} (detectable: {})", detectable(percent)),
    }
}
