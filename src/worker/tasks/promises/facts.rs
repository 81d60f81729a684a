//! Facts: statements about a planted program and about memscope's reports of it, as sentences that can be compared.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A fact, in words. Two facts are equal if their words are.
pub type Fact = String;

/// The facts of a promise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Facts of a right report.
    pub expected: Vec<Fact>,
    /// Facts of the report.
    pub reported: Vec<Fact>,
}

/// The reported facts, compared with the expected ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// Expected facts that are reported.
    pub true_positives: u64,
    /// Expected facts that are not reported: false negatives.
    pub missed: Vec<Fact>,
    /// Reported facts that are not expected: false positives.
    pub invented: Vec<Fact>,
}

impl Facts {
    /// Compares the facts. A fact that is reported more often than expected counts as invented for the excess.
    pub fn compare(&self) -> Compared {
        let mut open = BTreeMap::<&Fact, usize>::new();
        for fact in &self.expected {
            *open.entry(fact).or_default() += 1;
        }
        let mut compared = Compared::default();
        for fact in &self.reported {
            match open.get_mut(fact) {
                Some(left) if *left > 0 => {
                    *left -= 1;
                    compared.true_positives += 1;
                }
                _ => compared.invented.push(fact.clone()),
            }
        }
        // In the order in which they are expected.
        for fact in &self.expected {
            if let Some(left) = open.get_mut(fact).filter(|left| **left > 0) {
                *left -= 1;
                compared.missed.push(fact.clone());
            }
        }
        compared
    }
}

impl Compared {
    /// Returns whether the report is right and complete.
    pub const fn is_perfect(&self) -> bool {
        self.missed.is_empty() && self.invented.is_empty()
    }
}

/// Returns facts that are equal for equal groups: a fact for each pair within a group.
///
/// Pairs compare groups independently of their names, like the Rand index.
pub(super) fn pairs<'m>(groups: impl IntoIterator<Item = Vec<&'m str>>, words: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    for mut group in groups {
        group.sort_unstable();
        group.dedup();
        for (place, one) in group.iter().enumerate() {
            facts.extend(group[place + 1..].iter().map(|other| format!("{one} and {other} {words}")));
        }
    }
    facts
}

/// Returns groups of members with the same key.
pub(super) fn grouped<'m, K: Ord>(members: impl IntoIterator<Item = (K, &'m str)>) -> Vec<Vec<&'m str>> {
    let mut groups = BTreeMap::<K, Vec<&str>>::new();
    for (key, member) in members {
        groups.entry(key).or_default().push(member);
    }
    groups.into_values().collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Checks that a judge accepts a right report, and that it notices each mutation: an entry that is dropped, one
    /// that is added, and each change to each entry.
    pub(in super::super) fn notices_every_mutation<T: Clone>(
        judge: impl Fn(&[T]) -> Facts,
        right: &[T],
        added: &T,
        changes: &[fn(&mut T)],
    ) {
        let compared = judge(right).compare();
        assert!(compared.is_perfect() && compared.true_positives > 0, "a right report: {compared:?}");
        let noticed = |report: &[T], mutation: &str| {
            assert!(!judge(report).compare().is_perfect(), "not noticed: {mutation}");
        };
        for place in 0..right.len() {
            let mut dropped = right.to_vec();
            dropped.remove(place);
            noticed(&dropped, &format!("entry {place} is dropped"));
            for (number, change) in changes.iter().enumerate() {
                let mut changed = right.to_vec();
                change(&mut changed[place]);
                noticed(&changed, &format!("change {number} to entry {place}"));
            }
        }
        noticed(&[right, std::slice::from_ref(added)].concat(), "an entry is added");
    }

    fn facts(expected: &[&str], reported: &[&str]) -> Compared {
        let owned = |facts: &[&str]| facts.iter().map(ToString::to_string).collect();
        Facts { expected: owned(expected), reported: owned(reported) }.compare()
    }

    #[test]
    fn each_fact_counts_as_often_as_it_is_expected() {
        let compared = facts(&["a", "a", "b", "c"], &["a", "c", "c", "d"]);
        assert_eq!(compared.true_positives, 2);
        assert_eq!(compared.missed, ["a", "b"]);
        assert_eq!(compared.invented, ["c", "d"]);
        assert!(facts(&[], &[]).is_perfect());
        assert!(facts(&["a", "b"], &["b", "a"]).is_perfect(), "the order does not matter");
    }

    #[test]
    fn groups_are_compared_by_their_pairs() {
        let groups = grouped([(1, "a"), (2, "b"), (1, "c"), (1, "d")]);
        assert_eq!(groups, [vec!["a", "c", "d"], vec!["b"]]);
        assert_eq!(pairs(groups, "share"), ["a and c share", "a and d share", "c and d share"]);
        assert_eq!(pairs([vec!["b", "a", "b"]], "share"), ["a and b share"]);
    }
}
