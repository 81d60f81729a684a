//! `memscope-bench compare`: builds of memscope against each other, in interleaved rounds.

use super::Error;
use super::rounds::{Report, RoundArguments};
use super::subjects::find;
use crate::compare::Against;
use crate::subjects::Named;
use clap::Args;

#[derive(Debug, Args)]
pub struct Arguments {
    /// What to compare: published versions (0.2.5), folders (../memscope-rs), revisions (../memscope-rs@v0.2.4); the
    /// others are held against the first, and where that has no figure, against the first that has one
    #[arg(value_name = "SUBJECT", required_unless_present_any = ["published", "redraw"])]
    subjects: Vec<Named>,
    /// All published versions, after those that are named
    #[arg(long)]
    published: bool,
    /// Measure nothing: print compare.json, and draw compare.md and compare.svg anew from it
    #[arg(long, conflicts_with_all = ["subjects", "published", "workloads", "tracking", "rounds", "seconds", "clock",
          "threshold", "shuffle", "scale", "threads", "resume", "fail_on_regression"])]
    redraw: bool,
    #[command(flatten)]
    rounds: RoundArguments,
}

pub fn run(arguments: &Arguments) -> Result<(), Error> {
    let report = Report { name: "compare", title: "What versions of memscope-rs cost", against: Against::First };
    if arguments.redraw {
        return arguments.rounds.redraw(&report);
    }
    let found = find(&arguments.subjects, arguments.published)?;
    arguments.rounds.run(&found, &report)
}
