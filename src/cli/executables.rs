//! This program, as it starts itself, and the command line of the programs that run probes with another allocator.

use crate::cli::{Error, exit_code, probe, read_command_line, worker};
use crate::tracking::AllocationTracker;
pub(super) use crate::tracking::references::CONTROL_PROGRAM as CONTROL;
use crate::worker::installed::Installed;
use crate::worker::launcher::{Launcher, Limits};
use crate::worker::probe::{Observation, Request};
use crate::worker::task::TaskError;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The name of this program.
pub(super) const PROGRAM: &str = "memscope-bench";

/// Returns a launcher of this program.
pub(super) fn this_program(limits: Limits) -> Result<Launcher, Error> {
    Launcher::of_this_program(limits).map_err(|error| Error::Other(format!("cannot find this program: {error}")))
}

/// The command line of a program that only runs probes.
#[derive(Debug, Parser)]
#[command(version, about = "Runs workloads with an allocator of this program's own")]
struct ProbeProgram {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run one workload once, and print the observation as one line of JSON
    Probe(probe::Arguments),
    /// Run the probe on standard input
    #[command(hide = true)]
    Worker(worker::Arguments),
}

/// Runs the command line of a program that only runs probes. `run` runs one probe.
pub fn run_probe(run: impl FnOnce(Request) -> Result<Observation, TaskError>) -> ExitCode {
    match read_command_line::<ProbeProgram>() {
        Ok(ProbeProgram { command: Command::Probe(arguments) }) => exit_code(probe::run_by(&arguments, run)),
        Ok(ProbeProgram { command: Command::Worker(arguments) }) => exit_code(worker::run_probe(&arguments, run)),
        Err(code) => code,
    }
}

/// Runs the command line of a program whose allocator is a tracker.
pub fn run_tracker<T: AllocationTracker>(tracker: &Installed<T>) -> ExitCode {
    match read_command_line::<ProbeProgram>() {
        Ok(ProbeProgram { command: Command::Probe(arguments) }) => {
            exit_code(probe::run_by(&arguments, |request| tracker.probe(request)))
        }
        Ok(ProbeProgram { command: Command::Worker(arguments) }) => {
            exit_code(worker::run_by(&arguments, |task, fault| tracker.serve(task, fault)))
        }
        Err(code) => code,
    }
}
