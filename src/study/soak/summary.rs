//! The report of soaks: the growths, in sentences and tables, and the memory that stays after everything is freed.

use crate::platform::text;
use crate::report::circumstances::circumstances;
use crate::report::document::{Document, Table, left, right};
use crate::report::number;
use crate::stats::median::median;
use crate::study::overhead::warnings;
use crate::study::soak::growth::Growth;
use crate::study::soak::plan::Plan;
use crate::study::soak::record::Soak;
use crate::study::soak::words::{class, exponent, sentences};
use crate::study::soak::{BuildSoaks, GrowthClass, Pair, Process, Soaks};
use crate::worker::tasks::soak::{End, Meter, Trace};

/// Returns the report: for each build its sentences and tables, and then notes.
pub(super) fn summary(soaks: &Soaks) -> Document {
    let mut document = Document::default();
    for build in &soaks.builds {
        document.heading(build.memscope.as_ref().map_or(build.name.clone(), ToString::to_string));
        if let Some(why) = &build.not_built {
            document.notes(vec![format!("not built: {why}")]);
            continue;
        }
        document.notes(build.soaks.iter().flat_map(|soak| sentences(soak, &soaks.plan)).collect());
        document.table(growths(&build.soaks));
        let freed = freed(&build.soaks);
        if !freed.rows.is_empty() {
            document.heading("When everything is freed");
            document.table(freed);
        }
    }
    document.notes(notes(soaks));
    document
}

fn growths(soaks: &[Soak]) -> Table {
    let mut table = Table::new([
        left("level"),
        left("of"),
        right("early"),
        right("late"),
        right("late ÷ early").short("×"),
        left("class"),
        right("exponent [95 %]"),
        right("events"),
    ])
    .grouped_by(1);
    for soak in soaks {
        soak.growths.iter().for_each(|growth| table.row(row(soak, growth)));
        if let (true, Some(failure)) = (soak.growths.is_empty(), soak.failure()) {
            let mut row = vec![soak.level().to_string(), failure.label()];
            row.resize(table.columns.len(), String::new());
            table.row(row);
        }
    }
    table
}

fn row(soak: &Soak, growth: &Growth) -> [String; 8] {
    let figure =
        |figure: Option<f64>| figure.map_or_else(|| UNKNOWN.to_owned(), |figure| growth.quantity.format(figure));
    let exponent = growth.fit.as_ref().map_or(String::new(), exponent);
    [
        soak.level().to_string(),
        growth.quantity.to_string(),
        figure(growth.early()),
        figure(growth.late()),
        growth.ratio().map_or(String::new(), |ratio| format!("×{}", number::factor(ratio))),
        class(growth),
        exponent,
        number::short_count(growth.reached() as f64),
    ]
}

/// The text for a figure that is not known.
const UNKNOWN: &str = "unknown";

/// Returns the table of memory before and after everything was freed.
fn freed(soaks: &[Soak]) -> Table {
    let mut table = Table::new([
        left("level"),
        right("events"),
        right("kept before"),
        right("kept after"),
        right("resident after"),
        right("untracked"),
    ]);
    for soak in soaks {
        let counted = soak.measured.counted.as_ref().map(|process| &process.trace);
        let before = counted.map_or_else(|| UNKNOWN.to_owned(), kept_before);
        let after = counted.and_then(|trace| trace.end?.kept_bytes);
        let of_pairs = soak.measured.pairs.iter().filter_map(|pair| pair.tracked.trace.end);
        let mut ends: Vec<End> = of_pairs.collect();
        if ends.is_empty() {
            ends.extend(counted.and_then(|trace| trace.end));
        }
        let Some(events) = median(ends.iter().map(|end| end.events as f64)) else { continue };
        let tracked = resident_after(&soak.measured.pairs, |pair| &pair.tracked);
        let untracked = resident_after(&soak.measured.pairs, |pair| &pair.untracked);
        let bytes = |bytes: Option<f64>| bytes.map_or_else(|| UNKNOWN.to_owned(), number::bytes);
        let left = match ends.iter().map(|end| end.live).max() {
            None | Some(0) => String::new(),
            Some(most) => format!(" ({most} blocks left)"),
        };
        table.row([
            soak.level().to_string(),
            number::short_count(events),
            before,
            bytes(after.map(|after| after as f64)),
            format!("{}{left}", bytes(tracked)),
            bytes(untracked),
        ]);
    }
    table
}

/// Returns the median resident memory of a process of each pair after everything was freed; `None` if none has it.
fn resident_after(pairs: &[Pair], process: fn(&Pair) -> &Process) -> Option<f64> {
    median(pairs.iter().filter_map(|pair| Some(process(pair).trace.end?.resident_bytes? as f64)))
}

/// Returns the bytes that were kept at the last checkpoint, with its events if the process went on after it.
fn kept_before(trace: &Trace) -> String {
    let last = trace.checkpoints.last().and_then(|last| Some((last.events, last.kept_bytes?)));
    let Some((events, kept)) = last else { return UNKNOWN.to_owned() };
    let kept = number::bytes(kept as f64);
    if trace.end.is_none_or(|end| end.events <= events) {
        kept
    } else {
        format!("{kept} at {}", number::short_count(events as f64))
    }
}

fn notes(soaks: &Soaks) -> Vec<String> {
    let Plan { live, pairs, counted_events, meters, .. } = &soaks.plan;
    let mut lines = warnings::of_origin(&soaks.origin);
    lines.extend(unknown(&soaks.builds));
    lines.push(format!(
        "Each process keeps {} live blocks and replaces random ones: half of the time small ones of a fixed size, \
         whose addresses recur, and otherwise buffers of 1 to 4 KiB. An event is an allocation or a free; where a \
         level names values, each block is named. Each checkpoint measures a stretch of {} events.",
        number::grouped(*live as u64),
        number::grouped(2 * *live as u64)
    ));
    lines.push(format!(
        "CPU time and resident memory: minus those of an untracked process with the same events beside it; the median \
         of {}. Resident after: of the process itself, the median of the same pairs. p99.9: over allocations (with \
         their names) and frees, including the clock's own cost. Early, late: the median over the first and the last \
         three checkpoints.",
        number::counted(*pairs, "pair")
    ));
    if meters.contains(&Meter::Memory) {
        lines.push(
            "Bytes kept: the bytes that the tracker requested beyond the program's live blocks, counted in the \
             allocator by an untimed process. Kept before: at the last checkpoint; a process that was ended early kept \
             more after it."
                .to_owned(),
        );
    }
    if meters.contains(&Meter::Instructions) {
        lines.push(format!(
            "Instructions: minus those of an untracked event, by callgrind, up to {} events.",
            number::grouped(*counted_events)
        ));
    }
    let all = || soaks.builds.iter().flat_map(|build| &build.soaks).flat_map(|soak| &soak.growths);
    lines.push(
        "Class: the model a + b·f(events) with the lowest AICc, where f is the logarithm, the number or its square \
         (least squares of logarithms of the whole, untracked part included), if AICc is lower by 10, the whole \
         grows by a fifth, and the pairs repeat the growth; otherwise flat, if the 95 % intervals exclude growth by a \
         fifth, or no growth found. METHODOLOGY.md describes the method."
            .to_owned(),
    );
    if all().any(|growth| growth.class().is_some_and(|class| class != GrowthClass::Flat)) {
        lines.push(
            "Exponent: the power of the growing part, from a separate fit: 0 is logarithmic, 1 linear, 2 quadratic. \
             For a figure that is flat or without growth, it is the slope of its logarithm over that of the events."
                .to_owned(),
        );
    }
    lines.extend(circumstances(&soaks.origin));
    lines
}

/// Returns a line for each reason why instructions are unknown, with the levels.
fn unknown(builds: &[BuildSoaks]) -> Vec<String> {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for (build, soak) in builds.iter().flat_map(|build| build.soaks.iter().map(move |soak| (build, soak))) {
        let Some(reason) = soak.measured.instructions.unknown.as_deref() else { continue };
        let place =
            if builds.len() > 1 { format!("{}/{}", build.name, soak.level()) } else { soak.level().to_string() };
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, places)) => places.push(place),
            None => reasons.push((reason, vec![place])),
        }
    }
    let line = |(reason, places): (&str, Vec<String>)| {
        format!("Instructions of {} are unknown: {}.", places.join(", "), text::quoted_message(reason))
    };
    reasons.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::tasks::soak::{Checkpoint, Stop};

    #[test]
    fn bytes_kept_at_an_earlier_checkpoint_name_its_events() {
        let trace = |events| Trace {
            checkpoints: vec![Checkpoint { events: 4_641_590, kept_bytes: Some(1 << 31), ..Checkpoint::default() }],
            end: Some(End { events, stopped: Stop::Memory, live: 0, resident_bytes: None, kept_bytes: Some(3 << 30) }),
        };
        assert_eq!([5_479_574, 4_641_590].map(|end| kept_before(&trace(end))), ["2 GiB at 4.64 M", "2 GiB"]);
        assert_eq!(kept_before(&Trace { checkpoints: Vec::new(), end: None }), "unknown");
    }

    #[test]
    fn resident_memory_is_the_median_of_the_pairs_that_have_it() {
        let process = |resident_bytes: Option<u64>| {
            let end = End { events: 1, stopped: Stop::Memory, live: 0, resident_bytes, kept_bytes: None };
            Process { trace: Trace { checkpoints: Vec::new(), end: Some(end) }, failure: None }
        };
        let pair = |(untracked, tracked): (Option<u64>, Option<u64>)| Pair {
            untracked_first: true,
            untracked: process(untracked),
            tracked: process(tracked),
        };
        let pairs = [(Some(3), Some(10)), (None, Some(30)), (Some(5), Some(20))].map(pair);
        assert_eq!(resident_after(&pairs, |pair| &pair.tracked), Some(20.0));
        assert_eq!(resident_after(&pairs, |pair| &pair.untracked), Some(4.0));
        assert_eq!(resident_after(&[], |pair| &pair.tracked), None);
    }
}
