//! Promises on relations between named values: clones of a shared value, owners, and borrows.

use super::facts::{Facts, pairs};
use super::planted::{answered, named_level, prepare};
use crate::tracking::Session;
use crate::tracking::memscope::{self, Borrows, Relation};
use crate::worker::task::TaskError;
use crate::workloads::Tracker;
use std::sync::Arc;

/// Names values, and lets memscope list their relations while they live.
fn related<V>(plant: impl FnOnce(&Session) -> V) -> Result<Result<Vec<Relation>, String>, TaskError> {
    let ask = memscope::RELATIONS.map_err(TaskError::Unsupported)?;
    let session = prepare(named_level()?)?;
    let values = session.window(|| plant(&session));
    let relations = ask();
    drop(values);
    Ok(relations)
}

/// Finds the clones of one shared value among values of the same content: in the better of two reports, if a version
/// has a graph to read and another one that it exports.
pub(super) fn clones() -> Result<Facts, TaskError> {
    let session = prepare(named_level()?)?;
    let mut variables = Vec::with_capacity(4);
    let values = session.window(|| {
        let original = Arc::new([7_u64; 8]);
        let shared = [("first", Arc::clone(&original)), ("second", Arc::clone(&original)), ("third", original)];
        let other = ("other", Arc::new([7_u64; 8]));
        for (name, value) in shared.iter().chain([&other]) {
            variables.push((std::ptr::from_ref(value).addr(), *name));
            session.tracker().arc(name, value);
        }
        (shared, other)
    });
    let read = memscope::RELATIONS.map(|ask| judge_clones(ask().map(|relations| related_groups(&relations))));
    let exported = memscope::CLONES.map(|ask| judge_clones(ask().map(|groups| named_groups(&groups, &variables))));
    drop(values);
    let wrong = |facts: &Facts| {
        let compared = facts.compare();
        compared.missed.len() + compared.invented.len()
    };
    let best = read.iter().chain(&exported).min_by_key(|facts| wrong(facts));
    best.cloned().ok_or_else(|| TaskError::Unsupported(read.expect_err("there is no best report")))
}

/// Returns the names at both ends of each relation between clones.
fn related_groups(relations: &[Relation]) -> Vec<Vec<String>> {
    let shared = relations.iter().filter(|relation| relation.kind.contains("Clone") || relation.kind == "Shares");
    shared.map(|relation| vec![relation.from.clone(), relation.to.clone()]).collect()
}

/// Returns the names of variables at these addresses.
fn named_groups(groups: &[Vec<usize>], variables: &[(usize, &str)]) -> Vec<Vec<String>> {
    let name_of = |address: &usize| match variables.iter().find(|(variable, _)| variable == address) {
        Some((_, name)) => (*name).to_owned(),
        None => "a variable that was not planted".to_owned(),
    };
    groups.iter().map(|group| group.iter().map(name_of).collect()).collect()
}

fn judge_clones(found: Result<Vec<Vec<String>>, String>) -> Facts {
    const WORDS: &str = "share one value";
    let reported = |found: &[Vec<String>]| {
        // Clones of a clone are clones of each other.
        let mut groups: Vec<Vec<&str>> = Vec::new();
        for connected in found {
            let connected: Vec<&str> = connected.iter().map(String::as_str).collect();
            let (mut joined, others): (Vec<_>, Vec<_>) =
                groups.into_iter().partition(|group| group.iter().any(|name| connected.contains(name)));
            joined.push(connected);
            groups = others;
            groups.push(joined.concat());
        }
        pairs(groups, WORDS)
    };
    Facts { expected: pairs([vec!["first", "second", "third"]], WORDS), reported: answered(found, reported) }
}

/// Finds the vector that owns three boxes, next to one that owns none.
#[allow(clippy::vec_box, reason = "each box is a block of its own")]
pub(super) fn owners() -> Result<Facts, TaskError> {
    let relations = related(|session| {
        let names = session.tracker();
        let shelf: Vec<Box<[u64; 6]>> = (1..=3).map(|number| Box::new([number; 6])).collect();
        for (name, boxed) in ["red", "green", "blue"].into_iter().zip(&shelf) {
            names.boxed(name, boxed);
        }
        names.vec("shelf", &shelf);
        let loose = vec![1_u64; 9];
        names.vec("loose", &loose);
        (shelf, loose)
    })?;
    Ok(judge_owners(relations))
}

fn judge_owners(relations: Result<Vec<Relation>, String>) -> Facts {
    let fact = |owner: &str, owned: &str| format!("{owner} owns {owned}");
    let reported = |relations: &[Relation]| {
        let owning = relations.iter().filter(|relation| matches!(relation.kind.as_str(), "Owns" | "Contains"));
        owning.map(|relation| fact(&relation.from, &relation.to)).collect()
    };
    Facts {
        expected: ["red", "green", "blue"].map(|owned| fact("shelf", owned)).to_vec(),
        reported: answered(relations, reported),
    }
}

/// The values of [`borrows`], with the borrows that are open at the end.
const BORROWED: [(&str, &[&str]); 3] = [("once", &["reader"]), ("again", &["second reader"]), ("never", &[])];

/// Borrows one value once, another one twice in sequence, and a third one not at all.
pub(super) fn borrows() -> Result<Facts, TaskError> {
    let Borrows { begin, of } = memscope::BORROWS.map_err(TaskError::Unsupported)?;
    let session = prepare(named_level()?)?;
    let values = session.window(|| {
        BORROWED.map(|(name, _)| {
            let value = vec![1_u8; 64];
            session.tracker().vec(name, &value);
            value
        })
    });
    let addresses = values.each_ref().map(|value| value.as_ptr().addr());
    // The ends of the open borrows are never called.
    let _open = begin(addresses[0], "reader");
    begin(addresses[1], "first reader")();
    let _open_too = begin(addresses[1], "second reader");
    let found = addresses.map(of);
    drop(values);
    Ok(judge_borrows(&found))
}

fn judge_borrows(found: &[Vec<String>]) -> Facts {
    let fact = |value: &str, by: &str| format!("{value} is borrowed by {by}");
    let expected = BORROWED.iter().flat_map(|(value, by)| by.iter().map(|by| fact(value, by)));
    let names = BORROWED.iter().zip(found);
    let reported = names.flat_map(|((value, _), found)| found.iter().map(|by| fact(value, by)));
    Facts { expected: expected.collect(), reported: reported.collect() }
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::notices_every_mutation;
    use super::*;

    fn relation(from: &str, to: &str, kind: &str) -> Relation {
        Relation { from: from.to_owned(), to: to.to_owned(), kind: kind.to_owned() }
    }

    const CHANGES: [fn(&mut Relation); 3] = [
        |relation| relation.to = "other".to_owned(),
        |relation| relation.from = "loose".to_owned(),
        |relation| relation.kind = "Slice".to_owned(),
    ];

    #[test]
    fn a_wrong_clone_is_noticed() {
        let right = [relation("second", "first", "ArcClone"), relation("third", "second", "ArcClone")];
        let judged = |report: &[Relation]| judge_clones(Ok(related_groups(report)));
        notices_every_mutation(judged, &right, &relation("other", "first", "Clone"), &CHANGES);
        let star = [relation("first", "third", "Shares"), relation("first", "second", "RcClone")];
        assert!(judged(&star).compare().is_perfect(), "for any centre");
    }

    #[test]
    fn a_wrong_clone_in_an_exported_graph_is_noticed() {
        let variables = [(10, "first"), (20, "second"), (30, "third"), (40, "other")];
        let judged = |report: &[Vec<usize>]| judge_clones(Ok(named_groups(report, &variables)));
        let right = [vec![10, 20], vec![20, 30]];
        notices_every_mutation(judged, &right, &vec![30, 40], &[|group| group[0] = 40, |group| group[1] = 50]);
        assert!(judged(&[vec![10, 20, 30]]).compare().is_perfect(), "in one group");
    }

    #[test]
    fn a_wrong_owner_is_noticed() {
        let right = ["red", "green", "blue"].map(|owned| relation("shelf", owned, "Owns"));
        let judged = |report: &[Relation]| judge_owners(Ok(report.to_vec()));
        notices_every_mutation(judged, &right, &relation("shelf", "loose", "Contains"), &CHANGES);
    }

    #[test]
    fn a_wrong_borrow_is_noticed() {
        // A report is a list of borrows, each with the number of its value.
        let judged = |report: &[(usize, String)]| {
            let of = |value| report.iter().filter(|(of, _)| *of == value).map(|(_, by)| by.clone()).collect();
            judge_borrows(&[0, 1, 2].map(of))
        };
        let right = [(0, "reader".to_owned()), (1, "second reader".to_owned())];
        notices_every_mutation(
            judged,
            &right,
            &(2, "never".to_owned()),
            &[|borrow| borrow.0 = 2, |borrow| borrow.1 = "first reader".to_owned()],
        );
    }
}
