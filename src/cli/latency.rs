//! `memscope-bench latency`: times single allocations and frees.

use crate::cli::Error;
use crate::cli::arguments::{FormatArguments, LimitArguments, bar, each_once};
use crate::platform::files::Versioned;
use crate::report::origin::Origin;
use crate::study::Files;
use crate::study::latency;
use crate::study::latency::{HELD, Latencies, Pattern, Plan};
use crate::tracking::Level;
use crate::worker::task::Task;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The numbers of threads that allocate at once, one after the other
    #[arg(long, value_delimiter = ',', value_name = "NUMBERS", default_values = ["1", "2", "4", "8"],
          value_parser = clap::value_parser!(u64).range(1..=1_024))]
    threads: Vec<u64>,
    /// The levels: untracked, and those that see every allocation
    #[arg(long, value_delimiter = ',', value_name = "LEVELS", default_values = ["untracked", "counting", "allocator"],
          value_parser = without_variables)]
    tracking: Vec<Level>,
    /// The processes for each level and number of threads
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(6..))]
    processes: u32,
    /// The allocations, and as many frees, that each thread times
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
    operations: u32,
    /// The seed of the blocks' sizes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder for latency.json, latency.md and latency.svg
    #[arg(long, default_value = "results", value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    format: FormatArguments,
    #[command(flatten)]
    limits: LimitArguments,
}

fn without_variables(name: &str) -> Result<Level, String> {
    let level: Level = name.parse().map_err(|error: crate::tracking::LevelError| error.to_string())?;
    if level.has_names() {
        return Err("there are no named values here; name untracked, counting or allocator".to_owned());
    }
    Ok(level)
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let files = Files { folder: &arguments.output, name: Latencies::KIND };
    files.prepare::<Latencies>()?;
    let plan = Plan {
        levels: each_once(arguments.tracking.iter().copied()),
        threads: each_once(arguments.threads.iter().map(|&threads| threads as usize)),
        processes: arguments.processes as usize,
        operations: arguments.operations,
        seed: arguments.seed,
    };
    let launcher = arguments.limits.launcher()?;
    let origin = Origin::of_this_command();
    let bar = bar(plan.levels.len() * plan.threads.len() * plan.processes, "processes");
    let measurements = plan.measure(
        |pattern| launcher.run_task(&Task::Latency(pattern)),
        |Pattern { level, threads, .. }| {
            bar.set_message(format!("{level}, {threads} threads"));
            bar.inc(1);
        },
    );
    bar.finish_and_clear();
    let latencies =
        Latencies { schema: latency::SCHEMA, origin, operations: plan.operations, held: HELD, measurements };
    Ok(files.finish(&latencies, arguments.format.format)?)
}
