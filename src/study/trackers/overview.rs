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
                               workloads or, if wider, that over passes. n.s.: not significant; the interval of the \
                               lowest or the highest contains no overhead. Fidelity: the known value farthest from 1.";

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

/// Returns the answer: a sentence for each kind of record, with the typical overhead of each of its trackers.
pub(crate) fn sentences(trackers: &Trackers) -> Vec<String> {
    let ranked = ranked(trackers);
    let sentence = |(kind, words): &(RecordingKind, &str)| {
        let of_kind = |headline: &&Headline| headline.measured() > 0 && trackers.records(headline.level) == *kind;
        let all: Vec<String> = ranked.iter().filter(of_kind).map(typical).collect();
        (!all.is_empty()).then(|| format!("{words}: {}.", number::list(&all)))
    };
    PURPOSES.iter().filter_map(sentence).collect()
}

/// The purpose of each kind of record. A level that records nothing is another heap, not a tracker.
const PURPOSES: [(RecordingKind, &str); 6] = [
    (RecordingKind::Counts, "To count allocations and bytes"),
    (RecordingKind::Samples, "To sample some allocations"),
    (RecordingKind::NamedValues, "To see the values that the program names"),
    (RecordingKind::SampledValues, "To see some of the values that the program names"),
    (RecordingKind::Events, "To record each event, without the code that caused it"),
    (RecordingKind::Backtraces, "To record each event with its backtrace, which shows the code that allocates"),
];

/// Returns a tracker with its typical overhead, and with the number of its workloads if it lacks some.
fn typical(headline: &Headline) -> String {
    let is_whole = headline.measured() == headline.tried;
    let partly =
        if is_whole { String::new() } else { format!(" on {}", number::counted(headline.measured(), "workload")) };
    let memscope = if headline.level.is_memscope() { " (memscope)" } else { "" };
    let name = text::code(&headline.level.to_string());
    format!("{name}{memscope} {}{partly}", headline.typical_in_words())
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
