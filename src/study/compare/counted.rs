//! The counts of a comparison's builds, and their differences from their references.

use crate::platform::console;
use crate::schedule::journal::{Entry, Journal, JournalError};
use crate::study::compare::{Against, Plan};
use crate::study::counts::{Counter, Counts, Difference, Metric, Scope, differences};
use crate::study::instructions::CountingError;
use crate::tracking::Level;
use crate::worker::launcher::Launcher;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// The difference of one build's counts from its reference's, on one workload at one level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CountDifference {
    /// The build, by its index in the run.
    pub build: usize,
    /// The reference, by its index in the run.
    pub reference: usize,
    /// The workload, the level, and the change of each metric.
    #[serde(flatten)]
    pub difference: Difference,
}

/// Returns the differences between builds' counts on each workload and level. A build that failed there is not
/// compared, and is not used as a reference.
pub(super) fn count_differences(
    builds: &[&[Counts]],
    against: &Against,
    groups: &[(Workload, Level)],
) -> Vec<CountDifference> {
    let mut found = Vec::new();
    for &(workload, level) in groups {
        let of_group = |counts: &&Counts| (counts.workload, counts.level) == (workload, level);
        let mut before: Vec<(usize, &Counts)> = Vec::new();
        for (build, counts) in builds.iter().enumerate() {
            let Some(of) = counts.iter().find(|counts| of_group(counts) && counts.failure.is_none()) else { continue };
            let known: Vec<usize> = before.iter().map(|(build, _)| *build).collect();
            if let Some((reference, to)) = against.reference(build, &known).map(|place| before[place]) {
                let difference = differences(std::slice::from_ref(to), std::slice::from_ref(of));
                found.extend(difference.into_iter().map(|difference| CountDifference { build, reference, difference }));
            }
            before.push((build, of));
        }
    }
    found
}

/// An entry of a comparison's journal.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// An entry of its rounds.
    Rounds(Entry),
    /// An entry of its counts.
    Counts(Counted),
}

/// An entry of a comparison's journal for its counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "entry")]
pub enum Counted {
    /// A workload of a build was counted.
    Counted {
        /// The build, by its index in the run.
        build: usize,
        /// The workload.
        workload: Workload,
        /// Its counts at each level.
        counts: Vec<Counts>,
    },
}

/// Separates the entries of counts from those of rounds.
pub fn apart(lines: Vec<Line>) -> (Vec<Counted>, Vec<Entry>) {
    let (mut counted, mut entries) = (Vec::new(), Vec::new());
    for line in lines {
        match line {
            Line::Counts(entry) => counted.push(entry),
            Line::Rounds(entry) => entries.push(entry),
        }
    }
    (counted, entries)
}

impl Plan {
    /// Returns the scope of the counts of each build.
    pub fn scope(&self) -> Scope {
        Scope {
            workloads: self.workloads.clone(),
            levels: self.levels.iter().copied().filter(|&level| level != Level::Untracked).collect(),
            scale: self.scale,
            part: 1.0,
            threads: self.threads,
            metrics: Metric::ALL.to_vec(),
        }
    }

    /// Counts the builds, workload by workload, and appends each to a journal; continues from its entries. A build
    /// without a program is not counted. `progress` is called after each step, with the number of finished steps.
    ///
    /// # Errors
    /// If callgrind cannot be used, or the journal cannot be written.
    pub fn count<E: From<CountingError> + From<JournalError>>(
        &self,
        builds: &[Option<&Launcher>],
        journal: &mut Journal,
        known: &[Counted],
        mut progress: impl FnMut(Workload, Level, usize),
    ) -> Result<Vec<Vec<Counts>>, E> {
        let scope = self.scope();
        let mut done = 0;
        let mut all = Vec::with_capacity(builds.len());
        for (build, launcher) in builds.iter().enumerate() {
            let mut of_build = Vec::new();
            if let Some(launcher) = launcher {
                let mut counter = None;
                for &workload in &scope.workloads {
                    let end = done + scope.steps_of(workload);
                    let counts = match find(known, build, workload) {
                        Some(counts) => counts.to_vec(),
                        None => {
                            let counter = match &counter {
                                Some(counter) => counter,
                                None => counter.insert(Counter::new(launcher, &scope)?),
                            };
                            let counts = counter.count(workload, |workload, level| {
                                done += 1;
                                progress(workload, level, done);
                            });
                            journal.append(&Counted::Counted { build, workload, counts: counts.clone() })?;
                            counts
                        }
                    };
                    done = end;
                    for failed in &counts {
                        if let Some(failure) = &failed.failure {
                            let name = &self.builds[build].0;
                            console::complain(format_args!(
                                "{name}: {workload}/{} not counted: {failure}",
                                failed.level
                            ));
                        }
                    }
                    of_build.extend(counts);
                }
            }
            all.push(of_build);
        }
        Ok(all)
    }
}

/// Returns the counts of a build's workload, if the journal has them.
fn find(known: &[Counted], build: usize, workload: Workload) -> Option<&[Counts]> {
    known.iter().find_map(|Counted::Counted { build: of, workload: what, counts }| {
        ((*of, *what) == (build, workload)).then_some(counts.as_slice())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::counts::{Judgement, Runs};
    use crate::worker::failure::Failure;

    fn counts(instructions: u64) -> Counts {
        Counts {
            workload: Workload::CYCLES,
            level: Level::Full,
            scale: 1.0,
            seed: 1,
            threads: 1,
            allocations: Some(10),
            failure: None,
            untracked: Runs::default(),
            tracked: Runs { instructions: vec![instructions; 2], ..Runs::default() },
        }
    }

    #[test]
    fn counts_have_the_same_references_as_times() {
        let failed = Counts { failure: Some(Failure::TimedOut { seconds: 1 }), ..counts(7) };
        let builds = [vec![counts(1_000_000)], vec![failed], vec![], vec![counts(1_020_000)], vec![counts(1_010_000)]];
        let builds: Vec<&[Counts]> = builds.iter().map(Vec::as_slice).collect();
        let of = |against: Against| {
            let found = count_differences(&builds, &against, &[(Workload::CYCLES, Level::Full)]);
            let ends = found.iter().map(|found| {
                let change = found.difference.change(Metric::Instructions).expect("each has one");
                (found.build, found.reference, change.judgement)
            });
            ends.collect::<Vec<_>>()
        };
        assert_eq!(of(Against::First), [(3, 0, Judgement::Worse), (4, 0, Judgement::Worse)]);
        assert_eq!(of(Against::Previous), [(3, 0, Judgement::Worse), (4, 3, Judgement::Better)]);
        let parents = Against::Each(vec![None, Some(0), None, Some(1), None]);
        assert_eq!(of(parents), [(3, 0, Judgement::Worse)], "the parent failed, so its own parent is the reference");
    }

    #[test]
    fn a_journal_has_counts_and_rounds() {
        let counted = Counted::Counted { build: 1, workload: Workload::CYCLES, counts: vec![counts(5)] };
        let entry = Entry::Closed { group: 3, pass: 1 };
        let lines = [serde_json::to_string(&entry), serde_json::to_string(&counted)];
        let lines: Vec<Line> =
            lines.map(|line| serde_json::from_str(&line.expect("plain data")).expect("an entry")).to_vec();
        let (known, entries) = apart(lines);
        assert_eq!((known.as_slice(), entries.as_slice()), (&[counted][..], &[entry][..]));
        assert_eq!(find(&known, 1, Workload::CYCLES), Some(&[counts(5)][..]));
        assert_eq!((find(&known, 0, Workload::CYCLES), find(&known, 1, Workload::LEAKS)), (None, None));
    }
}
