//! `memscope-bench worker`: reads one task from standard input, runs it, and prints its reply as one line of JSON.

use crate::cli::{Error, stress};
use crate::platform::environment;
use crate::worker::fault::Fault;
use crate::worker::probe::{Observation, Request};
use crate::worker::serve::{ServeError, observe, serve, task};
use crate::worker::task::{Task, TaskError};
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The process to end with
    #[arg(long, hide = true)]
    parent: Option<u32>,
    /// Commit a fault: `workload/level=hang`, `crash`, `exit`, `lie` or `exhaust`, with a report's name as the level of
    /// a detection, and `promise/NAME` for a promise
    #[arg(long, hide = true, env = environment::FAULT)]
    fault: Option<Fault>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    match task(arguments.parent)? {
        Task::Stress { scale, output } => stress::run_task(scale, &output),
        task => Ok(serve(task, arguments.fault.as_ref())?),
    }
}

/// Runs the task of a program that only runs probes.
pub(super) fn run_probe(
    arguments: &Arguments,
    run: impl FnOnce(Request) -> Result<Observation, TaskError>,
) -> Result<(), Error> {
    run_by(arguments, |task, fault| match task {
        Task::Probe { request, fixed_seed } => observe(request, fixed_seed, fault, run),
        _ => Err(TaskError::NotAProbe.into()),
    })
}

/// Runs the task with a program's own function.
pub(super) fn run_by(
    arguments: &Arguments,
    serve: impl FnOnce(Task, Option<&Fault>) -> Result<(), ServeError>,
) -> Result<(), Error> {
    Ok(serve(task(arguments.parent)?, arguments.fault.as_ref())?)
}
