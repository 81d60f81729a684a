//! The parts around the plots: title, answer, legend, outcomes, and the description in words.

use super::mark::mark;
use super::{LINE, MARGIN};
use crate::report::chart::canvas::{small_print, text, where_and_when};
use crate::report::chart::words::{clipped, wrapped};
use crate::report::{commit, number};
use crate::schedule::measurement::{Clock, Measurement};
use crate::study::compare::summary::{described, levels, rule};
use crate::study::compare::verdicts::sentences;
use crate::study::compare::{Against, ComparedBuild, Comparison, Difference, Verdict};
use crate::tracking::Level;
use std::collections::BTreeMap;
use svg::node::element::Group;

/// The top of the chart: title, answer, subtitle and legend.
pub(super) struct Head {
    pub(super) drawing: Group,
    pub(super) height: f64,
}

pub(super) fn head(comparison: &Comparison, title: &str, width: f64) -> Head {
    let mut drawing = Group::new().add(text(MARGIN, 42.0, "title", clipped(title, width - 2.0 * MARGIN, 13.5)));
    let mut y = 68.0;
    let answer = sentences(comparison).swap_remove(0);
    for words in wrapped(&answer, width - 2.0 * MARGIN, 7.2) {
        drawing = drawing.add(text(MARGIN, y, "", words));
        y += LINE;
    }
    let time = match comparison.clock {
        Clock::Wall => "wall time",
        Clock::Cpu => "CPU time",
    };
    let reference = match comparison.against {
        Against::First => "of the first build",
        Against::Previous => "of the build before it",
        Against::Each(_) => "of its parent among the commits shown",
    };
    let about = format!(
        "Overhead ({time} tracked ÷ untracked) of each build ÷ that {reference}. Whiskers are 95 % intervals; the band \
         is the threshold of {} %. The scale is linear near 0 and logarithmic beyond.",
        comparison.threshold_percent
    );
    for words in wrapped(&about, width - 2.0 * MARGIN, 7.2) {
        drawing = drawing.add(text(MARGIN, y, "faint", words));
        y += LINE;
    }
    Head { drawing: drawing.add(legend(y + 4.0)), height: y + LINE }
}

pub(super) fn legend(y: f64) -> Group {
    let kinds = [
        (Verdict::Regression, "regression"),
        (Verdict::Improvement, "improvement"),
        (Verdict::NoDifference, "no difference"),
        (Verdict::Inconclusive, "inconclusive"),
    ];
    let mut legend = Group::new();
    let mut x = MARGIN;
    for (verdict, words) in kinds {
        legend = legend.add(mark(x + 5.0, y, verdict)).add(text(x + 16.0, y + 4.0, "small", words));
        x += 40.0 + words.chars().count() as f64 * 6.4;
    }
    legend.add(text(x + 2.0, y + 4.0, "small bad", "×")).add(text(
        x + 16.0,
        y + 4.0,
        "small",
        "no figure (hover over it)",
    ))
}

/// Returns a build's name and, for a commit, its hash and its subject line.
pub(super) fn heading(build: &ComparedBuild) -> String {
    commit::named(&build.name, build.about.as_deref(), build.commit())
}

/// Returns the reason for a missing figure.
pub(super) fn why(build: &ComparedBuild, measurement: Option<&Measurement>) -> String {
    let failure = measurement.and_then(|measurement| measurement.failure());
    match (&build.not_built, failure) {
        (Some(failed), _) => failed.outcome.label().to_owned(),
        (None, Some(failure)) => failure.to_string(),
        (None, None) => measurement.map_or_else(|| "too few pairs".to_owned(), Measurement::lack),
    }
}

/// Returns the outcomes without a figure, a line for each build and level: the list has no room for their marks.
pub(super) fn outcomes(comparison: &Comparison) -> Vec<String> {
    let mut lines = Vec::new();
    for build in &comparison.builds {
        if let Some(failed) = &build.not_built {
            lines.push(format!("{}: {}", build.name, failed.outcome.label()));
        }
        for level in levels(comparison) {
            let of_level =
                |measurement: &&Measurement| measurement.level == level && comparison.overhead(measurement).is_none();
            let measurements = build.measurements.iter().filter(of_level);
            let mut by_label: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            measurements.for_each(|measurement| {
                by_label.entry(label(measurement)).or_default().push(measurement.workload.name())
            });
            let words = by_label.into_iter().map(|(label, workloads)| format!("{label} on {}", workloads.join(", ")));
            let words: Vec<String> = words.collect();
            if !words.is_empty() {
                lines.push(format!("{} at {level} has no figure: {}", build.name, words.join("; ")));
            }
        }
    }
    lines
}

/// Returns the outcome of a measurement without a figure, in a word or two.
pub(super) fn label(measurement: &Measurement) -> String {
    measurement.failure().map_or_else(|| measurement.lack(), |failure| failure.label())
}

/// The notes below the chart.
pub(super) struct Foot(Vec<String>);

impl Foot {
    pub(super) fn of(comparison: &Comparison, width: f64) -> Self {
        let room = width - 2.0 * MARGIN;
        let lines = [rule(comparison), where_and_when(&comparison.origin)];
        Self(lines.iter().flat_map(|words| wrapped(words, room, 6.3)).collect())
    }

    /// Appends the notes to other lines.
    pub(super) fn after(self, lines: Vec<String>, width: f64) -> Self {
        let wrapped = lines.iter().flat_map(|words| wrapped(words, width - 2.0 * MARGIN, 6.3));
        Self(wrapped.chain(self.0).collect())
    }

    pub(super) fn height(&self) -> f64 {
        (self.0.len() as f64 + 1.0) * LINE
    }

    pub(super) fn draw(self, height: f64) -> Group {
        let top = height - self.height() + LINE;
        self.0
            .into_iter()
            .enumerate()
            .fold(Group::new(), |print, (number, words)| print.add(small_print([(top + number as f64 * LINE, words)])))
    }
}

/// Describes the chart in words, for readers who cannot see it: its answer, and its figures unless they are too many to
/// listen to.
pub(super) fn description(comparison: &Comparison) -> String {
    /// The maximum number of figures.
    const MAX_FIGURES: usize = 40;
    let of_build = |(place, build): (usize, &ComparedBuild)| {
        let measurements = build.measurements.iter().filter(|measurement| measurement.level != Level::Untracked);
        let measurement = |measurement: &Measurement| {
            let figure = comparison.overhead(measurement).map_or_else(|| label(measurement), number::overhead);
            let change = comparison.difference(place, measurement.workload, measurement.level);
            let change = change.map(|change: &Difference| format!(", {}", described(comparison, change)));
            format!(
                "{}, {} at {}: {figure}{}",
                build.name,
                measurement.workload,
                measurement.level,
                change.unwrap_or_default()
            )
        };
        measurements.map(measurement).collect::<Vec<_>>()
    };
    let rows: Vec<String> = comparison.builds.iter().enumerate().flat_map(of_build).collect();
    let figures = match rows.len() {
        ..=MAX_FIGURES => rows.join("; "),
        many => format!("The table has all {many} figures."),
    };
    [sentences(comparison).join(" "), figures].join(" ")
}
