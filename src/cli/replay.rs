//! `memscope-bench replay`: measures what tracking costs the program of a trace.

use crate::cli::arguments::{KeepArguments, ResultArguments, after_the_baseline, bar, level, show};
use crate::cli::builds::{Build, BuildArguments};
use crate::cli::traces::accuracy;
use crate::cli::{Error, journal};
use crate::platform::files::Versioned;
use crate::platform::scratch::Scratch;
use crate::report::origin::Origin;
use crate::schedule::measurement::Series;
use crate::schedule::plan::{Effort, PAIRS, Plan};
use crate::study::calls::latency::Latency;
use crate::study::replay::{BuildReplays, Gaps, Replays, SCHEMA, Summary, TraceLauncher};
use crate::study::traces::Way;
use crate::trace::{self, Trace};
use crate::tracking::Level;
use crate::worker::failure::Failure;
use crate::worker::probe::Request;
use crate::worker::tasks::replay::obstacle;
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The minimum number of pairs of a measurement, even if they are slow.
const MIN_PAIRS: usize = 12;

/// The number of processes that time single operations, for each build and level: as many as an interval needs.
const LATENCY_PROCESSES: u32 = 6;

#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output.help("The folder for replay.json and replay.md")))]
pub(super) struct Arguments {
    /// The trace, written by `record` or by a program with the recorder
    #[arg(value_name = "TRACE")]
    trace: PathBuf,
    #[command(flatten)]
    builds: BuildArguments,
    /// The levels, separated by commas. Untracked against itself is always measured too, for the noise floor
    #[arg(long, value_delimiter = ',', value_name = "LEVELS", default_value = "allocator", value_parser = replayed)]
    tracking: Vec<Level>,
    /// The program's own work between two operations
    #[arg(long, value_enum, default_value_t)]
    gaps: Gaps,
    /// The number of pairs of processes for each build and level. With fewer than 6, single operations are not timed
    #[arg(long, default_value_t = PAIRS as u32, value_name = "NUMBER",
          value_parser = clap::value_parser!(u32).range(1..))]
    pairs: u32,
    /// The maximum seconds for a build and level. The first 12 pairs are always taken
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// The accuracy of replays, as `memscope-bench validate --traces` wrote it (optional)
    #[arg(long, default_value = "results/traces.json", value_name = "FILE")]
    traces: PathBuf,
    #[command(flatten)]
    keep: KeepArguments,
    #[command(flatten)]
    results: ResultArguments,
}

/// Parses a level that records the operations of a trace.
fn replayed(name: &str) -> Result<Level, String> {
    let level = level(name)?;
    match obstacle(level) {
        Some(why) => Err(format!("{why}; name allocator, counting or another level of the hook")),
        None => Ok(level),
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let files = arguments.results.files(Replays::KIND);
    // A file that cannot be read ends the run before anything is measured.
    let accuracy = accuracy(&arguments.traces, Way::Replay)?;
    let resolved = arguments.builds.resolve_for(&arguments.tracking)?;
    let (recorded, scratch) = prepared(&arguments.trace)?;
    files.prepare::<Replays>()?;
    let builds = arguments.builds.build(&resolved, arguments.results.limits())?;
    let origin = Origin::of_this_command();
    let builds = arguments.measure(builds, &scratch.path().join(PLAN), &recorded)?;
    let trace = arguments.trace.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let replays = Replays { schema: SCHEMA, origin, trace, recorded, gaps: arguments.gaps, accuracy, builds };
    journal::finish(&files, &replays, None, arguments.results.format(), arguments.keep)
}

/// The name of the plan in its folder.
const PLAN: &str = "plan";

/// Reads a trace, and writes its plan into a temporary folder. The trace is then no longer in memory.
fn prepared(path: &Path) -> Result<(Summary, Scratch), Error> {
    let trace = Trace::read(path)?;
    let plan = trace::plan::Plan::of(&trace)?;
    let no_folder = |error| Error::Other(format!("cannot create a folder for the plan of the replay: {error}"));
    let scratch = Scratch::new().map_err(no_folder)?;
    plan.write(&scratch.path().join(PLAN))?;
    Ok((trace.summary(), scratch))
}

impl Arguments {
    /// Measures the builds, with all pairs spread over the same passes.
    fn measure(&self, builds: Vec<Build>, plan: &Path, recorded: &Summary) -> Result<Vec<BuildReplays>, Error> {
        let ready = |build: &Build| -> Result<TraceLauncher, String> {
            let program = build.program.as_ref().map_err(|failed| failed.why.clone())?;
            let launcher = TraceLauncher::new(&program.launcher, plan, self.gaps);
            launcher.map_err(|failure: Failure| format!("{} {failure}", build.name))
        };
        let launchers: Vec<Result<TraceLauncher, String>> = builds.iter().map(ready).collect();
        let levels = after_the_baseline(&self.tracking);
        let threads = recorded.threads as usize;
        let request = |level| Request::of_trace(threads, level);
        let (pairs, time) = (self.pairs as usize, Some(Duration::from_secs(self.seconds)));
        let mut plan = Plan::new(Effort { pairs, time, fewest: pairs.min(MIN_PAIRS), precision: None });
        for launcher in launchers.iter().flatten() {
            levels.iter().for_each(|&level| plan.add(launcher, Series::Overhead, request(level)));
        }
        let bar = bar(plan.pairs(), "pairs");
        let (measurements, _) = plan.measure(None, |progress| show(&bar, progress))?;
        bar.finish_and_clear();

        let mut latencies = self.latencies(&launchers, &levels, request);
        let mut measurements = measurements.into_iter();
        let of_build = |(build, launcher): (Build, &Result<TraceLauncher, String>)| BuildReplays {
            name: build.name,
            memscope: build.program.ok().map(|program| program.memscope),
            not_built: launcher.as_ref().err().cloned(),
            measurements: if launcher.is_ok() {
                measurements.by_ref().take(levels.len()).collect()
            } else {
                Vec::new()
            },
            latencies: latencies.next().unwrap_or_default(),
        };
        Ok(builds.into_iter().zip(&launchers).map(of_build).collect())
    }

    /// Times single operations: all builds and levels by turns, in separate processes. Returns the quantiles of each
    /// build.
    fn latencies(
        &self,
        launchers: &[Result<TraceLauncher, String>],
        levels: &[Level],
        request: impl Fn(Level) -> Request,
    ) -> impl Iterator<Item = Vec<Latency>> {
        let processes = if self.pairs < LATENCY_PROCESSES { 0 } else { LATENCY_PROCESSES };
        let bar = bar(processes as usize * launchers.len() * levels.len(), "processes");
        bar.set_message("single operations");
        let begin = |launcher: &Result<TraceLauncher, String>| -> Vec<Latency> {
            let is_measured = launcher.is_ok() && processes > 0;
            let levels = levels.iter().filter(|_| is_measured);
            levels.map(|&level| Latency::begin(level, request(level).threads)).collect()
        };
        let mut of_builds: Vec<Vec<Latency>> = launchers.iter().map(begin).collect();
        for _ in 0..processes {
            for (launcher, latencies) in launchers.iter().zip(&mut of_builds) {
                let Ok(launcher) = launcher else { continue };
                for latency in latencies {
                    let work = request(latency.level);
                    latency.run(|| launcher.latencies(&work));
                    bar.inc(1);
                }
            }
        }
        bar.finish_and_clear();
        of_builds.into_iter()
    }
}
