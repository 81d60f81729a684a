//! The command line: one file for each subcommand, and what they share here.

mod bisect;
mod claims;
mod compare;
mod detect;
mod footprint;
mod history;
mod ladder;
mod latency;
mod log;
mod measure;
mod operation;
mod own_report;
mod probe;
mod rounds;
pub mod stress;
mod subjects;
mod validate;

use crate::files::FileError;
use crate::measure::{Launcher, Limits, MissingProgram};
use crate::probe::{CannotRun, Resident};
use crate::report::format::{Format, Printed};
use crate::results::Precision;
use crate::subjects::Found;
use crate::system;
use crate::tracking::Tracking;
use crate::workloads::{Scale, Workload, pools};
use clap::{Args, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use std::process::ExitCode;
use std::time::Duration;

/// Measures what the memory tracker memscope-rs costs.
#[derive(Debug, Parser)]
#[command(version, about, args_conflicts_with_subcommands = true, max_term_width = 110)]
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
    Detect(detect::Arguments),
    /// Measure the commits of a repository of memscope, and find the steps between them
    History(history::Arguments),
    /// Find the commit that made memscope slower
    Bisect(bisect::Arguments),
    /// Show what tracking cost at each commit that has a results file, and where that changed
    Log(log::Arguments),
    /// Measure memscope among other trackers: is it memscope that costs, or is it tracking?
    Ladder(ladder::Arguments),
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
    /// Repeat one operation in this process, and print its time as one line of JSON
    #[command(hide = true)]
    Operation(operation::Arguments),
    /// Time windows without and with the synthetic tracker, in children of this process
    #[command(hide = true)]
    Windows(validate::WindowsArguments),
    /// Time single allocations in this process
    #[command(hide = true)]
    Latencies(latency::ProcessArguments),
    /// Plant something, ask for one report of memscope, and print what it found as one line of JSON
    #[command(hide = true)]
    Detection(detect::DetectionArguments),
}

/// The command line of the control program: probes, and nothing else.
#[derive(Debug, Parser)]
#[command(name = CONTROL, version, about = "Runs untracked workloads on the plain system allocator")]
pub struct Control {
    #[command(subcommand)]
    command: ControlCommand,
}

#[derive(Debug, Subcommand)]
enum ControlCommand {
    /// Run one workload once, untracked, and print what was seen as one line of JSON
    Probe(probe::Arguments),
}

impl Control {
    /// Does what the command line says.
    pub fn run(self) -> ExitCode {
        let ControlCommand::Probe(arguments) = self.command;
        exit_code(probe::run_control(&arguments))
    }
}

/// The command line of a program whose allocator is a reference: probes, and nothing else.
#[derive(Debug, Parser)]
#[command(version, about = "Runs workloads under a tracker that is this program's allocator")]
pub struct ReferenceProgram {
    #[command(subcommand)]
    command: ReferenceCommand,
}

#[derive(Debug, Subcommand)]
enum ReferenceCommand {
    /// Run one workload once, and print what was seen as one line of JSON
    Probe(probe::Arguments),
}

impl ReferenceProgram {
    /// Does what the command line says.
    pub fn run(self, resident: &Resident) -> ExitCode {
        let ReferenceCommand::Probe(arguments) = self.command;
        exit_code(probe::run_resident(&arguments, resident))
    }
}

/// A launcher of this very program.
fn this_program(limits: Limits) -> Result<Launcher, Error> {
    let program =
        std::env::current_exe().map_err(|error| Error::System(format!("cannot find this program: {error}")))?;
    Ok(Launcher::new(program, limits))
}

/// The workloads that were named; all, if none was.
fn or_all(named: &[Workload]) -> &[Workload] {
    if named.is_empty() { Workload::ALL } else { named }
}

/// The progress of a run: how much of it is done, of what is counted in this many.
fn bar(total: usize, what: &str) -> ProgressBar {
    let template = format!("{{msg:32}} {{bar:40}} {{pos}}/{{len}} {what}, {{eta}} left");
    ProgressBar::new(total as u64).with_style(ProgressStyle::with_template(&template).expect("a valid template"))
}

/// The name of this program.
const PROGRAM: &str = "memscope-bench";

/// The name of the control program.
pub const CONTROL: &str = "memscope-bench-control";

/// Says on stderr why a command was not done.
pub fn exit_code(outcome: Result<(), Error>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(match error {
                Error::Unsupported(_) => crate::probe::UNSUPPORTED,
                Error::Regressions(_) => 1,
                _ => 2,
            })
        }
    }
}

/// Why a command did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder.
    #[error(transparent)]
    File(#[from] FileError),
    /// The program is not the memscope-bench binary.
    #[error(transparent)]
    NotSwitched(#[from] crate::probe::NotSwitched),
    /// Something that the linked version of memscope cannot do.
    #[error("{subject} cannot do that: {0}", subject = crate::tracking::memscope::Subject::of_this_build())]
    Unsupported(&'static str),
    /// A level that another program has.
    #[error(transparent)]
    Elsewhere(#[from] crate::tracking::references::Elsewhere),
    /// A program that was not built.
    #[error(transparent)]
    MissingProgram(#[from] MissingProgram),
    /// Programs that could not be linked in another layout.
    #[error(transparent)]
    CannotLink(#[from] crate::measure::CannotLink),
    /// There is nothing to count instructions with.
    #[error(transparent)]
    CannotCount(#[from] crate::measure::CannotCount),
    /// The history of the results file.
    #[error(transparent)]
    History(#[from] crate::log::HistoryError),
    /// Workloads on several threads, whose instructions cannot be counted.
    #[error("--instructions cannot count {0}: only single-threaded workloads can be counted ({single})", single = measure::single_threaded())]
    Parallel(String),
    /// A subject that is not there.
    #[error(transparent)]
    NoSubject(#[from] crate::subjects::NoSubject),
    /// What git could not do.
    #[error(transparent)]
    Git(#[from] crate::subjects::GitError),
    /// A workshop that cannot be worked in.
    #[error(transparent)]
    Build(#[from] crate::subjects::BuildFailure),
    /// A journal that does not fit.
    #[error(transparent)]
    Journal(#[from] crate::compare::JournalError),
    /// Regressions, where they are to fail a run.
    #[error("{}", .0.join("\n"))]
    Regressions(Vec<String>),
    /// Subjects of which none was built.
    #[error("there is nothing to measure: none of {0} was built")]
    NoneBuilt(String),
    /// Something else of the system.
    #[error("{0}")]
    System(String),
}

impl Error {
    fn none_built(found: &[Found]) -> Self {
        Self::NoneBuilt(found.iter().map(|subject| subject.name.as_str()).collect::<Vec<_>>().join(", "))
    }
}

impl From<CannotRun> for Error {
    fn from(error: CannotRun) -> Self {
        match error {
            CannotRun::NotSwitched(error) => Self::NotSwitched(error),
            CannotRun::Unsupported(why) => Self::Unsupported(why),
            CannotRun::Elsewhere(error) => Self::Elsewhere(error),
        }
    }
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// If it cannot be done; the message names the culprit.
    pub fn run(self) -> Result<(), Error> {
        match self.command.unwrap_or(Command::Stress(self.stress)) {
            Command::Stress(arguments) => stress::run(&arguments),
            Command::Measure(arguments) => measure::run(&arguments),
            Command::Compare(arguments) => compare::run(&arguments),
            Command::Detect(arguments) => detect::run(&arguments),
            Command::History(arguments) => history::run(&arguments),
            Command::Bisect(arguments) => bisect::run(&arguments),
            Command::Log(arguments) => log::run(&arguments),
            Command::Ladder(arguments) => ladder::run(&arguments),
            Command::Probe(arguments) => probe::run(&arguments),
            Command::Footprint(arguments) => footprint::run(&arguments),
            Command::Latency(arguments) => latency::run(&arguments),
            Command::Claims(arguments) => claims::run(&arguments),
            Command::Validate(arguments) => validate::run(&arguments),
            Command::Operation(arguments) => operation::run(&arguments),
            Command::Windows(arguments) => validate::run_windows(&arguments),
            Command::Latencies(arguments) => latency::run_process(&arguments),
            Command::Detection(arguments) => detect::run_one(&arguments),
        }
    }
}

/// The process that a command ends with, for every command that this program starts itself with.
#[derive(Clone, Copy, Debug, Args)]
pub struct ParentArguments {
    /// The process to end with
    #[arg(long, hide = true)]
    parent: Option<u32>,
}

impl ParentArguments {
    /// From here on the process ends with its parent, if it has been told which that is.
    fn tie(self) {
        if let Some(parent) = self.parent {
            system::die_with(parent);
        }
    }
}

/// The limits of each probe, for every command that starts probes.
#[derive(Clone, Copy, Debug, Args)]
pub struct LimitArguments {
    /// How long one probe may run, in seconds
    #[arg(long, env = "MEMSCOPE_BENCH_TIME_LIMIT", default_value_t = Limits::default().time.as_secs(), value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..))]
    time_limit: u64,
    /// How much memory one probe may have, in MiB
    #[arg(long, env = "MEMSCOPE_BENCH_MEMORY_LIMIT", default_value_t = Limits::default().memory_bytes >> 20, value_name = "MIB",
          value_parser = clap::value_parser!(u64).range(16..(1 << 24)))]
    memory_limit: u64,
}

impl From<LimitArguments> for Limits {
    fn from(arguments: LimitArguments) -> Self {
        Self { time: Duration::from_secs(arguments.time_limit), memory_bytes: arguments.memory_limit << 20 }
    }
}

/// The levels that are asked for, after untracked against itself, which is always measured: the noise floor.
fn after_the_baseline(asked: &[Tracking]) -> Vec<Tracking> {
    let tracked = asked.iter().copied().filter(|&level| level != Tracking::Untracked);
    let mut levels: Vec<Tracking> = std::iter::once(Tracking::Untracked).chain(tracked).collect();
    levels.dedup();
    levels
}

/// How precise the figures are to be, for every command that makes some.
#[derive(Clone, Copy, Debug, Args)]
pub struct PrecisionArguments {
    /// Run pairs until each interval's half-width is under this percentage of its figure
    #[arg(long, env = "MEMSCOPE_BENCH_PRECISION", value_name = "PERCENT", value_parser = positive)]
    precision: Option<f64>,
    /// With --precision: how long one workload and level may take for it, in seconds
    #[arg(long, env = "MEMSCOPE_BENCH_PRECISION_LIMIT", default_value_t = 60, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..))]
    precision_limit: u64,
}

impl PrecisionArguments {
    /// What is asked for, if anything.
    fn asked(&self) -> Option<Precision> {
        self.precision.map(|percent| Precision { percent, seconds: self.precision_limit })
    }
}

/// A positive number, for a percentage.
fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => Err("a precision is a positive percentage, such as 1".to_owned()),
    }
}

/// The form in which results are printed, for every command that prints some.
#[derive(Clone, Copy, Debug, Args)]
pub struct FormatArguments {
    /// What is printed on stdout
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl FormatArguments {
    /// Prints what was measured, and says on stderr what the form cannot show of it.
    fn print(&self, measured: &impl Printed) {
        println!("{}", self.format.draw(measured));
        for line in self.format.left_out(measured) {
            eprintln!("{line}");
        }
    }
}

/// What the environment asks of `cargo bench`, whose flags are Criterion's.
#[derive(Clone, Copy, Debug)]
pub struct Environment {
    /// The limits of each probe.
    pub limits: Limits,
    /// How precise the figures are to be, if that is asked for.
    pub precision: Option<Precision>,
}

impl Environment {
    /// Reads the variables. A value that is none ends the process with a message, as a bad flag does.
    pub fn read() -> Self {
        #[derive(Debug, Parser)]
        #[command(name = "cargo bench")]
        struct Variables {
            #[command(flatten)]
            limits: LimitArguments,
            #[command(flatten)]
            precision: PrecisionArguments,
        }
        let Variables { limits, precision } = Variables::parse_from(["cargo bench"]);
        Self { limits: limits.into(), precision: precision.asked() }
    }
}

/// How large a run is, with which data and on how many threads, for every command that runs workloads.
#[derive(Clone, Copy, Debug, Args)]
pub struct SizeArguments {
    /// The factor on the workloads' outer counts: 1 is the full stress run [default: 1 for stress, otherwise each
    /// workload's short scale]
    #[arg(long)]
    scale: Option<Scale>,
    /// The seed of the workloads' data
    #[arg(long, default_value_t = Scale::DEFAULT_SEED)]
    seed: u64,
    /// The threads of each pool of a parallel workload [default: as many as the machine runs at once]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_024))]
    threads: Option<u64>,
    /// Microseconds that tasks sleep where real work would wait (the published suite: 1000); by default they only yield
    #[arg(long, default_value_t = 0, value_name = "MICROSECONDS")]
    wait_us: u64,
}

impl SizeArguments {
    /// The scale that is asked for, or the given one, with the seed and the waits that are asked for.
    fn scale_or(&self, default: Scale) -> Scale {
        self.scale.unwrap_or(default).seeded(self.seed).waiting(Duration::from_micros(self.wait_us))
    }

    /// The number of threads that is asked for, or the machine's.
    fn threads(&self) -> usize {
        self.threads.map_or_else(pools::default_threads, |threads| threads as usize)
    }
}
