//! Promises on leaks and cycles, which two workloads plant: see [`detection`](crate::worker::tasks::detection).

use super::facts::Facts;
use super::planted::{failed, named_level, prepare};
use crate::tracking::Level;
use crate::tracking::memscope::{DETECTORS, FindingKind, ReportOutput};
use crate::worker::task::TaskError;
use crate::worker::tasks::detection::ledger::{Ledger, Planted};
use crate::workloads::{Scale, Workload};

/// Finds the blocks that the workload `leaks` leaves behind.
pub(super) fn leaks() -> Result<Facts, TaskError> {
    run(FindingKind::Leaks, Level::Allocator)
}

/// Finds these blocks among named values.
pub(super) fn named_leaks() -> Result<Facts, TaskError> {
    run(FindingKind::Leaks, named_level()?)
}

/// Finds the pairs of nodes of the workload `cycles` that own each other.
pub(super) fn cycles() -> Result<Facts, TaskError> {
    run(FindingKind::Cycles, Level::Allocator)
}

/// Finds these pairs among named values.
pub(super) fn named_cycles() -> Result<Facts, TaskError> {
    run(FindingKind::Cycles, named_level()?)
}

/// Runs the workload that plants for a report, and the report. If a version names values with or without its hook, its
/// report is the report of either.
fn run(sought: FindingKind, level: Level) -> Result<Facts, TaskError> {
    let is_named = level != Level::Allocator;
    let suits = |own: Level| if is_named { own.has_variables() } else { own == level };
    let detector = DETECTORS.iter().find(|detector| detector.sought == sought && suits(detector.level));
    let detector = detector.ok_or(TaskError::Unsupported("this version has no such report on what its hook sees"))?;
    let ask = detector.ask.map_err(TaskError::Unsupported)?;
    let session = prepare(detector.level)?;
    let ledger = Ledger::new(session.tracker().clone());
    let (workload, factor) = match sought {
        FindingKind::Cycles => (Workload::CYCLES, 2.0),
        FindingKind::Leaks | FindingKind::Active => (Workload::LEAKS, 0.2),
    };
    let scale = Scale::new(factor).map_err(|error| TaskError::Refused(error.to_string()))?;
    session.window(|| workload.run(&ledger, scale));
    let planted = ledger.planted(sought, detector.level);
    let what = match sought {
        FindingKind::Cycles => "cycle",
        FindingKind::Leaks | FindingKind::Active => "leak",
    };
    Ok(match ask() {
        Ok(found) => judge(what, &planted, &found),
        Err(why) => Facts { reported: vec![failed(&why)], ..judge(what, &planted, &ReportOutput::Named(Vec::new())) },
    })
}

fn judge(what: &str, planted: &[Planted], found: &ReportOutput) -> Facts {
    let found = match found {
        ReportOutput::Named(found) => found,
        // A number alone has nothing that could be matched.
        ReportOutput::Counted(count) => {
            let fact = |count: u64| vec![format!("number of {what}s: {count}")];
            return Facts { expected: fact(planted.len() as u64), reported: fact(*count) };
        }
    };
    let touches = |object: &Planted, addresses: &[usize]| {
        object.iter().all(|block| addresses.iter().any(|address| block.contains(address)))
    };
    let fact = |number: usize| format!("{what} {number}");
    let reported = found.iter().map(|addresses| {
        let object = planted.iter().position(|object| touches(object, addresses));
        object.map_or_else(|| format!("a {what} that was not planted"), fact)
    });
    // An object that is reported again is not another object.
    let mut reported: Vec<String> = reported.collect();
    reported.sort();
    reported.dedup_by(|one, other| one == other && !one.ends_with("planted"));
    Facts { expected: (0..planted.len()).map(fact).collect(), reported }
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::notices_every_mutation;
    use super::*;
    use std::ops::Range;

    /// Returns a planted object of one block.
    fn block(addresses: Range<usize>) -> Planted {
        Planted::from([addresses])
    }

    #[test]
    fn wrong_findings_are_noticed() {
        let leaks: Vec<Planted> = (1..5).map(|number| block(number * 100..number * 100 + 40)).collect();
        let right: Vec<Vec<usize>> = leaks.iter().map(|leak| vec![leak[0].start]).collect();
        let judged = |report: &[Vec<usize>]| judge("leak", &leaks, &ReportOutput::Named(report.to_vec()));
        notices_every_mutation(judged, &right, &vec![7], &[|entry| entry[0] += 50, Vec::clear]);

        let pairs: Vec<Planted> = leaks.chunks(2).map(<[Planted]>::concat).collect();
        let right: Vec<Vec<usize>> = pairs.iter().map(|pair| vec![pair[0].start, pair[1].start]).collect();
        let judged = |report: &[Vec<usize>]| judge("cycle", &pairs, &ReportOutput::Named(report.to_vec()));
        let half = |entry: &mut Vec<usize>| entry.truncate(1);
        notices_every_mutation(judged, &right, &vec![100, 300], &[half, |entry| entry[1] += 50]);
    }

    #[test]
    fn a_wrong_number_is_noticed() {
        let leaks = vec![block(100..140); 20];
        let judged = |count| judge("leak", &leaks, &ReportOutput::Counted(count)).compare();
        assert!(judged(20).is_perfect());
        assert!(!judged(19).is_perfect() && !judged(21).is_perfect());
    }
}
