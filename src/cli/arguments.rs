//! Arguments and progress bars that several commands share.

use crate::cli::executables::this_program;
use crate::cli::line::read_variables;
use crate::cli::{Error, journal};
use crate::platform::environment;
use crate::platform::itself;
use crate::platform::limits;
use crate::platform::list::each_once;
use crate::report::format::Format;
use crate::schedule::measurement::Precision;
use crate::schedule::scheduler::Progress;
use crate::study::Files;
use crate::tracking::references::{CONTROL_PROGRAM, Host, LINKED_PROGRAM};
use crate::tracking::{Level, LevelError};
use crate::worker::launcher::{Launcher, Limits};
use crate::worker::probe::Request;
use crate::workloads::{Scale, Workload, nameable, pools, programs, registered};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser, ValueParserFactory};
use clap::error::ErrorKind;
use clap::{Arg, Args, Command, Parser};
use indicatif::{ProgressBar, ProgressStyle};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// The longest time limit of a probe, in seconds: a year. Commands multiply it.
pub(super) const MAX_TIME_LIMIT: u64 = 365 * 24 * 60 * 60;

/// The limits of each probe, for every command that starts probes.
#[derive(Clone, Copy, Debug, Args)]
pub struct LimitArguments {
    /// The time limit of a probe, in seconds
    #[arg(long, env = environment::TIME_LIMIT, default_value_t = Limits::default().time.as_secs(),
          value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=MAX_TIME_LIMIT))]
    time_limit: u64,
    /// The memory limit of a probe, in MiB
    #[arg(long, env = environment::MEMORY_LIMIT, default_value_t = Limits::default().memory_bytes >> 20,
          value_name = "MIB", value_parser = clap::value_parser!(u64).range(16..(1 << 24)))]
    memory_limit: u64,
}

impl LimitArguments {
    /// Returns a launcher of this program.
    pub(super) fn launcher(self) -> Result<Launcher, Error> {
        this_program(self.into())
    }
}

impl From<LimitArguments> for Limits {
    fn from(arguments: LimitArguments) -> Self {
        Self { time: Duration::from_secs(arguments.time_limit), memory_bytes: arguments.memory_limit << 20 }
    }
}

/// The precision of the figures, for every command that measures some.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct PrecisionArguments {
    /// Run pairs until the half-width of each interval is below this percentage of its figure
    #[arg(long, env = environment::PRECISION, value_name = "PERCENT", value_parser = positive)]
    precision: Option<f64>,
    /// With --precision: the most seconds for one workload and level
    #[arg(long, env = environment::PRECISION_LIMIT, default_value_t = 60, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..))]
    precision_limit: u64,
}

impl PrecisionArguments {
    /// Returns the requested precision, if any.
    pub(super) fn requested(&self) -> Option<Precision> {
        self.precision.map(|percent| Precision { percent, seconds: self.precision_limit })
    }
}

/// Parses a number that is not negative, for a threshold.
pub(super) fn not_negative(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err("a threshold is a percentage, such as 3".to_owned()),
    }
}

/// Parses a positive number, for a precision.
fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => Err("a precision is a positive percentage, such as 1".to_owned()),
    }
}

/// The format in which a study is printed, for every command that prints one.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct FormatArguments {
    /// The output format on stdout
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

/// The place and the form of the results, and the limits of the probes, for every command that measures into a folder.
/// Each names its files in the help of `output`.
#[derive(Clone, Debug, Args)]
pub(super) struct ResultArguments {
    /// The folder for the results
    #[arg(long, default_value = "results", value_name = "DIR")]
    pub(super) output: PathBuf,
    #[command(flatten)]
    format: FormatArguments,
    #[command(flatten)]
    limits: LimitArguments,
}

impl ResultArguments {
    /// Returns the files of a study in the folder.
    pub(super) fn files<'a>(&'a self, name: &'a str) -> Files<'a> {
        Files { folder: &self.output, name }
    }

    /// Returns the path of a study's journal, after checking that a run may create or continue it.
    ///
    /// # Errors
    /// If an unfinished run has left a journal and is not resumed, or there is none to resume.
    pub(super) fn journal(&self, kind: &str, resume: bool) -> Result<PathBuf, Error> {
        let path = self.output.join(format!("{kind}.journal"));
        journal::check(&path, resume)?;
        Ok(path)
    }

    /// Returns the format of the printed report.
    pub(super) fn format(&self) -> Format {
        self.format.format
    }

    /// Returns the limits of each probe.
    pub(super) fn limits(&self) -> Limits {
        self.limits.into()
    }

    /// Returns a launcher of this program.
    pub(super) fn launcher(&self) -> Result<Launcher, Error> {
        self.limits.launcher()
    }
}

/// The control of a run, for every command that measures untracked against itself.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct KeepArguments {
    /// Keep the results even if the run's own control fails, because untracked differs from itself or the machine
    /// changed
    #[arg(long, env = environment::KEEP, value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) keep: bool,
}

/// The settings of `cargo bench` that come from environment variables, because its flags are Criterion's.
#[derive(Clone, Copy, Debug)]
pub struct Environment {
    /// The limits of each probe.
    pub limits: Limits,
    /// The requested precision, if any.
    pub precision: Option<Precision>,
    /// True if the results are kept even if the run's own control fails.
    pub keep: bool,
}

impl Environment {
    /// Reads the variables.
    ///
    /// # Errors
    /// The exit code, if a variable has a wrong value. The error has been printed.
    pub fn read() -> Result<Self, ExitCode> {
        crate::worker::fork::settle_signals();
        #[derive(Debug, Parser)]
        #[command(name = "cargo bench")]
        struct Variables {
            #[command(flatten)]
            limits: LimitArguments,
            #[command(flatten)]
            precision: PrecisionArguments,
            #[command(flatten)]
            keep: KeepArguments,
        }
        let Variables { limits, precision, keep } = read_variables()?;
        Ok(Self { limits: limits.into(), precision: precision.requested(), keep: keep.keep })
    }
}

/// The size of a run, its data and its threads, for every command that runs workloads.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct SizeArguments {
    /// The scale: a factor on the outer counts of the workloads. 1 is the full stress run [default: each workload's
    /// short scale]
    #[arg(long)]
    scale: Option<Scale>,
    /// The seed of the workloads' data
    #[arg(long, default_value_t = Scale::DEFAULT_SEED)]
    seed: u64,
    /// The number of threads in each pool of a parallel workload [default: the machine's available parallelism]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=1_024))]
    threads: Option<u64>,
    /// Let tasks sleep for this many microseconds where real work would wait (the published suite: 1000); by default
    /// they only yield
    #[arg(long, default_value_t = 0, value_name = "MICROSECONDS")]
    wait_us: u64,
}

impl SizeArguments {
    /// Returns the requested scale, or the given default, with the requested seed and waits.
    pub(super) fn scale_or(&self, default: Scale) -> Scale {
        self.scale.unwrap_or(default).seeded(self.seed).waiting(Duration::from_micros(self.wait_us))
    }

    /// Returns the work of a probe, by default at the workload's short scale.
    pub(super) fn request(&self, workload: Workload, level: Level) -> Request {
        let scale = self.scale_or(workload.short());
        Request { workload, level, scale, threads: self.threads(), count: false }
    }

    /// Returns the requested number of threads, or the machine's.
    pub(super) fn threads(&self) -> usize {
        self.threads.map_or_else(pools::default_threads, |threads| threads as usize)
    }
}

/// Reads the name of a workload on the command line.
#[derive(Clone, Debug)]
pub struct WorkloadParser(PossibleValuesParser);

impl ValueParserFactory for Workload {
    type Parser = WorkloadParser;

    fn value_parser() -> WorkloadParser {
        WorkloadParser(nameable().iter().map(|workload| workload.name()).into())
    }
}

impl TypedValueParser for WorkloadParser {
    type Value = Workload;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<Workload, clap::Error> {
        let named = |name: String| nameable().iter().copied().find(|workload| workload.name() == name);
        let parsed = self.0.parse_ref(command, argument, value).map(|name| named(name).expect("one of the names"));
        let program = programs().find(|program| !program.is_built() && value == program.name());
        let (Err(_), Some(program), true) = (&parsed, program, itself::another_command().is_none()) else {
            return parsed;
        };
        let argument = argument.map_or_else(|| "workload".to_owned(), ToString::to_string);
        let why = format!(
            "invalid value '{program}' for '{argument}': the program '{program}' is only in a build with `--features \
             programs`"
        );
        Err(clap::Error::raw(ErrorKind::InvalidValue, why).with_cmd(command))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        self.0.possible_values()
    }
}

/// Returns the named workloads, each once, or all if none is named.
pub(super) fn or_all(named: &[Workload]) -> Vec<Workload> {
    if named.is_empty() { registered().to_vec() } else { each_once(named.iter().copied()) }
}

/// Returns the named workloads, each once, or all workloads that a command of this build accepts.
pub(super) fn or_nameable(named: &[Workload]) -> Vec<Workload> {
    if named.is_empty() { nameable().to_vec() } else { or_all(named) }
}

/// Parses a level that this build can run.
pub(super) fn level(name: &str) -> Result<Level, String> {
    name.parse().map_err(|error: LevelError| error.to_string())
}

/// Parses a level that a build of memscope can run, for every command that makes builds.
pub(super) fn measurable(name: &str) -> Result<Level, String> {
    let level = level(name)?;
    match not_in_builds(level) {
        Some(why) => Err(why.to_owned()),
        None => Ok(level),
    }
}

/// Parses a level that a build of memscope can run, and that is compared with a baseline.
pub(super) fn compared(name: &str) -> Result<Level, String> {
    match measurable(name)? {
        Level::Untracked => Err("every level is compared with untracked; name another one".to_owned()),
        level if level.baseline() == level => {
            Err("it is only the baseline of other levels; name another one".to_owned())
        }
        level => Ok(level),
    }
}

/// Returns the reason why no build of memscope can run a level; `None` if builds can. A build is one program, without
/// the references.
pub(super) fn not_in_builds(level: Level) -> Option<&'static str> {
    match level.host() {
        Host::Heaptrack => None,
        Host::Switch if !level.is_reference() => None,
        Host::Program(LINKED_PROGRAM | CONTROL_PROGRAM) => Some(
            "it runs in a program of its own, which a build of memscope does not have; `modes` without a build \
             measures it with the memscope that memscope-bench is linked with",
        ),
        Host::Switch | Host::Program(_) => {
            Some("a build of memscope does not have this tracker; `trackers` measures it")
        }
    }
}

/// Returns the requested levels after `untracked`, which is always measured against itself for the noise floor.
pub(super) fn after_the_baseline(requested: &[Level]) -> Vec<Level> {
    each_once(std::iter::once(Level::Untracked).chain(requested.iter().copied()))
}

/// Returns a progress bar over a number of steps. `what` names the steps.
pub fn bar(total: usize, what: &str) -> ProgressBar {
    let template = format!("{{msg:32}} {{bar:40}} {{pos}}/{{len}} {what}, {{eta}} left");
    ProgressBar::new(total as u64).with_style(ProgressStyle::with_template(&template).expect("a valid template"))
}

/// Draws a bar again and again, so that its clock goes on. That takes a thread, which a bar that nobody sees is not
/// worth, and neither is a moving clock where the system allows none.
pub(super) fn tick(bar: &ProgressBar, interval: Duration) {
    if !bar.is_hidden() && limits::allow_a_thread() {
        bar.enable_steady_tick(interval);
    }
}

/// Shows on a bar which measurement takes its pairs, and the number of finished rounds.
pub fn show(bar: &ProgressBar, Progress { workload, level, rounds }: Progress) {
    bar.set_message(format!("{workload}/{level}"));
    bar.set_position(rounds as u64);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workloads_and_levels_that_are_named_twice_count_once() {
        assert_eq!(or_all(&[]), registered());
        assert_eq!(or_all(&[Workload::MIXED, Workload::CYCLES, Workload::MIXED]), [Workload::MIXED, Workload::CYCLES]);
        let levels = [Level::Full, Level::Untracked, Level::Counting, Level::Full];
        assert_eq!(after_the_baseline(&levels), [Level::Untracked, Level::Full, Level::Counting]);
    }

    #[test]
    fn a_build_has_the_levels_of_its_own_program() {
        let in_builds = |level: &Level| not_in_builds(*level).is_none();
        assert!(Level::ALL.iter().all(in_builds));
        assert_eq!(Level::REFERENCES.iter().copied().filter(in_builds).collect::<Vec<_>>(), [Level::Heaptrack]);
        let without: Vec<Level> = Level::MODES.iter().copied().filter(|level| !in_builds(level)).collect();
        assert_eq!(without, [Level::Plain, Level::Linked]);
        assert_eq!(measurable("untracked"), Ok(Level::Untracked));
        for (name, part) in [("linked", "a program of its own"), ("plain", "a program of its own"), ("none", "unknown")]
        {
            let refused = measurable(name).expect_err("no build has it");
            assert!(refused.contains(part) && compared(name).is_err(), "{name}: {refused}");
        }
        assert_eq!(compared("full"), Ok(Level::Full));
        for (name, part) in [("untracked", "is compared with untracked"), ("whole-process", "only the baseline")] {
            let refused = compared(name).expect_err("it tracks nothing");
            assert!(refused.contains(part), "{name}: {refused}");
        }
    }
}
