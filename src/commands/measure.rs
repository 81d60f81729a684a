//! `memscope-bench measure`: overheads by pairs of probes, for a quick answer without Criterion.

use super::{Error, LimitArguments, PrecisionArguments, SizeArguments};
use crate::files::{self, FileError};
use crate::measure::Plan;
use crate::origin::Origin;
use crate::report::table::{self, Form};
use crate::results::Results;
use crate::tracking::Tracking;
use crate::workloads::Workload;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub struct Arguments {
    /// What to run [default: all eight]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// What to run it under; untracked against itself is always measured too, for the noise floor
    #[arg(long, value_delimiter = ',', value_name = "LEVELS", default_values = ["full"])]
    tracking: Vec<Tracking>,
    /// How many pairs of processes for each workload and level
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    pairs: u32,
    #[command(flatten)]
    size: SizeArguments,
    #[command(flatten)]
    precision: PrecisionArguments,
    /// Measure untracked against the control program too, which has neither memscope nor the switched allocator
    #[arg(long)]
    control: bool,
    /// Write everything that was measured to this file, as JSON
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the command of each probe to this file when it starts
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    #[command(flatten)]
    limits: LimitArguments,
}

pub fn run(arguments: &Arguments) -> Result<(), Error> {
    if let Some(output) = &arguments.output {
        check_output(output)?;
    }
    let mut launcher = super::this_program(arguments.limits.into())?;
    let control = if arguments.control { Some(launcher.beside(super::CONTROL)?) } else { None };
    if let Some(path) = &arguments.log {
        let log = File::create(path).map_err(|source| FileError::Write { path: path.clone(), source })?;
        launcher = launcher.logging_to(log);
    }

    let workloads = if arguments.workloads.is_empty() { Workload::ALL } else { &arguments.workloads };
    let mut levels = vec![Tracking::Untracked];
    levels.extend(arguments.tracking.iter().filter(|&&level| level != Tracking::Untracked));
    levels.dedup();
    let scale = |workload: Workload| arguments.size.scale_or(workload.short());
    let threads = arguments.size.threads();

    let plan = Plan {
        workloads,
        levels: &levels,
        scale: &scale,
        threads,
        pairs: arguments.pairs as usize,
        precision: arguments.precision.asked(),
    };

    let mut results = Results { precision: plan.precision, ..Results::begin(Origin::of_this_command()) };
    let columns = levels.len() + usize::from(control.is_some());
    let bar = ProgressBar::new((workloads.len() * columns) as u64 * u64::from(arguments.pairs)).with_style(
        ProgressStyle::with_template("{msg:24} {bar:40} {pos}/{len} pairs, {eta} left").expect("a valid template"),
    );
    let progress = |workload, level| {
        bar.set_message(format!("{workload}/{level}"));
        bar.inc(1);
    };
    results.cells = plan.measure(&launcher, progress);
    if let Some(control) = &control {
        results.cells.extend(plan.measure_control(control, &launcher, progress));
    }
    bar.finish_and_clear();

    println!("{}", table::overheads(&results, Form::Terminal));
    if let Some(output) = &arguments.output {
        files::write_json(output, &results)?;
    }
    Ok(())
}

/// Sees before a long run that its results can be written, and will not take the place of something else.
fn check_output(path: &Path) -> Result<(), FileError> {
    if path.is_dir() {
        let source = std::io::Error::other("it is a folder; name a file");
        return Err(FileError::Write { path: path.to_owned(), source });
    }
    if path.exists() {
        files::read::<Results>(path)?;
    }
    files::prepare_folder(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}
