//! `memscope-bench compare`: builds of memscope against each other, in interleaved rounds.

use super::Error;
use super::rounds::{Report, RoundArguments};
use crate::subjects::{self, Named, NoSubject};
use clap::Args;

#[derive(Debug, Args)]
pub struct Arguments {
    /// What to compare: published versions (0.2.5), folders (../memscope-rs), revisions (../memscope-rs@v0.2.4); the
    /// others are held against the first
    #[arg(value_name = "SUBJECT", required_unless_present = "published")]
    subjects: Vec<Named>,
    /// All published versions, after those that are named
    #[arg(long)]
    published: bool,
    #[command(flatten)]
    rounds: RoundArguments,
}

pub fn run(arguments: &Arguments) -> Result<(), Error> {
    let found = all_named(arguments)?.iter().map(Named::find).collect::<Result<Vec<_>, _>>()?;
    if let Some(twice) = found.iter().enumerate().find(|(place, subject)| found[..*place].contains(subject)) {
        return Err(NoSubject::Twice(twice.1.name.clone()).into());
    }
    let report = Report { name: "compare", title: "What versions of memscope-rs cost", in_time: false };
    arguments.rounds.run(&found, |contenders| (1..contenders.len()).map(|place| (place, 0)).collect(), &report)
}

fn all_named(arguments: &Arguments) -> Result<Vec<Named>, NoSubject> {
    let mut named = arguments.subjects.clone();
    if arguments.published {
        let missing = subjects::published()?.into_iter().map(Named::Published);
        let missing: Vec<Named> = missing.filter(|version| !named.contains(version)).collect();
        named.extend(missing);
    }
    Ok(named)
}
