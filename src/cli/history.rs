//! `memscope-bench history`: the overhead commit by commit, and the steps between them.

use crate::builds::{Found, History, Parents, Repository};
use crate::cli::Error;
use crate::cli::rounds::{Report, RoundArguments};
use crate::study::compare::Against;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Arguments {
    /// A clone of memscope-rs; it is only read
    #[arg(long, value_name = "DIR")]
    repository: PathBuf,
    /// The commits, in any way git spells a range. Where A..B starts is measured too, to compare the first commit with
    #[arg(long, value_name = "A..B")]
    range: String,
    /// The commits of merged branches too, not only first parents. Each is compared with its first parent
    #[arg(long)]
    all_parents: bool,
    /// Only every so many commits, and the first and the last
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    every: u32,
    #[command(flatten)]
    rounds: RoundArguments,
}

pub fn run(arguments: &Arguments) -> Result<(), Error> {
    let repository = Repository::at(&arguments.repository)?;
    repository.check_clean()?;
    let parents = if arguments.all_parents { Parents::All } else { Parents::First };
    let history = History::read(&repository, &arguments.range, parents)?.every(arguments.every as usize);
    repository.check_files(&history.commits)?;
    for note in &history.notes {
        crate::platform::console::complain(format_args!("{}: {note}", arguments.range));
    }
    let found: Vec<Found> = history.commits.iter().map(|commit| Found::commit(&arguments.repository, commit)).collect();
    let against = Against::Each(history.references);
    arguments.rounds.run(&found, &Report { name: "history", against })
}
