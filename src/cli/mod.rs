//! The command line: one file for each subcommand, and what several share: arguments, errors, rounds, subjects.

mod accuracy;
mod arguments;
mod bisect;
mod builds;
mod claims;
mod compare;
mod error;
mod footprint;
mod history;
mod latency;
mod line;
mod measure;
mod own_report;
mod probe;
mod programs;
mod rounds;
pub mod stress;
mod trackers;
mod trend;
mod validate;
mod worker;

pub use arguments::Environment;
pub use error::{Error, exit_code};
pub use line::read_command_line;
pub use programs::{CONTROL, run_probe};

use clap::{Parser, Subcommand};

/// What the program exits with.
const EXIT_CODES: &str = "Exit codes:
  0   it is done, and its files are written; a cell that failed is a result too
  1   `--fail-on-regression`, and a regression was claimed
  2   it could not be done, or not be shown: stderr says why
  69  `probe`: this version of memscope lacks what the level needs

A variable that an option names in brackets stands for it; an empty one is not set.";

/// Measures what the memory tracker memscope-rs costs.
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXIT_CODES, args_conflicts_with_subcommands = true, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Without a subcommand, the stress run.
    #[command(flatten)]
    stress: stress::Arguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the eight workloads as phases under tracking, and draw the memory analysis
    Stress(stress::Arguments),
    /// Measure overheads by pairs of processes, without Criterion
    Measure(measure::Arguments),
    /// Measure builds of memscope against each other: published versions, folders, revisions
    Compare(compare::Arguments),
    /// Hold what memscope's reports find against what was planted: leaks, cycles, and what is alive
    Detect(accuracy::Arguments),
    /// Measure the commits of a repository of memscope, and find the steps between them
    History(history::Arguments),
    /// Find the commit that made memscope slower
    Bisect(bisect::Arguments),
    /// Show what tracking cost at each commit that has a results file, and where that changed
    Log(trend::Arguments),
    /// Measure memscope among other trackers: is it memscope that costs, or is it tracking?
    Ladder(trackers::Arguments),
    /// Run one workload once, and print what was seen as one line of JSON
    Probe(probe::Arguments),
    /// Measure what tracking takes in memory, and what it misses, as workloads grow
    Footprint(footprint::Arguments),
    /// Measure how long single allocations and frees take
    Latency(latency::Arguments),
    /// Hold what memscope's documents state against the results files
    Claims(claims::Arguments),
    /// Hold the instrument against a tracker whose cost is known
    Validate(validate::Arguments),
    /// Do the task on standard input, and print its reply as one line of JSON
    #[command(hide = true)]
    Worker(worker::Arguments),
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// If it cannot be done; the message names the culprit.
    pub fn run(self) -> Result<(), Error> {
        crate::worker::fork::settle_signals();
        match self.command.unwrap_or(Command::Stress(self.stress)) {
            Command::Stress(arguments) => stress::run(&arguments),
            Command::Measure(arguments) => measure::run(&arguments),
            Command::Compare(arguments) => compare::run(&arguments),
            Command::Detect(arguments) => accuracy::run(&arguments),
            Command::History(arguments) => history::run(&arguments),
            Command::Bisect(arguments) => bisect::run(&arguments),
            Command::Log(arguments) => trend::run(&arguments),
            Command::Ladder(arguments) => trackers::run(&arguments),
            Command::Probe(arguments) => probe::run(&arguments),
            Command::Footprint(arguments) => footprint::run(&arguments),
            Command::Latency(arguments) => latency::run(&arguments),
            Command::Claims(arguments) => claims::run(&arguments),
            Command::Validate(arguments) => validate::run(&arguments),
            Command::Worker(arguments) => worker::run(&arguments),
        }
    }
}
