//! The report of a trend: the commits that have a results file, the overheads at each, and the changes.

use crate::platform::system::Machine;
use crate::report::document::{Document, Table, left, right};
use crate::report::number;
use crate::schedule::measurement::Outcome;
use crate::study::trend::{Change, Entry, Lane, Log, Point, Record};
use crate::tracking::memscope::MemscopeBuild;

/// The characters of a commit's message that are shown.
const MESSAGE: usize = 50;

/// Returns the report: the commits, the overheads and the notes.
pub(crate) fn summary(log: &Log, lanes: &[Lane]) -> Document {
    let mut notes: Vec<String> = unreadable(log).collect();
    notes.extend(failures(log, lanes));
    notes.extend(claims(log, lanes));
    notes.push(count(lanes));
    notes.push(RULE.to_owned());
    notes.extend(log.machines.iter().enumerate().map(|(place, machine)| machine_note(place, machine)));
    let mut document = Document::default();
    document.table(commits(log));
    document.table(overheads(log, lanes));
    document.notes(notes);
    document
}

/// Returns a machine's name in the log: A for the first, and numbers after Z.
pub(crate) fn machine_name(place: usize) -> String {
    match u8::try_from(place) {
        Ok(place @ 0..26) => char::from(b'A' + place).to_string(),
        _ => format!("machine {}", place + 1),
    }
}

/// Describes a machine by its name.
pub(crate) fn machine_note(place: usize, machine: &Machine) -> String {
    format!("Machine {}: {}, {} cores, {}.", machine_name(place), machine.processor, machine.cores, machine.system)
}

/// Returns the version of a build of memscope, with its source if that is not the usual one.
pub(crate) fn version(memscope: &MemscopeBuild) -> String {
    match memscope.source.as_str() {
        "crates.io" => memscope.version.clone(),
        source => format!("{} ({source})", memscope.version),
    }
}

/// Formats a record's noise floor.
pub(crate) fn floor(record: &Record) -> String {
    record.floor.map_or("not measured".to_owned(), |(workload, floor)| {
        format!("{} ({workload})", number::percent_interval(floor))
    })
}

/// Returns the overhead of a point with its interval, or the outcome.
pub(crate) fn shown(point: &Point) -> String {
    match &point.figure.outcome {
        Outcome::Failed(failure) => failure.label(),
        Outcome::Measured(overhead) => number::overhead(overhead.wall),
        Outcome::TooFew => format!("too few pairs ({})", point.figure.pairs),
    }
}

/// Returns the change of a point since the record that it is compared with.
pub(crate) fn change(log: &Log, point: &Point) -> String {
    let Some((change, since)) = point.change.zip(point.since) else {
        let is_first = point.figure.outcome.measured().is_some();
        return if is_first { "first of its machine".to_owned() } else { String::new() };
    };
    let word = match change {
        Change::None => "none claimed",
        Change::Noise => "within the noise",
        Change::OtherWork => "other work",
        Change::Fell => "fell",
        Change::Rose => "rose",
    };
    format!("{word} since {}", log.entries[since].commit.short())
}

/// Returns the record of a point, which always has one.
pub(crate) fn record_of(log: &Log, entry: usize) -> (&Entry, &Record) {
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

/// Shortens a long message.
fn shortened(message: &str) -> String {
    match message.char_indices().nth(MESSAGE) {
        Some((end, _)) => format!("{}…", message[..end].trim_end()),
        None => message.to_owned(),
    }
}

fn overheads(log: &Log, lanes: &[Lane]) -> Table {
    let words = ["workload", "level", "commit", "memscope-rs", "machine", "overhead [95 %]"].map(left);
    let mut table =
        Table::new(words.into_iter().chain([right("pairs"), right("fidelity"), left("change")])).grouped_by(2);
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
                point.figure.pairs.to_string(),
                fidelity,
                change(log, point),
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

/// Lists the detected changes, a line each.
fn claims(log: &Log, lanes: &[Lane]) -> Vec<String> {
    lanes.iter().flat_map(|lane| lane.points.iter().filter_map(|point| claim(log, lane, point))).collect()
}

/// Describes a detected change: the sizes, the commits before and after it, and what else changed.
pub(crate) fn claim(log: &Log, lane: &Lane, point: &Point) -> Option<String> {
    let verb = match point.change? {
        Change::Fell => "fell",
        Change::Rose => "rose",
        Change::None | Change::Noise | Change::OtherWork => return None,
    };
    let before = lane.points.iter().find(|before| Some(before.entry) == point.since)?;
    let ((entry, record), (earlier, before_record)) = (record_of(log, point.entry), record_of(log, before.entry));
    let [now, then] = [record, before_record].map(|record| version(&record.origin.memscope));
    let versions = if now == then {
        format!("memscope-rs is {now} in both: something else changed")
    } else {
        format!("memscope-rs {then} → {now}")
    };
    let [rustc, rustc_before] = [record, before_record].map(|record| record.origin.toolchain.rustc.as_str());
    let toolchain =
        if rustc == rustc_before { String::new() } else { format!("; the compiler too: {rustc_before} → {rustc}") };
    Some(format!(
        "Change: {}/{} {verb} from {} ({}) to {} ({}); {versions}{toolchain}.",
        lane.workload,
        lane.level,
        shown(before),
        earlier.commit.short(),
        shown(point),
        entry.commit.short(),
    ))
}

/// Counts the changes, and the steps in which one could have been detected.
pub(crate) fn count(lanes: &[Lane]) -> String {
    let steps = || lanes.iter().flat_map(|lane| &lane.points).filter_map(|point| point.change);
    let claimed = match steps().filter(|change| change.is_reported()).count() {
        0 => "No change is claimed".to_owned(),
        1 => "1 change is claimed".to_owned(),
        claimed => format!("{claimed} changes are claimed"),
    };
    let others = match steps().filter(|&change| change == Change::OtherWork).count() {
        0 => String::new(),
        others => format!("; {others} more are to other work"),
    };
    let compared = steps().filter(|&change| change != Change::OtherWork).count();
    format!("{claimed} in {compared} steps from a record to the next of its machine{others}.")
}

/// The rule for a change.
pub(crate) const RULE: &str = "A change is claimed on one machine, for the same work, where the intervals part and the \
                               figures are farther apart than untracked was from itself.";
