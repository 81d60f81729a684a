//! `memscope-bench latency`: times single allocations and frees.

use crate::cli::Error;
use crate::cli::arguments::{LimitArguments, bar, each_once};
use crate::platform::console;
use crate::platform::files;
use crate::platform::files::FileError;
use crate::report::origin::Origin;
use crate::study::latency;
use crate::study::latency::{HELD, Latencies, Pattern, Plan};
use crate::study::latency::{chart, summary};
use crate::study::overhead::summary::Form;
use crate::tracking::Tracking;
use crate::worker::task::Task;
use clap::Args;
use std::path::{Path, PathBuf};

/// The files that are written.
const JSON: &str = "latency.json";
const TABLE: &str = "latency.md";
const PICTURE: &str = "latency.svg";

#[derive(Debug, Args)]
pub struct Arguments {
    /// The numbers of threads that allocate at once, one after the other
    #[arg(long, value_delimiter = ',', value_name = "NUMBERS", default_values = ["1", "2", "4", "8"],
          value_parser = clap::value_parser!(u64).range(1..=1_024))]
    threads: Vec<u64>,
    /// What they allocate under: levels that see every allocation, and untracked
    #[arg(long, value_delimiter = ',', value_name = "LEVELS", default_values = ["untracked", "counting", "allocator"],
          value_parser = without_variables)]
    tracking: Vec<Tracking>,
    /// How many processes for each level and number of threads
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(6..))]
    processes: u32,
    /// How many allocations, and as many frees, each thread times
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
    operations: u32,
    /// The seed of the blocks' sizes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder for latency.json, latency.md and latency.svg
    #[arg(long, default_value = "results", value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    limits: LimitArguments,
}

fn without_variables(name: &str) -> Result<Tracking, String> {
    let level: Tracking = name.parse().map_err(|error: crate::tracking::UnknownLevel| error.to_string())?;
    if level.has_variables() {
        return Err("there are no named values here; name untracked, counting or allocator".to_owned());
    }
    Ok(level)
}

pub fn run(arguments: &Arguments) -> Result<(), Error> {
    files::prepare_in::<Latencies>(&arguments.output, JSON, &[TABLE, PICTURE])?;
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
    let cells = plan.measure(
        |pattern| launcher.run_task(&Task::Latency(pattern)),
        |Pattern { tracking, threads, .. }| {
            bar.set_message(format!("{tracking}, {threads} threads"));
            bar.inc(1);
        },
    );
    bar.finish_and_clear();
    let latencies = Latencies { schema: latency::SCHEMA, origin, operations: plan.operations, held: HELD, cells };
    let saved = save(&arguments.output, &latencies);
    console::print(summary::draw(&latencies, Form::Terminal));
    saved?;
    console::complain(format_args!("Written: {JSON}, {TABLE} and {PICTURE} in {}", arguments.output.display()));
    Ok(())
}

/// Writes latencies, and what is drawn from them.
fn save(folder: &Path, latencies: &Latencies) -> Result<(), FileError> {
    files::write_json(&folder.join(JSON), latencies)?;
    files::write(&folder.join(TABLE), &format!("{}\n", summary::draw(latencies, Form::Markdown)))?;
    files::write(&folder.join(PICTURE), &chart::draw(latencies))
}
