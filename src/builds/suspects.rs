//! The search for the first bad commit, with the method of `git bisect`.

use crate::builds::history::places;
use crate::builds::repository::Parents;
use crate::platform::git::Commit;

/// The commits that may be the first bad one.
#[derive(Clone, Debug)]
pub(crate) struct Suspects {
    /// All commits, each after its parents; the last one is bad.
    commits: Vec<Commit>,
    /// The indexes of the parents of each commit.
    parents: Vec<Vec<usize>>,
    /// True for commits that may still be the first bad one.
    is_left: Vec<bool>,
    /// True for commits that could not be judged.
    is_skipped: Vec<bool>,
    /// The index of the earliest commit known to be bad.
    bad: usize,
}

impl Suspects {
    /// Returns the search over all commits in the history of the bad one and not of the good one, each after its
    /// parents, the bad one last.
    ///
    /// # Panics
    /// If there are none.
    pub(crate) fn new(commits: Vec<Commit>, parents: Parents) -> Self {
        let places = places(&commits);
        let of = |commit| parents.of(commit).iter().filter_map(|parent| places.get(parent).copied()).collect();
        let parents = commits.iter().map(of).collect();
        let bad = commits.len().checked_sub(1).expect("the bad commit is among them");
        Self { parents, is_left: vec![true; commits.len()], is_skipped: vec![false; commits.len()], bad, commits }
    }

    /// Returns the index of the commit to judge next: as in `git bisect`, the one whose outcome leaves the fewest
    /// suspects in the worse case. `None` if no commit is left that could be judged.
    pub(crate) fn next(&self) -> Option<usize> {
        let all = self.left().count();
        let fewest = |place: &usize| {
            let before = self.history(*place).filter(|&place| self.is_left[place]).count();
            before.min(all - before)
        };
        let untried = self.left().filter(|&place| place != self.bad && !self.is_skipped[place]);
        // Of equal commits, the oldest.
        untried.rev().max_by_key(fewest)
    }

    /// Returns a commit by its index.
    pub(crate) fn commit(&self, place: usize) -> &Commit {
        &self.commits[place]
    }

    /// Marks a commit and its whole history as good.
    pub(crate) fn good(&mut self, place: usize) {
        for good in self.history(place).collect::<Vec<_>>() {
            self.is_left[good] = false;
        }
    }

    /// Marks a commit as bad: the first bad one is this one or one of its ancestors.
    pub(crate) fn bad(&mut self, place: usize) {
        let mut is_before = vec![false; self.commits.len()];
        self.history(place).for_each(|before| is_before[before] = true);
        self.is_left.iter_mut().zip(is_before).for_each(|(is_left, is_before)| *is_left &= is_before);
        self.bad = place;
    }

    /// Marks a commit that cannot be judged.
    pub(crate) fn skip(&mut self, place: usize) {
        self.is_skipped[place] = true;
    }

    /// Returns the commits that may be the first bad one, each after its parents.
    pub(crate) fn remaining(&self) -> Vec<&Commit> {
        self.left().map(|place| &self.commits[place]).collect()
    }

    fn left(&self) -> impl DoubleEndedIterator<Item = usize> {
        (0..self.commits.len()).filter(|&place| self.is_left[place])
    }

    /// Returns the indexes of a commit and of its history among the commits.
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
    use crate::builds::commit;

    /// Returns commits with these parents, by their names.
    fn commits(shape: &[(&str, &[&str])]) -> Vec<Commit> {
        shape.iter().map(|&(name, parents)| commit(name, parents)).collect()
    }

    /// Returns a line of this many commits, the last of which is bad.
    fn line(length: usize) -> Suspects {
        let names: Vec<String> = (0..=length).map(|n| n.to_string()).collect();
        let commit = |n: usize| commit(&names[n], &[&names[n - 1]]);
        Suspects::new((1..=length).map(commit).collect(), Parents::First)
    }

    /// Returns the next commit of a line that comes after commit 0.
    fn next(suspects: &Suspects) -> Option<&str> {
        suspects.next().map(|place| suspects.commit(place).hash.as_str())
    }

    #[test]
    fn the_middle_of_a_line_is_tried_first_and_then_its_neighbours() {
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

    /// Returns a branch of three commits next to a main line of one, and their merge.
    fn merged() -> Vec<Commit> {
        commits(&[("s1", &["base"]), ("s2", &["s1"]), ("s3", &["s2"]), ("m1", &["base"]), ("merge", &["m1", "s3"])])
    }

    #[test]
    fn all_parents_enter_a_branch_and_first_parents_skip_it() {
        let mut suspects = Suspects::new(merged(), Parents::All);
        assert_eq!(next(&suspects), Some("s2"), "two of five are in its history");
        suspects.bad(suspects.next().expect("a commit"));
        assert_eq!(next(&suspects), Some("s1"));
        suspects.good(0);
        assert_eq!(suspects.remaining().iter().map(|commit| commit.hash.as_str()).collect::<Vec<_>>(), ["s2"]);

        let mut suspects = Suspects::new(merged(), Parents::All);
        suspects.good(2);
        suspects.good(3);
        assert_eq!(suspects.remaining()[0].hash, "merge", "both branches are good");

        let line = merged().split_off(3);
        let suspects = Suspects::new(line, Parents::First);
        assert_eq!(next(&suspects), Some("m1"));
    }
}
