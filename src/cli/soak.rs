//! `memscope-bench soak`: measures how the cost of tracking grows with the number of events.

use crate::cli::Error;
use crate::cli::arguments::{ResultArguments, bar, level};
use crate::cli::builds::{Build, BuildArguments, CheckedProgram};
use crate::platform::files::Versioned;
use crate::platform::list::each_once;
use crate::platform::text;
use crate::report::origin::Origin;
use crate::study::soak::{BuildSoaks, Meter, Plan, SCHEMA, Soak, Soaks};
use crate::tracking::Level;
use crate::tracking::references::Host;
use crate::worker::launcher::Launcher;
use crate::worker::tasks::soak::is_soaked;
use clap::Args;
use std::time::Duration;

/// The part of the memory limit at which a process stops.
const PART_OF_MEMORY: f64 = 0.75;

#[derive(Debug, Args)]
#[command(
    mut_arg("time_limit", |limit| limit.default_value("15").help(
        "The time after which a process frees its blocks and ends, in seconds; one that hangs is ended at twice that")),
    mut_arg("memory_limit", |limit| limit.default_value("4096").help(
        "The memory limit of a process, in MiB; at three quarters of it, a process frees its blocks and ends")),
    mut_arg("output", |output| output.help("The folder for soak.json, soak.md and soak.svg"))
)]
pub(super) struct Arguments {
    #[command(flatten)]
    builds: BuildArguments,
    /// The number of allocations and frees in each process, as far as its time limit allows
    #[arg(long, default_value_t = Plan::EVENTS, value_name = "NUMBER",
          value_parser = clap::value_parser!(u64).range(1..=10_000_000_000))]
    events: u64,
    /// The number of live blocks, which stays constant. The first checkpoint is at ten times as many events
    #[arg(long, default_value_t = Plan::LIVE as u64, value_name = "NUMBER",
          value_parser = clap::value_parser!(u64).range(10..=10_000_000))]
    live: u64,
    /// The levels, separated by commas. Untracked runs beside each
    #[arg(long, value_delimiter = ',', value_name = "LEVELS", default_value = "variables,allocator,full",
          value_parser = soaked)]
    tracking: Vec<Level>,
    /// The number of pairs of processes, untracked and tracked, at each level
    #[arg(long, default_value_t = Plan::PAIRS as u32, value_name = "NUMBER",
          value_parser = clap::value_parser!(u32).range(1..))]
    pairs: u32,
    /// Count instructions up to this many events, if valgrind is installed
    #[arg(long, default_value_t = Plan::COUNTED_EVENTS, value_name = "NUMBER")]
    counted_events: u64,
    /// Skip instructions
    #[arg(long, conflicts_with = "counted_events")]
    without_instructions: bool,
    /// The seed for the sizes and places of blocks
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    results: ResultArguments,
}

/// Parses a level that the switched allocator runs.
fn soaked(name: &str) -> Result<Level, String> {
    let level = level(name)?;
    match level.host() {
        _ if level == Level::Untracked => Err("untracked always runs beside each level; name another one".to_owned()),
        _ if is_soaked(level) => Ok(level),
        Host::Switch => Err("it is timed as a whole process, which has no growth; name another one".to_owned()),
        _ => {
            Err("it runs in another program, which measures no growth; name one of memscope's or `counting`".to_owned())
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let files = arguments.results.files(Soaks::KIND);
    let plan = arguments.plan()?;
    let resolved = arguments.builds.resolve_for(&plan.levels)?;
    files.prepare::<Soaks>()?;
    let builds = arguments.builds.build(&resolved, arguments.results.limits())?;
    let origin = Origin::of_this_command();
    let soaks = measure(&plan, &builds);
    let begin = |(Build { name, program, .. }, soaks)| match program {
        Ok(CheckedProgram { memscope, .. }) => BuildSoaks { name, memscope: Some(memscope), not_built: None, soaks },
        Err(failed) => BuildSoaks { name, memscope: None, not_built: Some(failed.why), soaks },
    };
    let builds = builds.into_iter().zip(soaks).map(begin).collect();
    let soaks = Soaks { schema: SCHEMA, origin, plan, builds };
    Ok(files.finish(&soaks, arguments.results.format())?)
}

/// Returns a short plan for a command that measures other things too.
pub(super) fn quick(levels: Vec<Level>, limit: Duration) -> Plan {
    Plan::quick(levels, vec![Meter::Time, Meter::Memory], limit)
}

/// Measures builds with a progress bar. Returns the soaks of each build; none for a build that failed.
pub(super) fn measure(plan: &Plan, builds: &[Build]) -> Vec<Vec<Soak>> {
    let built: Vec<(&str, &Launcher)> =
        builds.iter().filter_map(|build| Some((build.name.as_str(), &build.program.as_ref().ok()?.launcher))).collect();
    let launchers: Vec<&Launcher> = built.iter().map(|&(_, launcher)| launcher).collect();
    let bar = bar(built.len() * plan.steps(), "steps of soaks");
    let measured = plan.measure(&launchers, |build, level| {
        bar.set_message(text::one_line(&format!("{}: {level}", built[build].0)));
        bar.inc(1);
    });
    bar.finish_and_clear();
    let mut measured = measured.into_iter();
    builds
        .iter()
        .map(|build| if build.program.is_ok() { measured.next().unwrap_or_default() } else { Vec::new() })
        .collect()
}

impl Arguments {
    /// Returns the plan.
    ///
    /// # Errors
    /// If there are too few events for a checkpoint.
    fn plan(&self) -> Result<Plan, Error> {
        let live = self.live as usize;
        let fewest = Plan::fewest_events(live);
        let counted = if self.without_instructions { None } else { Some(("--counted-events", self.counted_events)) };
        for (option, events) in [Some(("--events", self.events)), counted].into_iter().flatten() {
            if events < fewest {
                let why =
                    format!("{option} {events}: the first checkpoint is at {fewest} events, ten for each live block");
                return Err(Error::Other(why));
            }
        }
        let limits = self.results.limits();
        let mut meters = vec![Meter::Time, Meter::Memory];
        meters.extend((!self.without_instructions).then_some(Meter::Instructions));
        Ok(Plan {
            levels: each_once(self.tracking.iter().copied()),
            meters,
            events: self.events,
            counted_events: self.counted_events,
            live,
            pairs: self.pairs as usize,
            limit_ms: limits.time.as_millis() as u64,
            memory_bytes: (limits.memory_bytes as f64 * PART_OF_MEMORY) as u64,
            seed: self.seed,
        })
    }
}
