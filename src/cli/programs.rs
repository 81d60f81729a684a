//! The programs: this one, as it starts itself, and the command lines of those beside it. The control, and those whose
//! allocator is a reference, run probes and nothing else.

use crate::cli::{Error, exit_code, probe};
use crate::worker::launcher::{Launcher, Limits};
use crate::worker::probe::Resident;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The name of this program.
pub(super) const PROGRAM: &str = "memscope-bench";

/// The name of the control program.
pub const CONTROL: &str = "memscope-bench-control";

/// A launcher of this very program.
pub(super) fn this_program(limits: Limits) -> Result<Launcher, Error> {
    Launcher::of_this_program(limits).map_err(|error| Error::System(format!("cannot find this program: {error}")))
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
