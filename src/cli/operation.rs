//! `memscope-bench operation`: one operation, repeated in this process, as one line of JSON on stdout.

use crate::cli::Error;
use crate::cli::arguments::ParentArguments;
use crate::platform::console;
use crate::study::operations;
use crate::study::operations::{CannotRun, Operation, Request};
use crate::tracking::Level;
use clap::Args;

#[derive(Debug, Args)]
pub struct Arguments {
    /// What to do
    #[arg(long, value_parser = Operation::named)]
    name: &'static Operation,
    /// What to do it under
    #[arg(long)]
    tracking: Level,
    /// How often
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    repeats: u64,
    #[command(flatten)]
    parent: ParentArguments,
}

pub fn run(arguments: &Arguments) -> Result<(), Error> {
    arguments.parent.tie();
    let &Arguments { name: operation, tracking: level, repeats, .. } = arguments;
    let timing = operations::run(Request { operation, level, repeats })?;
    Ok(console::reply(&timing)?)
}

impl From<CannotRun> for Error {
    fn from(error: CannotRun) -> Self {
        match error {
            CannotRun::NotSwitched(error) => Self::NotSwitched(error),
            CannotRun::Unsupported(why) => Self::Unsupported(why),
            other => Self::System(other.to_string()),
        }
    }
}
