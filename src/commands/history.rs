//! `memscope-bench history`: the overhead commit by commit, and the steps between them.

use super::Error;
use super::rounds::{Report, RoundArguments};
use crate::compare::Against;
use crate::subjects::{Commit, Found, Repository};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Arguments {
    /// A clone of memscope-rs; it is only read
    #[arg(long, value_name = "DIR")]
    repository: PathBuf,
    /// The commits: what `git log` takes. The start of A..B is measured too, to hold the first commit against
    #[arg(long, value_name = "A..B")]
    range: String,
    /// Only every so many commits, and the first and the last
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    every: u32,
    #[command(flatten)]
    rounds: RoundArguments,
}

pub fn run(arguments: &Arguments) -> Result<(), Error> {
    let repository = Repository::at(&arguments.repository)?;
    repository.check_clean()?;
    let commits = every(commits_of(&repository, &arguments.range)?, arguments.every as usize);
    let found: Vec<Found> = commits.iter().map(|commit| Found::commit(&arguments.repository, commit)).collect();
    let title = format!("What memscope-rs costs, commit by commit: {}", arguments.range);
    arguments.rounds.run(&found, &Report { name: "history", title: &title, against: Against::Previous })
}

/// The commits of a range, the oldest first, with the commit that it starts after.
pub fn commits_of(repository: &Repository, range: &str) -> Result<Vec<Commit>, Error> {
    let mut commits = repository.range(range)?;
    if let Some((start, _)) = range.split_once("..").filter(|(start, _)| !start.is_empty()) {
        commits.insert(0, repository.commit(start.trim_end_matches('.'))?);
    }
    Ok(commits)
}

/// Every so many, with the first and the last.
fn every<T>(all: Vec<T>, step: usize) -> Vec<T> {
    let last = all.len().saturating_sub(1);
    all.into_iter().enumerate().filter(|(place, _)| place % step == 0 || *place == last).map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::every;

    #[test]
    fn the_first_and_the_last_are_always_there() {
        assert_eq!(every((0..8).collect(), 1), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(every((0..8).collect(), 3), [0, 3, 6, 7]);
        assert_eq!(every((0..7).collect(), 3), [0, 3, 6]);
        assert_eq!(every(vec![5], 3), [5]);
    }
}
