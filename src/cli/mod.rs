//! The command line: one file for each subcommand, and shared parts: arguments, errors, rounds, builds.

mod accuracy;
mod arguments;
mod beside;
mod bisect;
mod builds;
mod calls;
mod check;
mod claims;
mod compare;
mod conform;
mod error;
mod executables;
mod footprint;
mod groups;
mod history;
mod journal;
mod line;
mod measure;
mod modes;
mod own_report;
mod own_trackers;
pub mod page;
mod predict;
mod probe;
mod programs;
mod record;
mod replay;
mod report;
mod rounds;
mod sessions;
mod soak;
pub mod stress;
mod traces;
mod trackers;
mod trend;
mod validate;
mod why;
mod worker;

pub use arguments::{Environment, bar, show};
pub(crate) use error::Error;
pub use error::exit_code;
pub use executables::{run_probe, run_tracker};
pub use line::read_command_line;
pub(crate) use line::{has_command, read_arguments};

use clap::{Parser, Subcommand};

/// The exit codes.
const EXIT_CODES: &str = "Exit codes:
  0   done, and the files are written; a measurement that failed is a result too
  1   `--fail-on-regression`, and there is a regression; `check`: worse;
      `conform`: a test failed
  2   an error; stderr has the reason
  3   cannot tell: `--fail-on-regression`, and a figure is missing; `check`;
      `bisect` without an answer; `conform`: a test could not run
  69  `probe`: this version of memscope lacks what the level needs

docs/OUTPUT.md lists the variables that replace options.";

/// Measure what the memory tracker memscope-rs costs, and check its reports
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES, args_conflicts_with_subcommands = true, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Without a subcommand, the stress run.
    #[command(flatten)]
    stress: stress::Arguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure the overhead of tracking, by pairs of processes
    Measure(measure::Arguments),
    /// Run the workloads as phases under tracking, and draw the memory analysis
    Stress(stress::Arguments),
    /// Compare builds of memscope: published versions, folders, revisions
    Compare(compare::Arguments),
    /// Check whether a build of memscope may be merged: one verdict over all axes, with its reason
    Check(check::Arguments),
    /// Measure the commits of a clone of memscope, and find the steps between them
    History(history::Arguments),
    /// Find the commit that made memscope slower
    Bisect(bisect::Arguments),
    /// Show which functions cause the cost of tracking, or the difference between two builds
    Why(why::Arguments),
    /// Measure each mode of memscope: what it costs, sees, attributes and keeps
    Modes(modes::Arguments),
    /// Measure real programs beside the workloads, and relate the overhead to the allocation rate
    Programs(programs::Arguments),
    /// Compare memscope with other trackers
    Trackers(trackers::Arguments),
    /// Check whether trackers behave as programs may expect of their allocator: pass or fail, by test
    Conform(conform::Arguments),
    /// Measure the memory that tracking takes, and the events that it misses, as workloads grow
    Footprint(footprint::Arguments),
    /// Measure how the cost of tracking grows with the number of events
    Soak(soak::Arguments),
    /// Measure the cost of single calls: mean, quantiles and instructions
    #[command(alias = "latency")]
    Calls(calls::Arguments),
    /// Check memscope's reports against programs with known answers
    #[command(alias = "detect")]
    Accuracy(accuracy::Arguments),
    /// Record the allocations of any program as a trace
    Record(record::Arguments),
    /// Measure what tracking costs the program of a trace
    Replay(replay::Arguments),
    /// Predict what tracking would cost the program of a trace, from the cost of single calls
    Predict(predict::Arguments),
    /// Draw kept results files again, or insert them into documents
    Report(report::Arguments),
    /// Show how the overhead changed over memscope's commits, from all runs of `history`
    Trend(trend::Arguments),
    /// Check the performance claims of memscope's documents against measured results
    Claims(claims::Arguments),
    /// Validate the harness against trackers of known cost
    Validate(validate::Arguments),
    /// Run one workload once, and print the observation as one line of JSON
    Probe(probe::Arguments),
    /// Do the task on standard input, and print its reply as one line of JSON
    #[command(hide = true)]
    Worker(worker::Arguments),
}

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    /// If it fails; the message names the cause.
    pub fn run(self) -> Result<(), Error> {
        crate::worker::fork::settle_signals();
        match self.command.unwrap_or(Command::Stress(self.stress)) {
            Command::Stress(arguments) => stress::run(&arguments),
            Command::Measure(arguments) => measure::run(&arguments),
            Command::Compare(arguments) => compare::run(&arguments),
            Command::Check(arguments) => check::run(&arguments),
            Command::Accuracy(arguments) => accuracy::run(&arguments),
            Command::History(arguments) => history::run(&arguments),
            Command::Bisect(arguments) => bisect::run(&arguments),
            Command::Trend(arguments) => trend::run(&arguments),
            Command::Record(arguments) => record::run(&arguments),
            Command::Replay(arguments) => replay::run(&arguments),
            Command::Predict(arguments) => predict::run(&arguments),
            Command::Report(arguments) => report::run(&arguments),
            Command::Modes(arguments) => modes::run(&arguments),
            Command::Programs(arguments) => programs::run(&arguments),
            Command::Trackers(arguments) => trackers::run(&arguments),
            Command::Conform(arguments) => conform::run(&arguments),
            Command::Probe(arguments) => probe::run(&arguments),
            Command::Footprint(arguments) => footprint::run(&arguments),
            Command::Calls(arguments) => calls::run(&arguments),
            Command::Soak(arguments) => soak::run(&arguments),
            Command::Claims(arguments) => claims::run(&arguments),
            Command::Validate(arguments) => validate::run(&arguments),
            Command::Why(arguments) => why::run(&arguments),
            Command::Worker(arguments) => worker::run(&arguments),
        }
    }
}
