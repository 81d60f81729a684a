//! `memscope-bench programs`: measures real programs and the stress workloads, and fits the curve of the overhead over
//! the allocation rate.

use crate::cli::arguments::{KeepArguments, ResultArguments, SizeArguments, after_the_baseline, bar, or_nameable};
use crate::cli::{Error, journal};
use crate::platform::files::Versioned;
use crate::platform::itself;
use crate::schedule::plan::{Effort, Plan};
use crate::study::programs::{Counted, Programs, SCHEMA};
use crate::tracking::Level;
use crate::workloads::Workload;
use clap::Args;

#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output.help("The folder for programs.json, programs.md and programs.svg")))]
pub(super) struct Arguments {
    /// The workloads, separated by commas [default: the stress workloads and the programs]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// The levels, separated by commas. Untracked against itself is always measured too, for the noise floor
    #[arg(long, value_delimiter = ',', value_name = "LEVELS", default_value = "variables,allocator,full")]
    tracking: Vec<Level>,
    /// The number of pairs of processes for each workload and level
    #[arg(long, default_value_t = 24, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(6..))]
    pairs: u32,
    #[command(flatten)]
    size: SizeArguments,
    /// Resume an interrupted run of the same command
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    keep: KeepArguments,
    #[command(flatten)]
    results: ResultArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    if itself::another_command().is_some() {
        return Err(Error::Other("`programs` measures memscope-bench's own programs: run it in its clone".to_owned()));
    }
    if cfg!(not(feature = "programs")) {
        let build = "cargo run --release --features programs -- programs";
        return Err(Error::Other(format!("this build contains no programs; build it with them: {build}")));
    }
    let files = arguments.results.files(Programs::KIND);
    files.prepare::<Programs>()?;
    let path = arguments.results.journal(Programs::KIND, arguments.resume)?;
    let launcher = arguments.results.launcher()?;

    let origin = journal::origin(&path)?;
    let workloads = or_nameable(&arguments.workloads);
    let request = |workload, level| arguments.size.request(workload, level);
    let mut plan = Plan::new(Effort::pairs(arguments.pairs as usize));
    plan.add_overheads(&launcher, &workloads, &after_the_baseline(&arguments.tracking), request);
    let (measurements, journal) = journal::measure(Some(&path), arguments.resume, plan, &launcher)?;

    let counting = bar(workloads.len(), "workloads counted");
    let counted = |&workload: &Workload| {
        counting.set_message(workload.name());
        counting.inc(1);
        Counted::of(&launcher, request(workload, Level::Counting))
    };
    let counts = workloads.iter().map(counted).collect();
    counting.finish_and_clear();
    let programs = Programs { schema: SCHEMA, origin, measurements, counts };
    journal::finish(&files, &programs, journal, arguments.results.format(), arguments.keep)
}
