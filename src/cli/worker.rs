//! `memscope-bench worker`: reads one task from standard input, does it, and prints its reply as one line of JSON.

use crate::cli::probe::observe;
use crate::cli::{Error, stress};
use crate::platform::{console, environment, system};
use crate::worker::fault::Fault;
use crate::worker::probe;
use crate::worker::probe::{Observation, Request};
use crate::worker::task::{Task, TaskError};
use crate::worker::tasks::{detection, latency, operation, planted, promises, replay, soak, windows};
use crate::workloads::Workload;
use clap::Args;
use std::io;

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

impl Arguments {
    /// Ties the process to its parent, and reads its task.
    fn task(&self) -> Result<Task, Error> {
        if let Some(parent) = self.parent {
            system::die_with(parent);
        }
        Ok(Task::read(io::stdin().lock())?)
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let fault = arguments.fault.as_ref();
    match arguments.task()? {
        Task::Probe { request, fixed_seed } => observe(request, fixed_seed, fault, probe::run)?,
        Task::Windows(request) => {
            commit(fault, request.probe.workload, &request.probe.level.to_string());
            console::reply(&windows::run(request)?)?;
        }
        Task::Latency(pattern) => console::reply(&latency::run(pattern)?)?,
        Task::Operation(request) => console::reply(&operation::run(request)?)?,
        Task::Soak(request) => console::reply(&soak::run(&request)?)?,
        Task::Reports => console::reply(&detection::Report::all())?,
        Task::Detection(request) => {
            commit(fault, request.workload, &request.report);
            console::reply(&detection::run(request)?)?;
        }
        Task::Planted(request) => console::reply(&planted::run(request)?)?,
        Task::Promise(request) => {
            if let Some(fault) = fault {
                fault.commit_promise(&request.promise);
            }
            console::reply(&promises::run(&request)?)?;
        }
        Task::Replay(request) => console::reply(&replay::run(&request)?)?,
        Task::Pace => console::reply(&replay::pace())?,
        Task::Stress { scale, output } => stress::run_task(scale, &output)?,
    }
    Ok(())
}

/// Commits a fault, if it is for this workload and place. A lie changes nothing: only a probe's reply is checked.
fn commit(fault: Option<&Fault>, workload: Workload, place: &str) {
    if let Some(fault) = fault {
        fault.commit(workload, place);
    }
}

/// Runs the task of a program that runs probes alone.
pub(super) fn run_probe(
    arguments: &Arguments,
    run: impl FnOnce(Request) -> Result<Observation, TaskError>,
) -> Result<(), Error> {
    match arguments.task()? {
        Task::Probe { request, fixed_seed } => observe(request, fixed_seed, arguments.fault.as_ref(), run),
        _ => Err(TaskError::NotAProbe.into()),
    }
}
