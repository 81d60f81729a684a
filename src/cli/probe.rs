//! `memscope-bench probe`: prints one observation as one line of JSON, and nothing else on standard output.

use crate::cli::Error;
use crate::cli::arguments::SizeArguments;
use crate::platform::environment;
use crate::tracking::Level;
use crate::worker::fault::Fault;
use crate::worker::probe;
use crate::worker::probe::{Observation, Request};
use crate::worker::serve::observe;
use crate::worker::task::TaskError;
use crate::workloads::Workload;
use clap::Args;

#[derive(Debug, Args)]
#[command(mut_arg("scale", |scale| scale.help(
    "The scale: a factor on the outer counts of the workload. 1 is the full stress run [default: its short scale]")))]
pub(super) struct Arguments {
    /// The workload
    #[arg(long)]
    workload: Workload,
    /// The level
    #[arg(long, value_name = "LEVEL")]
    tracking: Level,
    #[command(flatten)]
    size: SizeArguments,
    /// Run the harness's counters too, for fidelity. The time is then meaningless
    #[arg(long)]
    count: bool,
    /// Commit a fault: `workload/level=hang`, `crash`, `exit`, `lie` or `exhaust`
    #[arg(long, hide = true, env = environment::FAULT)]
    fault: Option<Fault>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    run_by(arguments, probe::run)
}

/// Runs the probe with a program's own function.
pub(super) fn run_by(
    arguments: &Arguments,
    run: impl FnOnce(Request) -> Result<Observation, TaskError>,
) -> Result<(), Error> {
    let request = Request {
        workload: arguments.workload,
        level: arguments.tracking,
        scale: arguments.size.scale_or(arguments.workload.short()),
        threads: arguments.size.threads(),
        count: arguments.count,
    };
    Ok(observe(request, false, arguments.fault.as_ref(), run)?)
}
