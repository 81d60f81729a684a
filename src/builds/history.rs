//! A range of commits as a history: each commit with its reference.

use crate::builds::repository::{Parents, Range, Repository};
use crate::platform::git::{Commit, GitError, abbreviate};
use std::collections::HashMap;

/// The commits of a range, after its starting commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct History {
    /// The commits. Each comes after its parents.
    pub commits: Vec<Commit>,
    /// The index of each commit's reference; `None` for the range's starting commits.
    pub references: Vec<Option<usize>>,
    /// The number of starting commits.
    starts: usize,
    /// Notes for the user about the start of the range, a line each.
    pub notes: Vec<String>,
}

/// The starting commits of a range while they are collected.
struct Starts<'a> {
    repository: &'a Repository,
    range: &'a Range,
    commits: Vec<Commit>,
    notes: Vec<String>,
}

impl History {
    /// Reads a range. The reference of each commit is its first parent.
    ///
    /// A commit without a parent in the range is compared with A of A..B, if A is its ancestor: the step then covers
    /// everything after A. If A is on another branch, the commit's own first parent becomes another start.
    ///
    /// # Errors
    /// If it is not a range, has no commits, or is cut off by a shallow clone.
    pub(crate) fn read(repository: &Repository, range: &str, parents: Parents) -> Result<Self, GitError> {
        let range = repository.range(range)?;
        let listed = repository.commits(&range, parents)?;
        let places = places(&listed);
        let firsts: Vec<&Commit> = listed
            .iter()
            .filter(|commit| parents.of(commit).iter().all(|parent| !places.contains_key(parent)))
            .collect();

        let starts_beside =
            firsts.iter().any(|first| !range.starts.iter().all(|start| first.parents.first() == Some(start)));
        if starts_beside && parents == Parents::First {
            // Side branches also decide which commits are ancestors of which.
            repository.commits(&range, Parents::All)?;
        }
        let mut starts = Starts { repository, range: &range, commits: Vec::new(), notes: Vec::new() };
        let mut bases = HashMap::new();
        starts.compare_ends()?;
        for first in firsts {
            if let Some(base) = starts.base_of(first)? {
                bases.insert(first.hash.clone(), base);
            }
        }
        // A merge of the start itself is compared with the start.
        if let [start] = range.starts.as_slice()
            && listed.iter().any(|commit| parents.of(commit).contains(start))
        {
            starts.add(start)?;
        }

        let Starts { commits: starts, notes, .. } = starts;
        let count = starts.len();
        let commits: Vec<Commit> = starts.into_iter().chain(listed).collect();
        let places = self::places(&commits);
        let reference = |commit: &Commit| match bases.get(&commit.hash) {
            Some(base) => places.get(base).copied(),
            None => parents.of(commit).iter().find_map(|parent| places.get(parent).copied()),
        };
        let references = commits
            .iter()
            .enumerate()
            .map(|(place, commit)| if place < count { None } else { reference(commit) })
            .collect();
        Ok(Self { commits, references, starts: count, notes })
    }

    /// Keeps every `step`-th commit, the last one, and the starting commits. Each is compared with the nearest earlier
    /// one that is kept.
    #[must_use]
    pub(crate) fn every(self, step: usize) -> Self {
        let last = self.commits.len().saturating_sub(1);
        let from = self.starts.saturating_sub(1);
        let is_kept = |place: usize| place < self.starts || (place - from).is_multiple_of(step) || place == last;
        let kept: Vec<usize> = (0..self.commits.len()).filter(|&place| is_kept(place)).collect();
        let reference = |&place: &usize| {
            let earlier = std::iter::successors(self.references[place], |&earlier| self.references[earlier]);
            earlier.filter_map(|earlier| kept.binary_search(&earlier).ok()).next()
        };
        Self {
            references: kept.iter().map(reference).collect(),
            commits: kept.iter().map(|&place| self.commits[place].clone()).collect(),
            ..self
        }
    }
}

impl Starts<'_> {
    /// Adds a note if the start of A..B is not an ancestor of its end.
    fn compare_ends(&mut self) -> Result<(), GitError> {
        let [start] = self.range.starts.as_slice() else { return Ok(()) };
        let end = &self.range.end;
        if self.repository.is_ancestor(start, end)? {
            return Ok(());
        }
        let bases = self.repository.merge_bases(start, end)?;
        let bases = bases.iter().map(Commit::short).collect::<Vec<_>>().join(", ");
        let bases = if bases.is_empty() {
            "they have no merge base".to_owned()
        } else {
            format!("their merge base is {bases}")
        };
        self.notes.push(format!("{} is not an ancestor of {}: {bases}", abbreviate(start), abbreviate(end)));
        Ok(())
    }

    /// Returns the reference of a first commit of the range, and adds it to the starts.
    fn base_of(&mut self, first: &Commit) -> Result<Option<String>, GitError> {
        let parent = first.parents.first();
        if let [start] = self.range.starts.as_slice() {
            let (this, that) = (first.short(), abbreviate(start));
            if parent == Some(start) {
                return self.add(start).map(Some);
            }
            if self.repository.is_ancestor(start, &first.hash)? {
                self.notes.push(format!(
                    "{that} is not on the first-parent path to {}: the step to {this} is everything in {this} and not \
                     in {that}",
                    abbreviate(&self.range.end)
                ));
                return self.add(start).map(Some);
            }
            let with =
                parent.map_or("nothing".to_owned(), |parent| format!("its first parent, {}", abbreviate(parent)));
            self.notes.push(format!("{that} is not in the history of {this}, which is compared with {with}"));
        }
        parent.map(|parent| self.add(parent)).transpose()
    }

    fn add(&mut self, hash: &str) -> Result<String, GitError> {
        if !self.commits.iter().any(|commit| commit.hash == hash) {
            self.commits.push(self.repository.commit(hash)?);
        }
        Ok(hash.to_owned())
    }
}

/// Returns the index of each commit by its hash.
pub(super) fn places(commits: &[Commit]) -> HashMap<String, usize> {
    commits.iter().enumerate().map(|(place, commit)| (commit.hash.clone(), place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builds::commit;

    fn line(count: usize, starts: usize) -> History {
        let name = |n: usize| n.to_string();
        let commit = |n: usize| commit(&name(n), &[]);
        let reference = |n: usize| if n < starts { None } else { n.checked_sub(1) };
        let references = (0..count).map(reference).collect();
        History { commits: (0..count).map(commit).collect(), references, starts, notes: Vec::new() }
    }

    #[test]
    fn a_thinned_history_keeps_its_first_and_last_commit() {
        let kept = |history: History| history.commits.iter().map(|commit| commit.hash.clone()).collect::<Vec<_>>();
        assert_eq!(kept(line(8, 1).every(1)).len(), 8);
        assert_eq!(kept(line(8, 1).every(3)), ["0", "3", "6", "7"]);
        assert_eq!(kept(line(7, 1).every(3)), ["0", "3", "6"]);
        assert_eq!(kept(line(7, 0).every(3)), ["0", "3", "6"]);
        assert_eq!(kept(line(1, 0).every(3)), ["0"]);
        assert_eq!(line(8, 1).every(3).references, [None, Some(0), Some(1), Some(2)]);
        assert_eq!(kept(line(8, 2).every(3)), ["0", "1", "4", "7"]);
    }
}
