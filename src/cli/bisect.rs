//! `memscope-bench bisect`: the search for the first commit that costs as much as the bad one.

mod explained;
mod judge;

use crate::builds::outcome::NotBuilt;
use crate::builds::{Parents, Range, Repository, ResolvedBuild, Suspects, check_commit};
use crate::cli::Error;
use crate::cli::arguments::{LimitArguments, compared, not_negative};
use crate::cli::builds::{BuildCacheArguments, CheckedProgram, LinkArguments, Linking, about};
use crate::platform::console;
use crate::platform::git::{Commit, GitError};
use crate::schedule::measurement::Clock;
use crate::study::compare::Leaning;
use crate::study::counts::Metric;
use crate::tracking::Level;
use crate::worker::failure::Failure;
use crate::worker::probe::Request;
use crate::workloads::{Scale, Workload, pools};
use clap::Args;
use judge::Judge;
use std::path::PathBuf;

/// Prints a line with its control characters escaped, because parts of it come from outside.
macro_rules! say {
    ($($line:tt)*) => { console::print(format_args!($($line)*)) };
}

#[derive(Debug, Args)]
#[command(mut_arg("time_limit", |limit| limit.default_value("10")))]
pub(super) struct Arguments {
    /// The clone of memscope-rs, which is only read
    #[arg(long, value_name = "DIR")]
    repository: PathBuf,
    /// A commit before the slow-down. If it is on another branch, its merge base with the bad commit is judged first
    #[arg(long, value_name = "REVISION")]
    good: String,
    /// A later commit with the slow-down
    #[arg(long, value_name = "REVISION")]
    bad: String,
    /// Search merged branches too, not only first parents
    #[arg(long)]
    all_parents: bool,
    /// The workload that shows the difference
    #[arg(long)]
    workload: Workload,
    /// The level that shows the difference
    #[arg(long, value_name = "LEVEL", default_value = "full", value_parser = compared)]
    tracking: Level,
    /// Decide each step by counts instead of time, which works on any machine: three runs of each commit under
    /// valgrind, or six for page faults. The default metric is instructions
    #[arg(long, value_enum, value_name = "METRIC", num_args = 0..=1, default_missing_value = "instructions")]
    #[arg(conflicts_with_all = ["clock", "rounds", "links"])]
    counts: Option<Metric>,
    /// The smallest slow-down to search for, in percent [default: 3; with --counts, the difference between equal
    /// builds]
    #[arg(long, value_name = "PERCENT", value_parser = not_negative)]
    threshold: Option<f64>,
    /// The clock to compare
    #[arg(long, value_enum, default_value_t)]
    clock: Clock,
    /// The maximum number of rounds per decision
    #[arg(long, default_value_t = 1_200, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(20..))]
    rounds: u32,
    /// The scale: a factor on the outer counts of the workload [default: its short scale]
    #[arg(long)]
    scale: Option<Scale>,
    #[command(flatten)]
    links: LinkArguments,
    #[command(flatten)]
    building: BuildCacheArguments,
    #[command(flatten)]
    limits: LimitArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let judge = &Judge::new(arguments)?;
    let repository = Repository::at(&arguments.repository)?;
    repository.check_clean()?;
    let first = &repository.commit(&arguments.good)?;
    let last = &repository.commit(&arguments.bad)?;
    let merge_bases = merge_bases(&repository, first, last)?;
    let parents = if arguments.all_parents { Parents::All } else { Parents::First };
    let between = Range::between(first, last);
    let commits = repository.commits(&between, parents)?;
    let is_beside = commits[0].parents.first() != Some(&first.hash);
    if is_beside {
        // Side branches also decide which commits are ancestors of which, so the clone must contain them completely.
        repository.commits(&between, Parents::All)?;
    }
    repository.check_files(&[&merge_bases, std::slice::from_ref(first), &commits].concat())?;
    for end in [first, last] {
        check_commit(&format!("{}@{}", arguments.repository.display(), end.short()), &repository, end)?;
    }
    say!("{} commits between {} and {}", commits.len() - 1, described(first), described(last));
    for base in &merge_bases {
        say!(
            "{} is not an ancestor of {}: their merge base is judged first: {}",
            first.short(),
            last.short(),
            described(base)
        );
    }
    if merge_bases.is_empty() && is_beside && parents == Parents::First {
        say!("{} is not on the first-parent path to {}", first.short(), last.short());
    }

    // The order of functions affects only their cache misses, which decide nothing.
    let linking = &if arguments.counts.is_some() { Linking::single() } else { Linking::from(arguments.links) };
    let end = |commit| {
        check_reader()?;
        arguments.build(commit, linking)?.map_err(|failed| Error::Other(failed.why))
    };
    // If the good one was not built, the bad one is not needed.
    let good = end(first)?;
    let bad = end(last)?;
    let ends = judge.of_ends([&good, &bad]).map_err(|failure| failed(&[first, last], failure))?;
    if ends.leaning != Leaning::Bad {
        let (bad, good) = (&arguments.bad, &arguments.good);
        let found = format!("{bad} is not shown to {} {good}: {}", judge.requirement(), ends.described());
        return Err(match ends.leaning {
            Leaning::Unsure => Error::CannotTell(format!("{found}; more measurements may show it")),
            Leaning::Good | Leaning::Bad => Error::Other(format!("{found}; nothing to search for")),
        });
    }
    say!("bad: {}: {}", described(last), ends.described());

    let suspects = Suspects::new(commits, parents);
    let evidence = ends.ratio;
    let mut search = Search { arguments, judge, linking, ends: [first, last], good: &good, bad: &bad, evidence };
    for base in &merge_bases {
        search.judge_base(base)?;
    }
    search.run(suspects)
}

/// Returns the commits that must be good for the search to end, if the good commit is not an ancestor of the bad one.
/// Follows the rules of `git bisect`.
fn merge_bases(repository: &Repository, good: &Commit, bad: &Commit) -> Result<Vec<Commit>, GitError> {
    if good == bad {
        return Err(GitError::Same(good.short().to_owned()));
    }
    if repository.is_ancestor(&good.hash, &bad.hash)? {
        return Ok(Vec::new());
    }
    let bases = repository.merge_bases(&good.hash, &bad.hash)?;
    let [good, bad] = [good, bad].map(|commit| commit.short().to_owned());
    match bases.as_slice() {
        [] => Err(GitError::Unrelated { good, bad }),
        [base] if base.short() == bad => Err(GitError::Swapped { good, bad }),
        _ => Ok(bases),
    }
}

/// The search between a good and a bad commit.
struct Search<'a> {
    arguments: &'a Arguments,
    judge: &'a Judge<'a>,
    linking: &'a Linking,
    /// The good and the bad commit.
    ends: [&'a Commit; 2],
    good: &'a CheckedProgram,
    bad: &'a CheckedProgram,
    /// The ratio of the earliest known bad commit to the good one.
    evidence: String,
}

impl Search<'_> {
    /// Judges a merge base of the two ends: the first bad commit must come after it.
    fn judge_base(&mut self, base: &Commit) -> Result<(), Error> {
        let [good, bad] = self.ends;
        match self.judge(base)? {
            Some(Leaning::Good) => Ok(()),
            Some(Leaning::Bad) => Err(Error::Other(format!(
                "the merge base {} is bad: the cause was fixed between it and {}, so no commit after it is the first \
                 bad one",
                described(base),
                described(good)
            ))),
            Some(Leaning::Unsure) | None => {
                console::complain(format_args!(
                    "the merge base {} could not be judged: the first bad commit may be before it instead of between \
                     it and {}",
                    described(base),
                    described(bad)
                ));
                Ok(())
            }
        }
    }

    fn run(&mut self, mut suspects: Suspects) -> Result<(), Error> {
        while let Some(place) = suspects.next() {
            self.report_left(suspects.remaining().len());
            match self.judge(suspects.commit(place))? {
                Some(Leaning::Good) => suspects.good(place),
                Some(Leaning::Bad) => suspects.bad(place),
                Some(Leaning::Unsure) | None => suspects.skip(place),
            }
        }
        match suspects.remaining().as_slice() {
            [first] => {
                say!(
                    "\nThe first bad commit: {}\n{}/{}: {} × the {} of {}",
                    described_whole(first),
                    self.arguments.workload,
                    self.arguments.tracking,
                    self.evidence,
                    self.judge.figure(),
                    described(self.ends[0])
                );
                if first.parents.len() > 1 && !self.arguments.all_parents {
                    say!("It is a merge: --all-parents searches the commits that it merged");
                }
                // The functions are an addition; the answer must have been read.
                if !console::is_open() {
                    return Err(unread());
                }
                say!("{}", self.explained(first));
                Ok(())
            }
            several => {
                say!("\nThe first bad commit is one of these; those before the last could not be judged:");
                several.iter().for_each(|commit| say!("  {}", described_whole(commit)));
                let count = several.len();
                Err(Error::CannotTell(format!(
                    "the first bad commit is one of {count}: those before the last could not be judged"
                )))
            }
        }
    }

    /// Reports on stderr the number of remaining steps, if every commit can be judged.
    fn report_left(&self, suspects: usize) {
        let steps = suspects.next_power_of_two().ilog2();
        let time = self.arguments.building.usual_build().map(|build| about(build * steps));
        let time = time.map_or(String::new(), |time| format!(", {time} to build"));
        console::complain(format_args!("{suspects} suspects: about {steps} commits to judge{time}"));
    }

    /// Returns the side of a commit; `None` if it cannot be built or measured.
    ///
    /// # Errors
    /// If one of the ends fails, the system prevents the measurement, or nobody reads the answer.
    fn judge(&mut self, commit: &Commit) -> Result<Option<Leaning>, Error> {
        check_reader()?;
        let program = match self.arguments.build(commit, self.linking)? {
            Ok(program) => program,
            Err(failed) => {
                say!("skipped: {}: {}", described(commit), failed.outcome.label());
                return Ok(None);
            }
        };
        match self.judge.between([self.good, self.bad, &program]) {
            Ok(decision) => {
                let word = match decision.leaning {
                    Leaning::Good => "good",
                    Leaning::Bad => "bad",
                    Leaning::Unsure => "skipped, inconclusive",
                };
                say!("{word}: {}: {}", described(commit), decision.described());
                if decision.leaning == Leaning::Bad {
                    self.evidence = decision.ratio;
                }
                Ok(Some(decision.leaning))
            }
            // What prevents a measurement is no property of the commit.
            Err((2, failure)) if !matches!(failure, Failure::Prevented { .. }) => {
                say!("skipped: {}: {failure}", described(commit));
                Ok(None)
            }
            Err(failure) => Err(failed(&[self.ends[0], self.ends[1], commit], failure)),
        }
    }
}

/// Checks that somebody reads what is printed: no file keeps the answer, and a search takes hours.
///
/// # Errors
/// If standard output is closed.
fn check_reader() -> Result<(), Error> {
    if console::has_reader() { Ok(()) } else { Err(unread()) }
}

fn unread() -> Error {
    Error::Other(
        "nobody can read the result of the search: standard output is closed or full, and no file keeps it".to_owned(),
    )
}

impl Arguments {
    /// Compiles a commit, with its links.
    fn build(&self, commit: &Commit, linking: &Linking) -> Result<Result<CheckedProgram, NotBuilt>, Error> {
        let resolved = ResolvedBuild::commit(&self.repository, commit);
        let mut builds = self.building.build(std::slice::from_ref(&resolved), self.limits.into(), linking)?;
        Ok(builds.remove(0).program)
    }

    /// Returns the request of a probe.
    fn request(&self) -> Request {
        Request {
            workload: self.workload,
            level: self.tracking,
            scale: self.scale.unwrap_or(self.workload.short()),
            threads: pools::default_threads(),
            count: false,
        }
    }
}

fn described(commit: &Commit) -> String {
    format!("{} {}", commit.short(), commit.subject)
}

fn described_whole(commit: &Commit) -> String {
    format!("{} {}", commit.hash, commit.subject)
}

fn failed(commits: &[&Commit], (place, failure): (usize, Failure)) -> Error {
    Error::Other(format!("{}: {failure}", described(commits[place.min(commits.len() - 1)])))
}
