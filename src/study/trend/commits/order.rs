//! The order of the commits of a file, which needs no repository.

use super::super::differences::Difference;
use crate::platform::git::Commit;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Returns all commits, oldest first. A commit comes after those that it was compared with; otherwise dates decide.
/// Dates alone are not enough: dates of rebased commits may be the same, or run backwards.
pub(super) fn commits(differences: &[Difference]) -> Vec<Commit> {
    let mut commits: BTreeMap<&str, &Commit> = BTreeMap::new();
    let mut earlier: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for Difference { commit, against, .. } in differences {
        commits.insert(&commit.hash, commit);
        commits.insert(&against.hash, against);
        if commit.hash != against.hash {
            earlier.entry(&commit.hash).or_default().insert(&against.hash);
        }
    }
    let mut waiting: BTreeSet<(DateTime<Utc>, &str)> =
        commits.values().map(|commit| (commit.date, commit.hash.as_str())).collect();
    let mut ordered = Vec::with_capacity(commits.len());
    while let Some(&oldest) = waiting.first() {
        let is_free = |hash: &str| earlier.get(hash).is_none_or(BTreeSet::is_empty);
        // Commits that were each compared with the other have no order, so dates decide.
        let next = waiting.iter().copied().find(|(_, hash)| is_free(hash)).unwrap_or(oldest);
        waiting.remove(&next);
        earlier.remove(next.1);
        earlier.values_mut().for_each(|others| _ = others.remove(next.1));
        ordered.push(commits[next.1].clone());
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::super::super::differences::tests::{commit, line};
    use super::*;

    fn order(differences: &[Difference]) -> String {
        commits(differences).iter().map(|commit| &commit.hash[..1]).collect()
    }

    #[test]
    fn commits_follow_those_that_they_were_compared_with() {
        assert_eq!(order(&[line("c", "b", 0.0), line("b", "a", 0.0), line("e", "d", 0.0)]), "abcde");
        // The dates of "a" and "b" run backwards.
        assert_eq!(order(&[line("c", "a", 0.0), line("a", "b", 0.0)]), "bac");
        assert_eq!(order(&[]), "");
    }

    #[test]
    fn dates_decide_where_comparisons_do_not() {
        let mut second = line("b", "a", 0.0);
        second.commit.date = commit("z").date;
        assert_eq!(order(&[second, line("d", "c", 0.0)]), "acdb");
        assert_eq!(order(&[line("b", "a", 0.0), line("a", "b", 0.0)]), "ab", "a cycle has no order");
    }
}
