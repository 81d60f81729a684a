//! `memscope-bench trackers`: measures memscope's levels among other trackers.
//!
//! A tracker with a separate program is measured in that program. If Cargo, asked to run this program, has not built
//! those, or not since, they are built first.

use crate::cli::arguments::{KeepArguments, ResultArguments, SizeArguments, or_all};
use crate::cli::beside::build_programs;
use crate::cli::{Error, journal};
use crate::platform::console;
use crate::platform::files::Versioned;
use crate::report::origin::Origin;
use crate::schedule::plan::{Effort, Plan};
use crate::study::overhead::record::Results;
use crate::study::trackers::Trackers;
use crate::tracking::references::{JEMALLOC_PROGRAM, TRACKING_ALLOCATOR_PROGRAM};
use crate::workloads::Workload;
use clap::Args;

#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output.help("The folder for trackers.json, trackers.md and trackers.svg")))]
pub(super) struct Arguments {
    /// The workloads [default: all]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// The pairs of processes for each workload and tracker
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pairs: u32,
    #[command(flatten)]
    size: SizeArguments,
    /// Go on with the run of the same command that did not end
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    keep: KeepArguments,
    #[command(flatten)]
    results: ResultArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let files = arguments.results.files(Trackers::KIND);
    files.prepare::<Trackers>()?;
    let path = arguments.results.output.join(format!("{}.journal", Trackers::KIND));
    journal::check(&path, arguments.resume)?;
    let launcher = arguments.results.launcher()?;
    if cfg!(feature = "references") {
        build_programs(&launcher, &[JEMALLOC_PROGRAM, TRACKING_ALLOCATOR_PROGRAM], true)?;
    } else {
        console::complain(
            "Measuring memscope's levels and heaptrack: `cargo run --release --features references -- trackers` adds \
             dhat, tracking-allocator, stats_alloc and jemalloc.",
        );
    }

    let workloads = or_all(&arguments.workloads);
    let request = |workload, level| arguments.size.request(workload, level);
    let mut results = Results::begin(Origin::of_this_command());
    let mut plan = Plan::new(Effort::pairs(arguments.pairs as usize));
    plan.add_overheads(&launcher, &workloads, &Trackers::levels(), request);
    let journal;
    (results.measurements, journal) = journal::measure(Some(&path), arguments.resume, plan, &launcher)?;
    journal::finish(&files, &Trackers(results), journal, arguments.results.format(), arguments.keep)
}
