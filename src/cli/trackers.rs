//! `memscope-bench trackers`: measures memscope's levels and other trackers.
//!
//! A tracker of another crate is built first, and measured on and off. A tracker with a separate program is measured in
//! that program, which is built first if it is missing or outdated.

use crate::cli::arguments::{KeepArguments, ResultArguments, SizeArguments, after_the_baseline, or_all};
use crate::cli::beside::build_references;
use crate::cli::builds::BuildCacheArguments;
use crate::cli::own_trackers::{self, ReadyTracker};
use crate::cli::{Error, journal};
use crate::platform::console;
use crate::platform::files::Versioned;
use crate::schedule::plan::{Effort, Plan};
use crate::study::overhead::record::Results;
use crate::study::trackers::Trackers;
use crate::tracking::Level;
use crate::workloads::Workload;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output.help("The folder for trackers.json, trackers.md and trackers.svg")))]
pub(super) struct Arguments {
    /// The workloads, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// A tracker of your own: the folder of its crate, or its program; repeat it for several
    #[arg(long, value_name = "PATH")]
    tracker: Vec<PathBuf>,
    /// The levels, separated by commas [default: all of this build]. Untracked and your own trackers are always
    /// measured
    #[arg(long, value_delimiter = ',', value_name = "LEVELS")]
    tracking: Vec<Level>,
    /// The number of pairs of processes for each workload and tracker
    #[arg(long, default_value_t = 20, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pairs: u32,
    #[command(flatten)]
    size: SizeArguments,
    /// Resume an interrupted run of the same command
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    keep: KeepArguments,
    #[command(flatten)]
    cache: BuildCacheArguments,
    #[command(flatten)]
    results: ResultArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let files = arguments.results.files(Trackers::KIND);
    files.prepare::<Trackers>()?;
    let path = arguments.results.journal(Trackers::KIND, arguments.resume)?;
    let launcher = arguments.results.launcher()?;
    let (own, launcher) =
        own_trackers::prepare(&arguments.tracker, &arguments.cache, launcher, arguments.results.limits())?;
    let mut levels =
        if arguments.tracking.is_empty() { Trackers::levels() } else { after_the_baseline(&arguments.tracking) };
    build_references(&launcher, &levels)?;
    levels.extend(own.iter().flat_map(|tracker| [tracker.level(true), tracker.level(false)]));
    if cfg!(not(feature = "references")) && arguments.tracking.is_empty() {
        console::complain(
            "Measuring memscope's levels and heaptrack: `cargo run --release --features references -- trackers` adds \
             dhat, tracking-allocator, stats_alloc and jemalloc.",
        );
    }

    let workloads = or_all(&arguments.workloads);
    let request = |workload, level| arguments.size.request(workload, level);
    let mut results = Results::begin(journal::origin(&path)?);
    let mut plan = Plan::new(Effort::pairs(arguments.pairs as usize));
    plan.add_overheads(&launcher, &workloads, &levels, request);
    let own = own.iter().map(ReadyTracker::facts).collect();
    let journal;
    (results.measurements, journal) = journal::measure(Some(&path), arguments.resume, plan, &launcher)?;
    journal::finish(&files, &Trackers { results, own }, journal, arguments.results.format(), arguments.keep)
}
