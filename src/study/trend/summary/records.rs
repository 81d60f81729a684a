//! The report of the records: the commits that have a results file, and the overheads at each.

use crate::platform::system::Machine;
use crate::report::document::{Document, Table, left, right};
use crate::report::number;
use crate::schedule::measurement::Outcome;
use crate::study::trend::summary::shortened;
use crate::study::trend::{Entry, Lane, Log, Point, Record};
use crate::tracking::memscope::MemscopeBuild;

/// The note on the limits of records.
pub(in crate::study::trend) const NO_VERDICTS: &str = "A record is one run at one time. Two records differ by more \
     than their intervals suggest, so they get no verdict: measure commits side by side with `history`, or builds with \
     `compare`.";

/// The definition of the column that could be misread.
const BETWEEN_SESSIONS: &str = "Between sessions: in 95 % of cases, two complete runs of one build on the machine \
                                differ by at most this.";

/// Adds the part of a report on records.
pub(super) fn add(document: &mut Document, log: &Log, lanes: &[Lane]) {
    let mut notes: Vec<String> = unreadable(log).collect();
    notes.extend(failures(log, lanes));
    notes.push(NO_VERDICTS.to_owned());
    let has_spread = lanes.iter().flat_map(|lane| &lane.points).any(|point| !between_sessions(point).is_empty());
    notes.extend(has_spread.then(|| BETWEEN_SESSIONS.to_owned()));
    notes.extend(log.machines.iter().enumerate().map(|(place, machine)| machine_note(place, machine)));
    document.table(commits(log));
    document.table(overheads(log, lanes));
    document.notes(notes);
}

/// Returns a machine's name in the log: A for the first, and numbers after Z.
pub(in crate::study::trend) fn machine_name(place: usize) -> String {
    match u8::try_from(place) {
        Ok(place @ 0..26) => char::from(b'A' + place).to_string(),
        _ => format!("machine {}", place + 1),
    }
}

/// Describes a machine by its name.
pub(in crate::study::trend) fn machine_note(place: usize, machine: &Machine) -> String {
    format!("Machine {}: {}, {} cores, {}.", machine_name(place), machine.processor, machine.cores, machine.system)
}

/// Returns the version of a build of memscope, with its source if it is not the default.
pub(in crate::study::trend) fn version(memscope: &MemscopeBuild) -> String {
    match memscope.source.as_str() {
        "crates.io" => memscope.version.clone(),
        source => format!("{} ({source})", memscope.version),
    }
}

/// Formats a record's noise floor.
pub(in crate::study::trend) fn floor(record: &Record) -> String {
    record.floor.map_or("not measured".to_owned(), |(workload, floor)| {
        format!("{} ({workload})", number::percent_interval(floor))
    })
}

/// Returns the overhead of a point with its interval, or the outcome.
pub(in crate::study::trend) fn shown(point: &Point) -> String {
    match &point.figure.outcome {
        Outcome::Failed(failure) => failure.label(),
        Outcome::Measured(overhead) => number::overhead(overhead.wall),
        Outcome::TooFew => format!("too few pairs ({})", point.figure.pairs),
    }
}

/// Formats the difference that two sessions of a point may have; empty if it is not known.
pub(in crate::study::trend) fn between_sessions(point: &Point) -> String {
    point.figure.between_sessions.map_or(String::new(), |spread| number::within(spread.of_two()))
}

/// Returns the record of a point, which always has one.
pub(in crate::study::trend) fn record_of(log: &Log, entry: usize) -> (&Entry, &Record) {
    let entry = &log.entries[entry];
    (entry, entry.record.as_ref().expect("a point is made of a record"))
}

fn commits(log: &Log) -> Table {
    let columns = ["commit", "date", "memscope-rs", "machine", "noise floor [95 %]", "message"];
    let mut table = Table::new(columns.map(left));
    for Entry { commit, record } in &log.entries {
        let (version, machine, floor) = match record {
            Ok(record) => (version(&record.origin.memscope), machine_name(record.machine), floor(record)),
            Err(_) => ("cannot be read".to_owned(), String::new(), String::new()),
        };
        let date = commit.date.format("%Y-%m-%d").to_string();
        table.row([commit.short().to_owned(), date, version, machine, floor, shortened(&commit.subject)]);
    }
    table
}

fn overheads(log: &Log, lanes: &[Lane]) -> Table {
    let words = ["workload", "level", "commit", "memscope-rs", "machine", "overhead [95 %]"].map(left);
    let mut table = Table::new(words.into_iter().chain([
        right("between sessions").short("between"),
        right("pairs"),
        right("fidelity"),
    ]))
    .grouped_by(2);
    for lane in lanes {
        for point in &lane.points {
            let (entry, record) = record_of(log, point.entry);
            let fidelity = match lane.level {
                _ if point.figure.outcome.failure().is_some() => String::new(),
                level if !level.has_fidelity() => "—".to_owned(),
                _ => number::fidelity(point.figure.fidelity),
            };
            table.row([
                lane.workload.to_string(),
                lane.level.to_string(),
                entry.commit.short().to_owned(),
                version(&record.origin.memscope),
                machine_name(record.machine),
                shown(point),
                between_sessions(point),
                point.figure.pairs.to_string(),
                fidelity,
            ]);
        }
    }
    table
}

/// Lists the versions that cannot be read, with reasons.
fn unreadable(log: &Log) -> impl Iterator<Item = String> {
    log.entries.iter().filter_map(|Entry { commit, record }| {
        Some(format!("{} cannot be read: {}.", commit.short(), record.as_ref().err()?.trim_end_matches('.')))
    })
}

/// Reports the failures.
fn failures(log: &Log, lanes: &[Lane]) -> Vec<String> {
    let of_lane = |lane: &Lane| -> Vec<String> {
        let failed = lane.points.iter().filter_map(|point| Some((point, point.figure.outcome.failure()?)));
        failed
            .map(|(point, failure)| {
                format!("{}: {}/{} {failure}.", log.entries[point.entry].commit.short(), lane.workload, lane.level)
            })
            .collect()
    };
    lanes.iter().flat_map(of_lane).collect()
}
