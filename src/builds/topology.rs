//! The shape of a history: what each commit is compared with, and which commit a bisection tries next.

use crate::builds::git::{Commit, GitError, Parents, Range, Repository, short};
use std::collections::HashMap;

/// The commits of a range, after those that it starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The commits. Each comes after its parents.
    pub commits: Vec<Commit>,
    /// For each commit, the place of the one that it is compared with; `None` for those that the range starts from.
    pub references: Vec<Option<usize>>,
    /// How many commits the range starts from.
    starts: usize,
    /// What the user should know of where the range starts, a line each.
    pub notes: Vec<String>,
}

/// Where the first commits of a range start from.
struct Starts<'a> {
    repository: &'a Repository,
    range: &'a Range,
    commits: Vec<Commit>,
    notes: Vec<String>,
}

impl History {
    /// Reads a range. Each commit is compared with its first parent.
    ///
    /// A commit without a parent in the range is compared with A of A..B, if A is in its history: the step is all that came
    /// after A. If A is on another branch, the commit's own first parent is added to what the range starts from.
    ///
    /// # Errors
    /// If it is no range, has no commits, or is cut off in a shallow clone.
    pub fn read(repository: &Repository, range: &str, parents: Parents) -> Result<Self, GitError> {
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
            // Side branches too decide on what is in whose history.
            repository.commits(&range, Parents::All)?;
        }
        let mut starts = Starts { repository, range: &range, commits: Vec::new(), notes: Vec::new() };
        let mut bases = HashMap::new();
        starts.compare_ends()?;
        for first in firsts {
            if let Some(base) = starts.of(first)? {
                bases.insert(first.hash.clone(), base);
            }
        }
        // A merge of what the range starts from is compared with that, too.
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

    /// Keeps every so many commits, with the last one and those that the range starts from. Each is compared with the nearest
    /// that is kept.
    #[must_use]
    pub fn every(self, step: usize) -> Self {
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
    /// Notes where the start of A..B is not in the history of its end.
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
        self.notes.push(format!("{} is not an ancestor of {}: {bases}", short(start), short(end)));
        Ok(())
    }

    /// The commit that a first one of the range is compared with, which is added to the starts.
    fn of(&mut self, first: &Commit) -> Result<Option<String>, GitError> {
        let parent = first.parents.first();
        if let [start] = self.range.starts.as_slice() {
            let (this, that) = (first.short(), short(start));
            if parent == Some(start) {
                return self.add(start).map(Some);
            }
            if self.repository.is_ancestor(start, &first.hash)? {
                self.notes.push(format!(
                    "{that} is not on the first-parent path to {}: the step to {this} is all that {this} has and {that} has not",
                    short(&self.range.end)
                ));
                return self.add(start).map(Some);
            }
            let with = parent.map_or("nothing".to_owned(), |parent| format!("its first parent, {}", short(parent)));
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

impl Parents {
    /// The parents of a commit that are followed.
    fn of(self, commit: &Commit) -> &[String] {
        match self {
            Self::First => &commit.parents[..commit.parents.len().min(1)],
            Self::All => &commit.parents,
        }
    }
}

fn places(commits: &[Commit]) -> HashMap<String, usize> {
    commits.iter().enumerate().map(|(place, commit)| (commit.hash.clone(), place)).collect()
}

/// The commits among which a bisection looks for the first bad one.
#[derive(Clone, Debug)]
pub struct Suspects {
    /// All of them, each after its parents; the last one is bad.
    commits: Vec<Commit>,
    /// For each, the places of its parents.
    parents: Vec<Vec<usize>>,
    /// Which of them may still be the first bad one.
    is_left: Vec<bool>,
    /// Which of them could not be judged.
    is_skipped: Vec<bool>,
    /// The earliest that is known to be bad.
    bad: usize,
}

impl Suspects {
    /// All commits that the bad one has and the good one has not, each after its parents, and the bad one last.
    ///
    /// # Panics
    /// If there are none.
    pub fn new(commits: Vec<Commit>, parents: Parents) -> Self {
        let places = places(&commits);
        let of = |commit| parents.of(commit).iter().filter_map(|parent| places.get(parent).copied()).collect();
        let parents = commits.iter().map(of).collect();
        let bad = commits.len().checked_sub(1).expect("the bad commit is among them");
        Self { parents, is_left: vec![true; commits.len()], is_skipped: vec![false; commits.len()], bad, commits }
    }

    /// The commit to judge next, by its place: as for `git bisect`, the one of which the outcome leaves the fewest suspects in
    /// the worse case. `None` if none is left that could be judged.
    pub fn next(&self) -> Option<usize> {
        let all = self.left().count();
        let fewest = |place: &usize| {
            let before = self.history(*place).filter(|&place| self.is_left[place]).count();
            before.min(all - before)
        };
        let untried = self.left().filter(|&place| place != self.bad && !self.is_skipped[place]);
        // Of equals, the oldest.
        untried.rev().max_by_key(fewest)
    }

    /// A commit, by its place.
    pub fn commit(&self, place: usize) -> &Commit {
        &self.commits[place]
    }

    /// Notes that a commit is good: so is all that it rests on.
    pub fn good(&mut self, place: usize) {
        for good in self.history(place).collect::<Vec<_>>() {
            self.is_left[good] = false;
        }
    }

    /// Notes that a commit is bad: the first bad one is this, or is what it rests on.
    pub fn bad(&mut self, place: usize) {
        let mut is_before = vec![false; self.commits.len()];
        self.history(place).for_each(|before| is_before[before] = true);
        self.is_left.iter_mut().zip(is_before).for_each(|(is_left, is_before)| *is_left &= is_before);
        self.bad = place;
    }

    /// Notes that a commit cannot be judged.
    pub fn skip(&mut self, place: usize) {
        self.is_skipped[place] = true;
    }

    /// The commits that may be the first bad one, each after its parents.
    pub fn remaining(&self) -> Vec<&Commit> {
        self.left().map(|place| &self.commits[place]).collect()
    }

    fn left(&self) -> impl DoubleEndedIterator<Item = usize> {
        (0..self.commits.len()).filter(|&place| self.is_left[place])
    }

    /// A commit and all before it among the commits.
    fn history(&self, place: usize) -> impl Iterator<Item = usize> {
        let mut is_seen = vec![false; self.commits.len()];
        is_seen[place] = true;
        let mut open = vec![place];
        std::iter::from_fn(move || {
            let place = open.pop()?;
            for &parent in &self.parents[place] {
                if !std::mem::replace(&mut is_seen[parent], true) {
                    open.push(parent);
                }
            }
            Some(place)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Commits with these parents, by their names.
    fn commits(shape: &[(&str, &[&str])]) -> Vec<Commit> {
        let of = |&(name, parents): &(&str, &[&str])| Commit {
            hash: name.to_owned(),
            subject: String::new(),
            parents: parents.iter().map(|&parent| parent.to_owned()).collect(),
        };
        shape.iter().map(of).collect()
    }

    /// A line of so many commits, of which the last is bad.
    fn line(length: usize) -> Suspects {
        let names: Vec<String> = (0..=length).map(|n| n.to_string()).collect();
        let commit =
            |n: usize| Commit { hash: names[n].clone(), subject: String::new(), parents: vec![names[n - 1].clone()] };
        Suspects::new((1..=length).map(commit).collect(), Parents::First)
    }

    /// The next commit of a line that comes after commit 0.
    fn next(suspects: &Suspects) -> Option<&str> {
        suspects.next().map(|place| suspects.commit(place).hash.as_str())
    }

    #[test]
    fn of_a_line_the_middle_is_tried_first_and_its_neighbours_next() {
        assert_eq!(next(&line(1)), None);
        let mut suspects = line(8);
        for (expected, after) in [("4", Some("3")), ("3", Some("5"))] {
            assert_eq!(next(&suspects), Some(expected));
            suspects.skip(suspects.next().expect("a commit"));
            assert_eq!(next(&suspects), after);
        }
        let mut suspects = line(2);
        suspects.skip(0);
        assert_eq!(next(&suspects), None);
        assert_eq!(suspects.remaining().len(), 2, "neither is known to be the first");
    }

    #[test]
    fn every_first_bad_commit_of_a_line_is_found() {
        for length in 1..20 {
            for first_bad in 0..length {
                let mut suspects = line(length);
                let mut steps = 0;
                while let Some(place) = suspects.next() {
                    if place >= first_bad {
                        suspects.bad(place)
                    } else {
                        suspects.good(place)
                    }
                    steps += 1;
                }
                assert_eq!(suspects.remaining()[0].hash, (first_bad + 1).to_string());
                assert_eq!(suspects.remaining().len(), 1);
                assert!(steps <= length.ilog2() + 1, "{steps} steps for {length}");
            }
        }
    }

    /// A branch of three beside a main line of one, and their merge.
    fn merged() -> Vec<Commit> {
        commits(&[("s1", &["base"]), ("s2", &["s1"]), ("s3", &["s2"]), ("m1", &["base"]), ("merge", &["m1", "s3"])])
    }

    #[test]
    fn all_parents_lead_into_a_branch_and_the_first_ones_past_it() {
        let mut suspects = Suspects::new(merged(), Parents::All);
        assert_eq!(next(&suspects), Some("s2"), "two of five are in its history");
        suspects.bad(suspects.next().expect("a commit"));
        assert_eq!(next(&suspects), Some("s1"));
        suspects.good(0);
        assert_eq!(suspects.remaining().iter().map(|commit| commit.hash.as_str()).collect::<Vec<_>>(), ["s2"]);

        let mut suspects = Suspects::new(merged(), Parents::All);
        suspects.good(2);
        suspects.good(3);
        assert_eq!(suspects.remaining()[0].hash, "merge", "what both branches lack");

        let line = merged().split_off(3);
        let suspects = Suspects::new(line, Parents::First);
        assert_eq!(next(&suspects), Some("m1"));
    }

    fn of_line(count: usize, starts: usize) -> History {
        let name = |n: usize| n.to_string();
        let commit = |n: usize| Commit { hash: name(n), subject: String::new(), parents: Vec::new() };
        let reference = |n: usize| if n < starts { None } else { n.checked_sub(1) };
        let references = (0..count).map(reference).collect();
        History { commits: (0..count).map(commit).collect(), references, starts, notes: Vec::new() }
    }

    #[test]
    fn the_first_and_the_last_are_always_there() {
        let kept = |history: History| history.commits.iter().map(|commit| commit.hash.clone()).collect::<Vec<_>>();
        assert_eq!(kept(of_line(8, 1).every(1)).len(), 8);
        assert_eq!(kept(of_line(8, 1).every(3)), ["0", "3", "6", "7"]);
        assert_eq!(kept(of_line(7, 1).every(3)), ["0", "3", "6"]);
        assert_eq!(kept(of_line(7, 0).every(3)), ["0", "3", "6"]);
        assert_eq!(kept(of_line(1, 0).every(3)), ["0"]);
        assert_eq!(of_line(8, 1).every(3).references, [None, Some(0), Some(1), Some(2)]);
        assert_eq!(kept(of_line(8, 2).every(3)), ["0", "1", "4", "7"]);
    }
}
