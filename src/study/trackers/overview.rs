//! The overview of trackers: a row for each over all workloads, in ascending order of cost.

use crate::platform::text;
use crate::report::document::{Table, left, right};
use crate::report::number;
use crate::schedule::measurement::Measurement;
use crate::study::headline::{Headline, headlines};
use crate::study::trackers::Trackers;
use crate::study::trackers::summary::{name, takes_note};
use crate::tracking::RecordingKind;

/// The definition of the overview's columns.
pub(super) const NOTE: &str = "All workloads: the typical overhead is the geometric mean over the workloads with a \
                               figure (their number is in the last column). Its interval is that of independent \
                               workloads or, if wider, that over passes. Fidelity: the known value farthest from 1.";

/// Returns the overview.
pub(super) fn table(trackers: &Trackers) -> Table {
    let mut table = Table::new([
        left("tracker"),
        left("records"),
        left("typical overhead [95 %]"),
        left("lowest"),
        left("highest"),
        left("time per allocation").off_terminal(),
        right("fidelity"),
        left("peak memory").short("memory"),
        right("workloads").off_terminal(),
    ]);
    for headline in ranked(trackers) {
        let [lowest, highest] = headline.ends();
        let fidelity = if headline.level.has_fidelity() { headline.fidelity_in_words() } else { dash() };
        table.row([
            name(headline.level),
            takes_note(trackers.records(headline.level)),
            headline.typical_in_words(),
            lowest,
            highest,
            headline.time(),
            fidelity,
            memory(&headline),
            format!("{} of {}", headline.measured(), headline.tried),
        ]);
    }
    table
}

/// Returns the ranking as a sentence: each tracker with its typical overhead.
pub(crate) fn sentence(trackers: &Trackers) -> Option<String> {
    let typical = |headline: &Headline| {
        let is_whole = headline.measured() == headline.tried;
        let partly = if is_whole { String::new() } else { format!(" on {} workloads", headline.measured()) };
        let memscope = if headline.level.is_memscope() { " (memscope)" } else { "" };
        let name = text::code(&headline.level.to_string());
        format!("{name}{memscope} {}{partly}", headline.typical_in_words())
    };
    // A level that records nothing is another heap, not a tracker.
    let is_tracker =
        |headline: &&Headline| headline.measured() > 0 && headline.level.records() != RecordingKind::Nothing;
    let all: Vec<String> = ranked(trackers).iter().filter(is_tracker).map(typical).collect();
    (!all.is_empty()).then(|| {
        format!("Typical overheads, geometric means over the workloads, from the cheapest: {}.", number::list(&all))
    })
}

/// Returns the trackers in ascending order of cost; those without a figure come last.
fn ranked(trackers: &Trackers) -> Vec<Headline<'_>> {
    let mut all = headlines(&trackers.results);
    all.sort_by(|a, b| {
        let [a, b] = [a, b].map(|headline| headline.typical().map_or(f64::INFINITY, |typical| typical.value));
        a.total_cmp(&b)
    });
    all
}

/// Returns the range of peak memory in words.
fn memory(headline: &Headline) -> String {
    let of = |measurement: &Measurement| Some(measurement.overhead()?.peak_memory?.value);
    let known = || headline.measurements().filter_map(of);
    let ends = [known().min_by(f64::total_cmp), known().max_by(f64::total_cmp)];
    match ends.map(|end| end.map(number::factor)) {
        [Some(least), Some(most)] => format!("×{least} to ×{most}"),
        _ => "unknown".to_owned(),
    }
}

fn dash() -> String {
    "—".to_owned()
}
