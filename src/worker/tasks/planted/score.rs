//! The attributions of a record compared with the program.

use super::program::{BLOCKS, NAMES, THREAD_SIZES, Tasks};
use crate::stats::share::Share;
use crate::tracking::memscope::modes::Record;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Returns the blocks that are attributed to the right thread; `None` if no record has a thread.
pub(super) fn threads(records: &[Record]) -> Option<Share> {
    let has_threads = records.iter().any(|record| record.thread.is_some());
    has_threads.then(|| grouped(records, &THREAD_SIZES.each_ref().map(std::slice::from_ref), |record| record.thread))
}

/// Returns the blocks that are attributed to the right task.
pub(super) fn tasks(records: &[Record], tasks: Tasks) -> Share {
    grouped(records, tasks, |record| record.task)
}

/// Returns the blocks that are attributed to the right name.
pub(super) fn names(records: &[Record]) -> Share {
    let is_right = |record: &&Record| {
        NAMES.iter().any(|(name, size)| record.size == *size && record.name.as_deref() == Some(*name))
    };
    Share { part: records.iter().filter(is_right).count(), of: NAMES.len() * BLOCKS }
}

/// Returns the blocks that have the group's own number. memscope chooses the numbers: the number on most blocks of a
/// group is the group's, unless more blocks of another group have it.
fn grouped(records: &[Record], groups: &[&[usize]], number: impl Fn(&Record) -> Option<u64>) -> Share {
    let mut counts = BTreeMap::<(usize, u64), usize>::new();
    for record in records {
        let group = groups.iter().position(|sizes| sizes.contains(&record.size));
        if let Some(key) = group.zip(number(record)) {
            *counts.entry(key).or_default() += 1;
        }
    }
    let mut largest: Vec<_> = counts.into_iter().collect();
    largest.sort_by_key(|&(key, count)| (Reverse(count), key));
    let (mut taken, mut named, mut part) = (BTreeSet::new(), BTreeSet::new(), 0);
    for ((group, number), count) in largest {
        if !taken.contains(&number) && !named.contains(&group) {
            taken.insert(number);
            named.insert(group);
            part += count;
        }
    }
    Share { part, of: BLOCKS * groups.iter().map(|sizes| sizes.len()).sum::<usize>() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(size: usize, number: Option<u64>) -> Record {
        Record { size, thread: number, task: number, name: None }
    }

    #[test]
    fn a_number_belongs_to_one_group() {
        let groups: [&[usize]; 2] = [&[1, 3], &[2]];
        let of = |records: &[Record]| grouped(records, &groups, |record| record.task);
        let right = [record(1, Some(7)), record(3, Some(7)), record(2, Some(8)), record(99, Some(9))];
        assert_eq!(of(&right), Share { part: 3, of: 150 });
        let lost = [record(1, Some(7)), record(3, None), record(2, Some(8))];
        assert_eq!(of(&lost).part, 2, "the outer scope is lost after the inner one");
        let all_last = [record(1, Some(8)), record(2, Some(8)), record(2, Some(8))];
        assert_eq!(of(&all_last).part, 2, "one number for all identifies one group");
        assert_eq!(of(&[]).part, 0);
    }

    #[test]
    fn a_name_is_right_only_for_its_own_block() {
        let named = |size, name: &str| Record { name: Some(name.to_owned()), ..record(size, None) };
        let [(first, size), (second, _), ..] = NAMES;
        assert_eq!(names(&[named(size, first), named(size, second), record(size, None)]).part, 1);
        assert_eq!(threads(&[record(THREAD_SIZES[0], None)]), None);
    }
}
