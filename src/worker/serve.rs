//! Runs the task that a parent process gives on standard input, and prints its reply as one line of JSON.

use crate::platform::{console, environment, system, text};
use crate::worker::fault::Fault;
use crate::worker::fork;
use crate::worker::probe;
use crate::worker::probe::{Observation, Request};
use crate::worker::task::{Task, TaskError};
use crate::worker::tasks::conformance::{self, Switched};
use crate::worker::tasks::{detection, latency, operation, planted, promises, recorded, replay, soak, windows};
use crate::workloads::Workload;
use std::env;
use std::io;
use std::process::ExitCode;

/// The exit code of a wrong command line, and of a reply that cannot be written.
const WRONG: u8 = 2;

/// The reason why a worker has no reply.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// A task that this process cannot do.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// A reply that cannot be written.
    #[error("the reply cannot be written: {0}")]
    NoReply(#[from] io::Error),
}

/// Runs the command line of a program that is only a worker: `worker [--parent=PID]`.
pub fn run() -> ExitCode {
    run_with(serve)
}

/// Runs the command line of a program that is only a worker, and runs its tasks with this function.
pub(crate) fn run_with(serve: impl FnOnce(Task, Option<&Fault>) -> Result<(), ServeError>) -> ExitCode {
    fork::settle_signals();
    let refuse = |why: &str, code: u8| {
        console::complain(format_args!("error: {}", text::one_line(why)));
        ExitCode::from(code)
    };
    let arguments: Vec<String> = env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let parent = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["worker"] => Ok(None),
        ["worker", parent] => parent.strip_prefix("--parent=").and_then(|id| id.parse().ok()).map(Some).ok_or(()),
        _ => Err(()),
    };
    let Ok(parent) = parent else {
        return refuse("this program does tasks for memscope-bench: worker [--parent=PID]", WRONG);
    };
    let fault = match environment::own(environment::FAULT).map(|fault| fault.to_string_lossy().parse()) {
        Some(Err(why)) => return refuse(&format!("invalid value for '{}': {why}", environment::FAULT), WRONG),
        fault => fault.and_then(Result::ok),
    };
    match task(parent).map_err(ServeError::from).and_then(|task| serve(task, fault.as_ref())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let code = if let ServeError::Task(error) = &error { error.exit_code() } else { WRONG };
            refuse(&error.to_string(), code)
        }
    }
}

/// Ties the process to its parent, and reads its task.
///
/// # Errors
/// If standard input is not a task.
pub(crate) fn task(parent: Option<u32>) -> Result<Task, TaskError> {
    if let Some(parent) = parent {
        system::die_with(parent);
    }
    Task::read(io::stdin().lock())
}

/// Runs a task and prints its reply, or commits a fault.
///
/// # Errors
/// If the task cannot be run here, or the reply cannot be written.
pub(crate) fn serve(task: Task, fault: Option<&Fault>) -> Result<(), ServeError> {
    match task {
        Task::Probe { request, fixed_seed } => return observe(request, fixed_seed, fault, probe::run),
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
        Task::Record(request) => console::reply(&recorded::run(&request)?)?,
        Task::Replay(request) => console::reply(&replay::run(&request)?)?,
        Task::ReplayLatencies(request) => console::reply(&replay::latencies(&request)?)?,
        Task::Conformance(request) => {
            console::reply(&conformance::run(&request, &Switched::prepare(request.level)?)?)?;
        }
        Task::About => return Err(TaskError::NoTracker.into()),
        Task::Pace => console::reply(&replay::pace())?,
        Task::Stress { .. } => return Err(TaskError::NotAStressRun.into()),
    }
    Ok(())
}

/// Commits a fault, if it is for this workload and place. A lie has no effect, because only a probe's reply is checked.
fn commit(fault: Option<&Fault>, workload: Workload, place: &str) {
    if let Some(fault) = fault {
        fault.commit(workload, place);
    }
}

/// Runs a probe and prints its observation, or commits a fault.
///
/// # Errors
/// If the probe cannot run here, or its observation cannot be written.
pub(crate) fn observe(
    request: Request,
    fixed_seed: bool,
    fault: Option<&Fault>,
    run: impl FnOnce(Request) -> Result<Observation, TaskError>,
) -> Result<(), ServeError> {
    if fixed_seed {
        probe::check_fixed_seed()?;
    }
    let lies = fault.is_some_and(|fault| fault.commit(request.workload, &request.level.to_string()));
    let mut observation = run(request)?;
    if lies {
        observation.digest.checksum ^= 1;
    }
    Ok(console::reply(&observation)?)
}
