//! `memscope-bench measure`: measures overheads by pairs of probes, for a quick answer without Criterion, or by
//! instructions, if the machine is too noisy to measure time.

use crate::builds::layout;
use crate::cli::arguments::{
    FormatArguments, KeepArguments, LimitArguments, PrecisionArguments, SizeArguments, after_the_baseline, bar, or_all,
};
use crate::cli::executables::{CONTROL, PROGRAM};
use crate::cli::{Error, journal};
use crate::platform::files;
use crate::platform::files::FileError;
use crate::platform::files::Versioned;
use crate::platform::list::each_once;
use crate::report::origin::Origin;
use crate::schedule::journal::Journal;
use crate::schedule::measurement::Measurement;
use crate::schedule::plan::{Effort, PAIRS, Plan};
use crate::study::instructions;
use crate::study::instructions::InstructionCounter;
use crate::study::instructions::record::InstructionCount;
use crate::study::overhead::record::Results;
use crate::study::{self, Files};
use crate::tracking::Level;
use crate::worker::launcher::Launcher;
use crate::workloads::{Workload, registered};
use clap::Args;
use std::path::{Path, PathBuf};

/// The option that counts instead of measuring time.
const COUNTING: &str = "--instructions";

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The workloads, separated by commas [default: all; with --instructions, the single-threaded ones]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// The levels, separated by commas. Untracked against itself is always measured too, for the noise floor
    #[arg(long, value_delimiter = ',', value_name = "LEVELS", default_value = "full")]
    tracking: Vec<Level>,
    /// The number of pairs of processes for each workload and level
    #[arg(long, default_value_t = PAIRS as u32, value_name = "NUMBER",
          value_parser = clap::value_parser!(u32).range(1..))]
    pairs: u32,
    /// Count instructions and simulated cache misses under valgrind instead of measuring time, for machines that are
    /// too noisy for time. Single-threaded workloads only, each twice. Multiplies the time limit by 50
    #[arg(long, conflicts_with_all = ["pairs", "precision", "control"])]
    instructions: bool,
    #[command(flatten)]
    size: SizeArguments,
    #[command(flatten)]
    precision: PrecisionArguments,
    /// Measure untracked against the control program too, which contains neither memscope nor the switched allocator
    #[arg(long)]
    control: bool,
    /// With --control: the number of layouts. For each layout, both programs are linked with their functions in another
    /// order
    #[arg(long, requires = "control", value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(6..=100))]
    layouts: Option<u32>,
    /// Write the results to this folder: overhead.json, .md and .svg, or control.* and instructions.* with those
    /// options
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Resume an interrupted run of the same command
    #[arg(long, requires = "output", conflicts_with = "instructions")]
    resume: bool,
    /// Write the command of each probe to this file as it starts
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    #[command(flatten)]
    keep: KeepArguments,
    #[command(flatten)]
    format: FormatArguments,
    #[command(flatten)]
    limits: LimitArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let files = arguments.output.as_ref().map(|folder| Files { folder, name: arguments.name() });
    if let Some(files) = &files {
        files.prepare::<Results>()?;
        if let Some(log) = arguments.log.as_ref().filter(|log| files.has(log)) {
            return Err(Error::Other(format!("--log names a file of --output: {}", log.display())));
        }
    }
    if let Some(path) = arguments.journal() {
        journal::check(&path, arguments.resume)?;
    }
    let launcher = launcher(arguments)?;
    // The spread between sessions is stored next to the results of a folder.
    let folder = arguments.output.as_deref().unwrap_or(Path::new("results"));
    let origin = match arguments.journal() {
        Some(path) => journal::origin(&path)?,
        None => Origin::of_this_command(),
    };
    let mut results = Results::begin(origin).with_sessions_of(folder);
    let mut journal = None;
    if arguments.instructions {
        let levels = each_once(arguments.tracking.iter().copied());
        results.instructions = count(arguments, &launcher, &levels)?;
    } else {
        let levels = after_the_baseline(&arguments.tracking);
        results.precision = arguments.precision.requested();
        (results.measurements, journal) = pairs(arguments, &launcher, &levels)?;
    }
    match files {
        Some(files) => journal::finish(&files, &results, journal, arguments.format.format, arguments.keep)?,
        None => study::print(&results, arguments.format.format),
    }
    match (&arguments.log, launcher.log_failure()) {
        (Some(path), Some(source)) => Err(FileError::Write { path: path.clone(), source }.into()),
        _ => Ok(()),
    }
}

impl Arguments {
    /// Returns the path of the journal, for a run whose results are kept.
    fn journal(&self) -> Option<PathBuf> {
        let folder = self.output.as_ref().filter(|_| !self.instructions)?;
        Some(folder.join(format!("{}.journal", self.name())))
    }

    /// Returns the common name of the files.
    const fn name(&self) -> &'static str {
        match self {
            Self { instructions: true, .. } => "instructions",
            Self { control: true, .. } => "control",
            _ => Results::KIND,
        }
    }
}

fn launcher(arguments: &Arguments) -> Result<Launcher, Error> {
    let launcher = arguments.limits.launcher()?;
    let Some(path) = &arguments.log else { return Ok(launcher) };
    Ok(launcher.logging_to(files::stream(path)?))
}

/// Measures time, by pairs.
fn pairs(
    arguments: &Arguments,
    launcher: &Launcher,
    levels: &[Level],
) -> Result<(Vec<Measurement>, Option<Journal>), Error> {
    let controlled = controlled(arguments, launcher)?;
    let workloads = or_all(&arguments.workloads);
    let request = |workload, level| arguments.size.request(workload, level);
    let mut plan =
        Plan::new(Effort { precision: arguments.precision.requested(), ..Effort::pairs(arguments.pairs as usize) });
    plan.add_overheads(launcher, &workloads, levels, request);
    for Controlled { layout, launcher, control } in &controlled {
        plan.add_control(control, launcher, *layout, &workloads, request);
    }
    journal::measure(arguments.journal().as_deref(), arguments.resume, plan, launcher)
}

/// A control program, and the program that it is paired with.
struct Controlled {
    layout: Option<u32>,
    launcher: Launcher,
    control: Launcher,
}

/// Returns the requested control programs: none, the control program of this package, or one for each layout.
fn controlled(arguments: &Arguments, launcher: &Launcher) -> Result<Vec<Controlled>, Error> {
    if !arguments.control {
        return Ok(Vec::new());
    }
    let Some(layouts) = arguments.layouts else {
        return Ok(vec![Controlled { layout: None, launcher: launcher.clone(), control: launcher.beside(CONTROL)? }]);
    };
    let bar = bar(layouts as usize, "layouts linked");
    let linked = (1..=layouts).map(|seed| {
        let folder = layout::shuffled(&[PROGRAM, CONTROL], seed)?;
        bar.inc(1);
        let launcher = Launcher::new(folder.join(PROGRAM), arguments.limits.into());
        let control = launcher.beside(CONTROL)?;
        Ok(Controlled { layout: Some(seed), launcher, control })
    });
    let linked = linked.collect();
    bar.finish_and_clear();
    linked
}

/// Counts instructions.
fn count(arguments: &Arguments, launcher: &Launcher, levels: &[Level]) -> Result<Vec<InstructionCount>, Error> {
    let parallel: Vec<&str> =
        arguments.workloads.iter().filter(|workload| workload.is_parallel()).map(|workload| workload.name()).collect();
    if !parallel.is_empty() {
        return Err(Error::Parallel { option: COUNTING, workloads: parallel.join(", ") });
    }
    let counter = InstructionCounter::new(launcher).map_err(|why| Error::CannotCount { option: COUNTING, why })?;
    let mut workloads = or_all(&arguments.workloads);
    workloads.retain(|workload| !workload.is_parallel());
    let scale = |workload: Workload| arguments.size.scale_or(workload.short());
    // All levels of a workload share its untracked runs.
    let bar = bar(workloads.len() * (levels.len() + 1) * instructions::RUNS, "runs");
    let counts = instructions::count_instructions(&counter, &workloads, levels, scale, |workload, level| {
        bar.set_message(format!("{workload}/{level}"));
        bar.inc(1);
    });
    bar.finish_and_clear();
    Ok(counts)
}

/// Returns the names of the workloads that run on a single thread.
pub(super) fn single_threaded() -> String {
    let single = registered().iter().filter(|workload| !workload.is_parallel());
    single.map(|workload| workload.name()).collect::<Vec<_>>().join(", ")
}
