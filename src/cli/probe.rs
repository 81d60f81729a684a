//! `memscope-bench probe`: one observation, as one line of JSON on stdout and nothing else there.

use crate::cli::Error;
use crate::cli::arguments::{ParentArguments, SizeArguments};
use crate::platform::{console, environment};
use crate::tracking::Level;
use crate::worker::probe;
use crate::worker::probe::{CannotRun, Observation, Request, Resident};
use crate::workloads::{Workload, registered};
use clap::Args;
use std::str::FromStr;

#[derive(Debug, Args)]
pub struct Arguments {
    /// What to run
    #[arg(long)]
    workload: Workload,
    /// What to run it under
    #[arg(long)]
    tracking: Level,
    #[command(flatten)]
    size: SizeArguments,
    /// Let the harness's counters run too, for fidelity; the time then means nothing
    #[arg(long)]
    count: bool,
    /// Refuse to run unless the seeds of hash maps are fixed
    #[arg(long, hide = true)]
    fixed_seed: bool,
    #[command(flatten)]
    parent: ParentArguments,
    /// A fault to commit instead, to see what the harness makes of it: `workload/level=hang`, `crash`, `exit`, `lie`
    /// or `exhaust`
    #[arg(long, hide = true, env = environment::FAULT)]
    fault: Option<Fault>,
}

impl Arguments {
    /// What is asked for; from here on the process ends with its parent.
    fn request(&self) -> Request {
        self.parent.tie();
        Request {
            workload: self.workload,
            level: self.tracking,
            scale: self.size.scale_or(self.workload.short()),
            threads: self.size.threads(),
            count: self.count,
        }
    }

    /// Runs a probe and prints what it saw, or commits the fault that is asked for.
    fn print_with_fault(&self, run: impl FnOnce(Request) -> Result<Observation, CannotRun>) -> Result<(), Error> {
        let request = self.request();
        if self.fixed_seed {
            probe::check_fixed_seed()?;
        }
        let fault = self.fault.as_ref().filter(|fault| fault.hits(&request)).map(|fault| fault.kind);
        if let Some(kind) = fault {
            kind.commit();
        }
        let mut observation = run(request)?;
        if fault == Some(FaultKind::Lie) {
            observation.digest.checksum ^= 1;
        }
        Ok(console::reply(&observation)?)
    }
}

/// Runs a probe of the control program.
pub fn run_control(arguments: &Arguments) -> Result<(), Error> {
    Ok(console::reply(&probe::run_control(arguments.request())?)?)
}

/// Runs a probe of a program whose allocator is a reference.
pub fn run_resident(arguments: &Arguments, resident: &Resident) -> Result<(), Error> {
    arguments.print_with_fault(|request| probe::run_resident(request, resident))
}

pub fn run(arguments: &Arguments) -> Result<(), Error> {
    arguments.print_with_fault(probe::run)
}

/// A fault that a probe of one workload and level commits on purpose.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    workload: String,
    tracking: String,
    kind: FaultKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum FaultKind {
    Hang,
    Crash,
    Exit,
    Lie,
    Exhaust,
}

impl Fault {
    fn hits(&self, request: &Request) -> bool {
        self.workload == request.workload.name() && self.tracking == request.level.to_string()
    }

    /// Commits the fault if it is meant for what is about to run, which need not be a probe: a level's place may have
    /// another name.
    pub(super) fn commit_for(&self, workload: Workload, place: &str) {
        if self.workload == workload.name() && self.tracking == place {
            self.kind.commit();
        }
    }
}

impl FaultKind {
    /// Does what a broken tracker might do.
    fn commit(self) {
        match self {
            Self::Hang => loop {
                std::thread::park();
            },
            Self::Crash => std::process::abort(),
            Self::Exit => std::process::exit(70),
            Self::Exhaust => {
                let mut hoard: Vec<Vec<u8>> = Vec::new();
                loop {
                    hoard.push(std::hint::black_box(Vec::with_capacity(1 << 26)));
                }
            }
            Self::Lie => {}
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = || "a fault is written workload/level=hang, crash, exit, lie or exhaust".to_owned();
        let (cell, kind) = text.split_once('=').ok_or_else(wanted)?;
        let (workload, tracking) = cell.split_once('/').ok_or_else(wanted)?;
        let kind = <FaultKind as clap::ValueEnum>::from_str(kind, false).map_err(|_| wanted())?;
        if !registered().iter().any(|known| known.name() == workload) {
            return Err(format!("there is no workload '{workload}'"));
        }
        // A report of memscope has a name that ends in a level.
        let level = tracking.rsplit('/').next().unwrap_or_default();
        Level::try_from(level.to_owned()).map_err(|error| error.to_string())?;
        Ok(Self { workload: workload.to_owned(), tracking: tracking.to_owned(), kind })
    }
}
