//! The log as text: the commits that have a results file, what tracking cost at each, and where that changed.

use crate::platform::system::Machine;
use crate::report::number;
use crate::study::overhead::summary::Form;
use crate::study::trend::{Change, Entry, Lane, Log, Point, Record};
use crate::tracking::Tracking;
use crate::tracking::memscope::Subject;
use comfy_table::{CellAlignment, Table};

/// How much of a commit's message is shown.
const MESSAGE: usize = 50;

/// The log's tables, and the notes below them.
pub fn draw(log: &Log, lanes: &[Lane]) -> String {
    let mut notes: Vec<String> = unreadable(log).collect();
    notes.extend(failures(log, lanes));
    notes.extend(claims(log, lanes));
    notes.push(count(lanes));
    notes.push(RULE.to_owned());
    notes.extend(log.machines.iter().enumerate().map(|(place, machine)| machine_note(place, machine)));
    [commits(log), String::new(), overheads(log, lanes), Form::Terminal.notes(&notes)].join("\n")
}

/// A machine's name in the log: A for the first, and after Z by number.
pub(crate) fn machine_name(place: usize) -> String {
    match u8::try_from(place) {
        Ok(place @ 0..26) => char::from(b'A' + place).to_string(),
        _ => format!("machine {}", place + 1),
    }
}

/// What a machine's name stands for.
pub(crate) fn machine_note(place: usize, machine: &Machine) -> String {
    format!("Machine {}: {}, {} cores, {}.", machine_name(place), machine.processor, machine.cores, machine.system)
}

/// The version of the subject, with its source if that is not the usual one.
pub(crate) fn version(subject: &Subject) -> String {
    match subject.source.as_str() {
        "crates.io" => subject.version.clone(),
        source => format!("{} ({source})", subject.version),
    }
}

/// A record's noise floor.
pub(crate) fn floor(record: &Record) -> String {
    record.floor.map_or("not measured".to_owned(), |(workload, floor)| {
        format!("{} ({workload})", number::percent_interval(floor))
    })
}

/// What a point shows: an overhead with its interval, or why there is none.
pub(crate) fn shown(point: &Point) -> String {
    match (&point.figure.failure, &point.figure.overhead) {
        (Some(failure), _) => failure.label(),
        (None, Some(overhead)) => number::overhead(overhead.wall),
        (None, None) => format!("too few pairs ({})", point.figure.pairs),
    }
}

/// What became of a point's overhead since the record that it is held against.
pub(crate) fn change(log: &Log, point: &Point) -> String {
    let Some((change, since)) = point.change.zip(point.since) else {
        let is_first = point.figure.overhead.is_some();
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

/// The record of a point. A point is made of one.
pub(crate) fn record_of(log: &Log, entry: usize) -> (&Entry, &Record) {
    let entry = &log.entries[entry];
    (entry, entry.record.as_ref().expect("a point is made of a record"))
}

fn commits(log: &Log) -> String {
    let mut table = Table::new();
    table.load_style(Form::Terminal.style());
    table.set_header(["commit", "date", "memscope-rs", "machine", "noise floor [95 %]", "message"]);
    for Entry { commit, record } in &log.entries {
        let (subject, machine, floor) = match record {
            Ok(record) => (version(&record.origin.subject), machine_name(record.machine), floor(record)),
            Err(_) => ("cannot be read".to_owned(), String::new(), String::new()),
        };
        let date = commit.date.format("%Y-%m-%d").to_string();
        table.add_row(Form::Terminal.row([
            commit.short().to_owned(),
            date,
            subject,
            machine,
            floor,
            shortened(&commit.subject),
        ]));
    }
    table.trim_fmt()
}

/// The beginning of a message that is long.
fn shortened(message: &str) -> String {
    match message.char_indices().nth(MESSAGE) {
        Some((end, _)) => format!("{}…", message[..end].trim_end()),
        None => message.to_owned(),
    }
}

fn overheads(log: &Log, lanes: &[Lane]) -> String {
    let mut table = Table::new();
    table.load_style(Form::Terminal.style());
    table.set_header([
        "workload",
        "level",
        "commit",
        "memscope-rs",
        "machine",
        "overhead [95 %]",
        "pairs",
        "fidelity",
        "change",
    ]);
    for lane in lanes {
        for (number, point) in lane.points.iter().enumerate() {
            let (entry, record) = record_of(log, point.entry);
            // Blank where a row repeats the one above it.
            let names = if number == 0 {
                [lane.workload.to_string(), lane.tracking.to_string()]
            } else {
                [String::new(), String::new()]
            };
            let fidelity = match lane.tracking {
                _ if point.figure.failure.is_some() => String::new(),
                Tracking::Untracked | Tracking::Counting | Tracking::Synthetic(_) => "—".to_owned(),
                _ => number::fidelity(point.figure.fidelity),
            };
            let [workload, level] = names;
            table.add_row(Form::Terminal.row([
                workload,
                level,
                entry.commit.short().to_owned(),
                version(&record.origin.subject),
                machine_name(record.machine),
                shown(point),
                point.figure.pairs.to_string(),
                fidelity,
                change(log, point),
            ]));
        }
    }
    for numeric in [6, 7] {
        table.column_mut(numeric).expect("the header has nine").set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// The versions that cannot be read, and why.
fn unreadable(log: &Log) -> impl Iterator<Item = String> {
    log.entries.iter().filter_map(|Entry { commit, record }| {
        Some(format!("{} cannot be read: {}.", commit.short(), record.as_ref().err()?.trim_end_matches('.')))
    })
}

/// What happened to the cells that failed.
fn failures(log: &Log, lanes: &[Lane]) -> Vec<String> {
    let of_lane = |lane: &Lane| -> Vec<String> {
        let failed = lane.points.iter().filter_map(|point| Some((point, point.figure.failure.as_ref()?)));
        failed
            .map(|(point, failure)| {
                format!("{}: {}/{} {failure}.", log.entries[point.entry].commit.short(), lane.workload, lane.tracking)
            })
            .collect()
    };
    lanes.iter().flat_map(of_lane).collect()
}

/// The changes that are claimed, a line each.
fn claims(log: &Log, lanes: &[Lane]) -> Vec<String> {
    lanes.iter().flat_map(|lane| lane.points.iter().filter_map(|point| claim(log, lane, point))).collect()
}

/// A change in words, if one is claimed: from what to what, between which commits, and what else is another one.
pub(crate) fn claim(log: &Log, lane: &Lane, point: &Point) -> Option<String> {
    let verb = match point.change? {
        Change::Fell => "fell",
        Change::Rose => "rose",
        Change::None | Change::Noise | Change::OtherWork => return None,
    };
    let before = lane.points.iter().find(|before| Some(before.entry) == point.since)?;
    let ((entry, record), (earlier, before_record)) = (record_of(log, point.entry), record_of(log, before.entry));
    let [now, then] = [record, before_record].map(|record| version(&record.origin.subject));
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
        lane.tracking,
        shown(before),
        earlier.commit.short(),
        shown(point),
        entry.commit.short(),
    ))
}

/// How many changes are claimed, of how many that could have been.
pub(crate) fn count(lanes: &[Lane]) -> String {
    let steps = || lanes.iter().flat_map(|lane| &lane.points).filter_map(|point| point.change);
    let claimed = match steps().filter(|change| change.is_claimed()).count() {
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

/// What it takes for a change to be claimed.
pub(crate) const RULE: &str = "A change is claimed on one machine, for the same work, where the intervals part and the \
                               figures are farther apart than untracked was from itself.";
