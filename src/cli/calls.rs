//! `memscope-bench calls`: measures the cost of single calls.

use crate::cli::Error;
use crate::cli::arguments::{ResultArguments, bar, level};
use crate::platform::files::Versioned;
use crate::platform::list::each_once;
use crate::report::origin::Origin;
use crate::study::calls;
use crate::study::calls::latency::{HELD, Latencies, Pattern};
use crate::study::calls::{Batches, Calls, Measured, Operation, Single, Singles, instructions};
use crate::tracking::Level;
use crate::worker::launcher::Launcher;
use crate::worker::task::Task;
use clap::Args;

#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output.help("The folder for calls.json, calls.md and calls.svg")))]
pub(super) struct Arguments {
    /// The calls to measure alone, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_name = "NAMES", value_parser = call)]
    calls: Vec<&'static Operation>,
    /// The numbers of threads that allocate in a full heap, separated by commas and measured in turn
    #[arg(long, value_delimiter = ',', value_name = "NUMBERS", default_value = "1,2,4,8",
          value_parser = clap::value_parser!(u64).range(1..=1_024))]
    threads: Vec<u64>,
    /// The levels for those threads, separated by commas: untracked, and levels that see every allocation
    #[arg(long, value_delimiter = ',', value_name = "LEVELS", default_value = "untracked,counting,allocator",
          value_parser = without_variables)]
    tracking: Vec<Level>,
    /// The number of processes for each call and level, and for each level and number of threads
    #[arg(long, default_value_t = 12, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(6..))]
    processes: u32,
    /// The number of allocations that each thread times, with as many frees; for other calls, the maximum number that a
    /// process times
    #[arg(long, default_value_t = 100_000, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    operations: u32,
    /// The seed for the block sizes and the order
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Skip instructions, which take a third of the time
    #[arg(long, alias = "no-instructions")]
    without_instructions: bool,
    #[command(flatten)]
    results: ResultArguments,
}

fn call(name: &str) -> Result<&'static Operation, String> {
    Operation::named(name).map_err(|error| error.to_string())
}

fn without_variables(name: &str) -> Result<Level, String> {
    let level = level(name)?;
    if level.has_names() {
        return Err("no values are named here; choose untracked, counting or allocator".to_owned());
    }
    Ok(level)
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let files = arguments.results.files(Calls::KIND);
    files.prepare::<Calls>()?;
    let launcher = arguments.results.launcher()?;
    let origin = Origin::of_this_command();
    let (measured, mut singles) = arguments.alone(&launcher);
    let latencies = arguments.on_threads(&launcher, origin.clone());
    let not_counted = arguments.count(&launcher, &measured, &mut singles);
    let calls = Calls {
        batches: Some(Batches::new(origin.clone(), measured)),
        singles: Some(Singles { origin, not_counted, calls: singles }),
        latencies: Some(latencies),
        ..Calls::default()
    };
    Ok(files.finish(&calls, arguments.results.format())?)
}

impl Arguments {
    /// Times each call alone.
    fn alone(&self, launcher: &Launcher) -> (Vec<Measured>, Vec<Single>) {
        let all = || Operation::all().iter().collect();
        let wanted = |operation: &&'static Operation| self.calls.iter().any(|named| named.name == operation.name);
        let plan = calls::Plan {
            operations: if self.calls.is_empty() { all() } else { Operation::all().iter().filter(wanted).collect() },
            processes: self.processes as usize,
            most: u64::from(self.operations),
            seed: self.seed,
        };
        let bar = bar(plan.steps(), "processes");
        let measured = plan.measure(
            |request| launcher.run_task(&Task::Operation(request)),
            |operation, level| {
                bar.set_message(format!("{}/{level}", operation.name));
                bar.inc(1);
            },
        );
        bar.finish_and_clear();
        measured
    }

    /// Times allocations and frees in a full heap, on several threads.
    fn on_threads(&self, launcher: &Launcher, origin: Origin) -> Latencies {
        let plan = calls::latency::Plan {
            levels: each_once(self.tracking.iter().copied()),
            threads: each_once(self.threads.iter().map(|&threads| threads as usize)),
            processes: self.processes as usize,
            operations: self.operations,
            seed: self.seed,
        };
        let bar = bar(plan.levels.len() * plan.threads.len() * plan.processes, "processes");
        let measurements = plan.measure(
            |pattern| launcher.run_task(&Task::Latency(pattern)),
            |Pattern { level, threads, .. }| {
                bar.set_message(format!("{level}, {threads} threads"));
                bar.inc(1);
            },
        );
        bar.finish_and_clear();
        Latencies { schema: Latencies::SCHEMA, origin, operations: plan.operations, held: HELD, measurements }
    }

    /// Counts the instructions of each call. Returns the reason if none are counted.
    fn count(&self, launcher: &Launcher, measured: &[Measured], singles: &mut [Single]) -> Option<String> {
        if self.without_instructions {
            return Some("they were not requested".to_owned());
        }
        let bar = bar(instructions::steps(measured), "counts");
        let counted = instructions::count(launcher, measured, singles, || bar.inc(1));
        bar.finish_and_clear();
        counted.err().map(|error| error.to_string())
    }
}
