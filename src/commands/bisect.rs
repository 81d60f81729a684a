//! `memscope-bench bisect`: the first commit that costs what the bad one does.

use super::Error;
use super::arguments::{LimitArguments, not_negative};
use super::history::commits_of;
use super::subjects::{Built, SubjectArguments};
use crate::compare::{Contest, Leaning};
use crate::measure::CellRun;
use crate::probe::Request;
use crate::report::figures;
use crate::results::{Clock, Estimate, Failure, Series};
use crate::subjects::{Commit, Found, Repository};
use crate::tracking::Tracking;
use crate::workloads::{Scale, Workload, pools};
use clap::Args;
use std::path::PathBuf;

/// Prints a line. What it says comes from outside in part.
macro_rules! say {
    ($($line:tt)*) => { crate::console::print(format_args!($($line)*)) };
}

#[derive(Debug, Args)]
#[command(mut_arg("time_limit", |limit| limit.default_value("10")))]
pub struct Arguments {
    /// A clone of memscope-rs; it is only read
    #[arg(long, value_name = "DIR")]
    repository: PathBuf,
    /// A commit that costs little
    #[arg(long, value_name = "REVISION")]
    good: String,
    /// A later commit that costs more
    #[arg(long, value_name = "REVISION")]
    bad: String,
    /// The workload that shows it
    #[arg(long)]
    workload: Workload,
    /// The level that shows it
    #[arg(long)]
    tracking: Tracking,
    /// By how many percent the bad commit must cost more than the good one
    #[arg(long, default_value_t = 3.0, value_parser = not_negative)]
    threshold: f64,
    /// Which time is compared
    #[arg(long, value_enum, default_value_t)]
    clock: Clock,
    /// A decision takes no more rounds than this
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(20..))]
    rounds: u32,
    /// The factor on the workload's outer counts [default: its short scale]
    #[arg(long)]
    scale: Option<Scale>,
    #[command(flatten)]
    building: SubjectArguments,
    #[command(flatten)]
    limits: LimitArguments,
}

pub fn run(arguments: &Arguments) -> Result<(), Error> {
    let repository = Repository::at(&arguments.repository)?;
    repository.check_clean()?;
    let commits = commits_of(&repository, &format!("{}..{}", arguments.good, arguments.bad))?;
    let (Some(first), Some(last)) = (commits.first(), commits.last()) else { unreachable!("a range has commits") };
    say!("{} commits between {} and {}", commits.len().saturating_sub(2), told(first), told(last));

    let [good, bad] = [first, last].map(|commit| arguments.build(commit)?.map_err(Error::System));
    let (good, bad) = (good?, bad?);
    let mut ends = arguments.contest(&[&good, &bad]).map_err(|failure| failed(&[first, last], failure))?;
    let factor = 1.0 + arguments.threshold / 100.0;
    let leaning = ends.decide(arguments.rounds as usize, factor).map_err(|failure| failed(&[first, last], failure))?;
    let seen = ends.ratio().map_or("unknown".to_owned(), ratio);
    if leaning != Leaning::Bad {
        return Err(Error::System(format!(
            "{} is not shown to cost {} % more than {}: {seen} × after {} rounds; nothing to look for",
            arguments.bad,
            arguments.threshold,
            arguments.good,
            ends.rounds()
        )));
    }
    say!("bad: {}: {seen} × the good one's overhead, {} rounds", told(last), ends.rounds());

    let mut search = Search { arguments, commits: &commits, good: &good, bad: &bad, evidence: seen };
    search.run()
}

/// The search between a good and a bad commit.
struct Search<'a> {
    arguments: &'a Arguments,
    commits: &'a [Commit],
    good: &'a Built,
    bad: &'a Built,
    /// The ratio of the earliest bad commit so far to the good one.
    evidence: String,
}

impl Search<'_> {
    fn run(&mut self) -> Result<(), Error> {
        let (mut good, mut bad) = (0, self.commits.len() - 1);
        let mut skipped: Vec<usize> = Vec::new();
        while let Some(place) = nearest_to_middle(good, bad, &skipped) {
            match self.judge(&self.commits[place])? {
                Some(Leaning::Good) => good = place,
                Some(Leaning::Bad) => bad = place,
                Some(Leaning::Unsure) | None => skipped.push(place),
            }
        }
        let suspects: Vec<&Commit> = self.commits[good + 1..=bad].iter().collect();
        match suspects.as_slice() {
            [first] => say!(
                "\nThe first bad commit: {}\n{}/{}: {} × the overhead of {}",
                told_whole(first),
                self.arguments.workload,
                self.arguments.tracking,
                self.evidence,
                told(&self.commits[0])
            ),
            several => {
                say!("\nThe first bad commit is one of these; those between could not be judged:");
                several.iter().for_each(|commit| say!("  {}", told_whole(commit)));
            }
        }
        Ok(())
    }

    /// On which side a commit stands; `None` if it cannot be built or measured.
    fn judge(&mut self, commit: &Commit) -> Result<Option<Leaning>, Error> {
        let Ok(built) = self.arguments.build(commit)? else {
            say!("skipped: {}: does not build", told(commit));
            return Ok(None);
        };
        let most = self.arguments.rounds as usize;
        let decided = self
            .arguments
            .contest(&[self.good, self.bad, &built])
            .and_then(|mut contest| Ok((contest.decide(most, 1.0)?, contest)));
        match decided {
            Ok((leaning, contest)) => {
                let seen = contest.ratio().map_or("unknown".to_owned(), ratio);
                let word = match leaning {
                    Leaning::Good => "good",
                    Leaning::Bad => "bad",
                    Leaning::Unsure => "skipped, not told apart",
                };
                say!("{word}: {}: {seen} × the good one's overhead, {} rounds", told(commit), contest.rounds());
                if leaning == Leaning::Bad {
                    self.evidence = seen;
                }
                Ok(Some(leaning))
            }
            Err((2, failure)) => {
                say!("skipped: {}: {failure}", told(commit));
                Ok(None)
            }
            Err(failure) => Err(failed(&[&self.commits[0], &self.commits[self.commits.len() - 1]], failure)),
        }
    }
}

/// The place nearest to the middle of two that is between them and not among the skipped.
fn nearest_to_middle(good: usize, bad: usize, skipped: &[usize]) -> Option<usize> {
    let middle = good.midpoint(bad);
    (good + 1..bad).filter(|place| !skipped.contains(place)).min_by_key(|place| place.abs_diff(middle))
}

impl Arguments {
    /// Builds a commit, or says why it does not build.
    fn build(&self, commit: &Commit) -> Result<Result<Built, String>, Error> {
        let found = Found::commit(&self.repository, commit);
        let mut contenders = self.building.build(std::slice::from_ref(&found), self.limits.into())?;
        Ok(contenders.remove(0).built)
    }

    fn contest<'b>(&self, builds: &[&'b Built]) -> Result<Contest<'b>, (usize, Failure)> {
        let request = Request {
            workload: self.workload,
            tracking: self.tracking,
            scale: self.scale.unwrap_or(self.workload.short()),
            threads: pools::default_threads(),
            count: false,
        };
        let runs = builds.iter().map(|built| CellRun::begin(&built.launcher, Series::Overhead, request));
        Contest::of(runs.collect(), self.clock)
    }
}

fn ratio(ratio: Estimate) -> String {
    format!("{}–{}", figures::factor(ratio.low), figures::factor(ratio.high))
}

fn told(commit: &Commit) -> String {
    format!("{} {}", &commit.hash[..8.min(commit.hash.len())], commit.subject)
}

fn told_whole(commit: &Commit) -> String {
    format!("{} {}", commit.hash, commit.subject)
}

fn failed(commits: &[&Commit], (place, failure): (usize, Failure)) -> Error {
    Error::System(format!("{}: {failure}", told(commits[place.min(commits.len() - 1)])))
}

#[cfg(test)]
mod tests {
    use super::nearest_to_middle;

    #[test]
    fn the_middle_is_tried_first_and_its_neighbours_next() {
        assert_eq!(nearest_to_middle(0, 1, &[]), None);
        assert_eq!(nearest_to_middle(0, 8, &[]), Some(4));
        assert_eq!(nearest_to_middle(0, 8, &[4]), Some(3));
        assert_eq!(nearest_to_middle(0, 8, &[3, 4]), Some(5));
        assert_eq!(nearest_to_middle(0, 2, &[1]), None);
    }
}
