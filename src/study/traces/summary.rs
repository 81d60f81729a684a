//! The report of validated traces.

use super::{Program, Traces, Way, cpu};
use crate::platform::text;
use crate::report::circumstances::circumstances;
use crate::report::document::{Document, Table, left, right};
use crate::report::number;
use crate::stats::estimate::Estimate;
use crate::stats::excess::is_significant;
use crate::stats::mean::geometric_mean;
use crate::tracking::Level;
use std::collections::BTreeSet;

const fn way_name(way: Way) -> &'static str {
    match way {
        Way::Replay => "Replays",
        Way::Prediction => "Predictions",
    }
}

/// Returns the report: the answer in sentences, a row for each program, and notes.
pub(super) fn summary(traces: &Traces) -> Document {
    let mut document = Document::default();
    document.notes(Way::ALL.into_iter().map(|way| answer(traces, way)).chain(recorder(traces)).collect());
    let mut table = Table::new([
        left("workload"),
        right("operations"),
        right("recording"),
        right("direct"),
        right("replayed"),
        right("expected [95 %]"),
        right("within"),
        right("predicted"),
        right("expected [95 %]"),
        right("within"),
    ]);
    for (place, program) in traces.programs.iter().enumerate() {
        table.row(row(traces, place, program));
    }
    document.table(table);
    document.notes(notes(traces));
    document
}

fn answer(traces: &Traces, way: Way) -> String {
    let Some(accuracy) = traces.accuracy(way) else {
        return format!("{}: too few programs to determine the accuracy.", way_name(way));
    };
    let verdicts = traces.verdicts(way);
    format!(
        "{}: the overhead that tracking adds to a program is typically {} times the estimated one. Of {} programs, {} \
         lie within the 95 % interval from the others.",
        way_name(way),
        number::factor(accuracy.factor()),
        verdicts.len(),
        verdicts.iter().filter(|&&within| within).count(),
    )
}

fn recorder(traces: &Traces) -> Option<String> {
    let costs: Vec<f64> = traces.programs.iter().filter_map(|program| Some(cpu(&program.recording)?.value)).collect();
    let typical = geometric_mean(costs.iter().copied())?;
    let [least, most] = [f64::min, f64::max].map(|pick| costs.iter().copied().reduce(pick));
    Some(format!(
        "The recorder itself typically costs {} ({} to {}), by CPU time.",
        number::ratio(typical),
        number::ratio(least?),
        number::ratio(most?),
    ))
}

fn row(traces: &Traces, place: usize, program: &Program) -> Vec<String> {
    let shown = |estimate: Option<Estimate>| estimate.map_or_else(|| "–".to_owned(), number::overhead);
    let measured = |measurement| shown(cpu(measurement));
    let way = |way| {
        let expected = traces.expected(way, place);
        let within = match traces.is_within(way, place) {
            Some(true) => "yes",
            Some(false) => "no",
            None => "–",
        };
        [shown(expected), within.to_owned()]
    };
    let [replay, is_replay_within] = way(Way::Replay);
    let [prediction, is_prediction_within] = way(Way::Prediction);
    vec![
        program.name(),
        number::grouped(program.recorded.operations.all()),
        measured(&program.recording),
        measured(&program.direct),
        measured(&program.replayed),
        replay,
        is_replay_within,
        shown(program.predicted),
        prediction,
        is_prediction_within,
    ]
}

fn notes(traces: &Traces) -> Vec<String> {
    let mut lines = vec![format!(
        "Level: {}. Each overhead is tracked ÷ untracked CPU time. The trace of a workload covers only its window.",
        traces.level
    )];
    lines.push(
        "Expected: the interval that contains the direct overhead of 95 % of programs. It is the estimate's own \
         interval, widened by the errors of the other programs' estimates; the program itself does not count."
            .to_owned(),
    );
    let is_limited = |program: &Program| cpu(&program.direct).is_some_and(|direct| !is_significant(direct));
    if traces.programs.iter().any(is_limited) {
        lines.push(
            "n.s.: not significant. Such a direct overhead has only an upper limit, the end of its interval; it counts \
             as within if it may lie in the expected interval."
                .to_owned(),
        );
    }
    for program in &traces.programs {
        let measurements = [&program.direct, &program.recording, &program.replayed];
        lines.extend(measurements.iter().filter_map(|measurement| {
            Some(format!("{}: {}", program.name(), text::quoted_message(&measurement.failure()?.to_string())))
        }));
    }
    let reasons: BTreeSet<&String> =
        traces.programs.iter().filter_map(|program| program.not_predicted.as_ref()).collect();
    lines.extend(reasons.into_iter().map(|why| format!("Without a prediction: {}", text::quoted_message(why))));
    if traces.programs.iter().all(|program| program.recording.level == Level::Recording) {
        lines.push("Recording: the level `recording`, which writes each operation to a trace.".to_owned());
    }
    lines.extend(circumstances(&traces.origin));
    lines
}
