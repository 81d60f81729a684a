//! `memscope-bench history`: the overhead commit by commit, and the steps between them. Each run adds its differences
//! to the file that `trend` reads.

use crate::builds::{History, Parents, Repository, ResolvedBuild, check_commit};
use crate::cli::Error;
use crate::cli::rounds::{Report, RoundArguments};
use crate::platform::console;
use crate::study::compare::{Against, Comparison};
use crate::study::trend::{DIFFERENCES, differences};
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The clone of memscope-rs, which is only read
    #[arg(long, value_name = "DIR")]
    repository: PathBuf,
    /// The commits, as any range that git accepts. The start of A..B is measured too, as the base of the first commit
    #[arg(long, value_name = "A..B")]
    range: String,
    /// Measure merged branches too, not only first parents. Each commit is compared with its first parent
    #[arg(long)]
    all_parents: bool,
    /// Measure only every NUMBER-th commit, with the first and the last
    #[arg(long, default_value_t = 1, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    every: u32,
    #[command(flatten)]
    rounds: RoundArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    arguments.rounds.check_counting()?;
    // Reports a file that cannot be appended to now instead of after hours.
    let kept = arguments.rounds.output().join(DIFFERENCES);
    if kept.exists() {
        differences::read(&kept)?;
    }
    let repository = Repository::at(&arguments.repository)?;
    repository.check_clean()?;
    let parents = if arguments.all_parents { Parents::All } else { Parents::First };
    let history = History::read(&repository, &arguments.range, parents)?.every(arguments.every as usize);
    repository.check_files(&history.commits)?;
    // Earlier commits may have had the package elsewhere, and are reported one by one.
    if let Some(last) = history.commits.last() {
        check_commit(&format!("{}@{}", arguments.repository.display(), last.short()), &repository, last)?;
    }
    for note in &history.notes {
        console::complain(format_args!("{}: {note}", arguments.range));
    }
    let commit = |commit| ResolvedBuild::commit(&arguments.repository, commit);
    let builds: Vec<ResolvedBuild> = history.commits.iter().map(commit).collect();
    let against = Against::Each(history.references);
    let beside = |comparison: &Comparison, folder: &Path| {
        let added = differences::append(&folder.join(DIFFERENCES), differences::of(comparison, &history.commits))?;
        Ok((added > 0).then(|| DIFFERENCES.to_owned()))
    };
    arguments.rounds.run(&builds, &Report { name: "history", against, beside: &beside })
}
