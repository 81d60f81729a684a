//! `memscope-bench stress`, also the default command: runs the phases under full tracking, prints their figures, and
//! draws the memory analysis.

use crate::cli::arguments::{FormatArguments, SizeArguments, or_all};
use crate::cli::executables::PROGRAM;
use crate::cli::{Error, own_report};
use crate::platform::console;
use crate::platform::system::Toolchain;
use crate::report::format::Format;
use crate::report::number;
use crate::report::origin::{Origin, command_of_this_process};
use crate::study::Files;
use crate::study::stress;
use crate::study::stress::summary;
use crate::worker::failure::Failure;
use crate::worker::launcher::{Launcher, Limits};
use crate::worker::task::Task;
use crate::workloads::{Scale, Workload, pools, registered};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name of the chart's file.
pub const PICTURE: &str = "memory_analysis.svg";
/// The common name of the files.
const NAME: &str = "memory_analysis";

/// Time limit of each phase in the full run of `cargo bench`.
const PHASE_LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
#[command(mut_arg("scale", |scale| scale.help(
    "The scale: a factor on the outer counts of the workloads. 1 is the full stress run [default: 1]")))]
pub(super) struct Arguments {
    #[command(flatten)]
    size: SizeArguments,
    /// The phases in order, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// The folder for memory_analysis.json, .md and .svg
    #[arg(long, default_value = ".", value_name = "DIR")]
    output: PathBuf,
    /// Keep memscope's own HTML dashboard too, if the linked version writes one. It takes megabytes, and minutes for a
    /// full run
    #[arg(long)]
    dashboard: bool,
    #[command(flatten)]
    format: FormatArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let scale = arguments.size.scale_or(Scale::FULL);
    let threads = arguments.size.threads();
    let workloads = or_all(&arguments.workloads);
    let files = Files { folder: &arguments.output, name: NAME };
    measure(&workloads, scale, threads, files, arguments.format.format, Origin::of_this_command)?;
    own_report::keep(&arguments.output, arguments.dashboard)
}

/// Runs the full run for a parent process.
///
/// # Errors
/// If it cannot be run or written.
pub(super) fn run_task(scale: Scale, output: &str) -> Result<(), Error> {
    let arguments = ["stress".to_owned(), format!("--scale={}", scale.factor()), format!("--seed={}", scale.seed())];
    let arguments = arguments.into_iter().chain([format!("--output={output}")]);
    let origin = || Origin::here(command_of_this_process(PROGRAM, arguments.map(OsString::from)));
    let output = Path::new(output);
    let files = Files { folder: output, name: NAME };
    measure(registered(), scale, pools::default_threads(), files, Format::default(), origin)?;
    own_report::keep(output, false)
}

/// Runs workloads as phases, prints their figures, and writes the record and the chart.
fn measure(
    workloads: &[Workload],
    scale: Scale,
    threads: usize,
    files: Files<'_>,
    format: Format,
    origin: impl FnOnce() -> Origin,
) -> Result<(), Error> {
    files.prepare::<stress::Record>()?;
    // Other programs read every other format: stdout has the record alone.
    let report = |words: String| match format {
        Format::Text => console::print(words),
        _ => console::complain(words),
    };
    report(summary::opening(workloads, scale, threads));
    if Toolchain::THIS_IS_UNOPTIMISED {
        report("This is a debug build: it takes minutes for what `cargo run --release` does in seconds.".to_owned());
    }
    let bar = ProgressBar::new(workloads.len() as u64)
        .with_style(ProgressStyle::with_template("{bar:40} phase {pos}/{len}, {msg}").expect("a valid template"));
    let ticking = bar.clone();
    let tick = move |allocations| {
        ticking.set_message(format!("{} allocations", number::grouped(allocations)));
    };
    let mut number = 0;
    let record = stress::run(workloads, scale, threads, origin(), tick, |phase, heaps| {
        number += 1;
        bar.suspend(|| report(summary::phase(number, phase, heaps)));
        bar.inc(1);
    })?;
    bar.finish_and_clear();
    Ok(files.finish(&record, format)?)
}

/// Runs the stress run of another memscope-bench program, which prints to this console.
///
/// # Errors
/// The failure. The files are then unchanged.
pub fn run_as_child(program: &Path, scale: Scale, output: &Path) -> Result<(), Failure> {
    let task = Task::Stress { scale, output: output.display().to_string() };
    let limits = Limits { time: PHASE_LIMIT * registered().len() as u32, ..Limits::default() };
    Launcher::new(program.to_owned(), limits).run_printing(&task)
}
