//! `memscope-bench validate`: tests the harness with trackers of known cost.

use crate::cli::arguments::{KeepArguments, ResultArguments, bar, or_all};
use crate::cli::sessions::{SessionArguments, Shared};
use crate::cli::{Error, journal, traces};
use crate::platform::console;
use crate::platform::files;
use crate::platform::files::Versioned;
use crate::schedule::plan::PAIRS;
use crate::study::compare::ROUNDS;
use crate::study::validation;
use crate::study::validation::{KeptRun, Plan, Progress, Validation};
use crate::workloads::{Scale, Workload, pools, registered};
use clap::Args;
use std::fs;

/// The number of rounds of a quick run.
const QUICK_ROUNDS: u32 = 36;
/// The duration of a quick run over all workloads at rest, in minutes.
const QUICK_MINUTES: f64 = 4.0;
const OUTPUT_HELP: &str = "The folder for validation.json, .md and .svg; with --sessions sessions.json and .md, \
                           with --traces traces.json and .md";

#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output.help(OUTPUT_HELP)))]
pub(super) struct Arguments {
    /// Load every core with a busy thread while measuring
    #[arg(long)]
    load: bool,
    /// The minutes to measure. More minutes give narrower intervals. Each tracker is measured at least once, which
    /// takes about 15 minutes, and longer with --load
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    minutes: u32,
    /// Measure each tracker once, with fewer pairs than `measure` and `compare` take: a trial run of a few minutes
    #[arg(long, conflicts_with = "minutes")]
    quick: bool,
    /// The number of rounds for each tracker, for a trial run of the command
    #[arg(long, hide = true, requires = "quick", default_value_t = QUICK_ROUNDS,
          value_parser = clap::value_parser!(u32).range(12..=ROUNDS as i64))]
    rounds: u32,
    /// The workloads, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// The scale: a factor on the outer counts of the workloads [default: each workload's short scale]
    #[arg(long)]
    scale: Option<Scale>,
    /// Instead of trackers of known cost: record each workload, and compare its overhead with the overheads of a replay
    /// and of a prediction. Reads the costs of calls from calls.json in the folder of results
    #[arg(long, conflicts_with_all = ["load", "minutes", "quick", "resume"], group = "direct")]
    traces: bool,
    /// Resume an interrupted run of the same command. --minutes may differ, and includes what was measured before
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    sessions: SessionArguments,
    #[command(flatten)]
    results: ResultArguments,
}

impl Arguments {
    /// Returns the plan, and the number of pairs of a measurement. Each of a group's two members has the pairs of two
    /// measurements.
    fn plan(&self, program: String) -> (Plan, usize) {
        let rounds = if self.quick { self.rounds as usize } else { ROUNDS };
        let plan = Plan {
            program,
            workloads: or_all(&self.workloads),
            scale: self.scale.map(|scale| scale.factor()),
            threads: pools::default_threads(),
            rounds,
            seconds: (!self.quick).then_some(60 * u64::from(self.minutes)),
            load: self.load,
        };
        (plan, rounds * PAIRS / ROUNDS)
    }

    /// Returns the options that all kinds of validation share.
    fn shared(&self) -> Shared<'_> {
        let Self { ref workloads, scale, resume, ref results, .. } = *self;
        Shared { workloads, scale, resume, results }
    }

    /// Returns the expected duration in words.
    fn duration(&self, workloads: usize) -> String {
        if !self.quick {
            return format!("about {} minutes", self.minutes);
        }
        let factor = if self.load { 2.0 } else { 1.0 };
        let part = workloads as f64 / registered().len() as f64 * f64::from(self.rounds) / f64::from(QUICK_ROUNDS);
        format!("about {} minutes at the default scale", (QUICK_MINUTES * factor * part).ceil().max(2.0))
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    if let Some(count) = arguments.sessions.sessions {
        return arguments.sessions.run(count, &arguments.shared());
    }
    if arguments.traces {
        return traces::run(&arguments.shared(), arguments.sessions.pairs as usize);
    }
    let files = arguments.results.files(Validation::KIND);
    files.prepare::<Validation>()?;
    let path = arguments.results.output.join("validation.json");
    // Results from the other circumstances are kept.
    let is_there = fs::metadata(&path).is_ok_and(|about| about.len() > 0);
    let mut validation = if is_there { files::read(&path)? } else { Validation::default() };
    validation.schema = validation::SCHEMA;

    let launcher = arguments.results.launcher()?;
    let (plan, pairs) = arguments.plan(launcher.fingerprint()?);
    let name = if arguments.load { "validation-load.journal" } else { "validation.journal" };
    let path = arguments.results.output.join(name);
    journal::check(&path, arguments.resume)?;
    let (journal, steps) = journal::open(&path, arguments.resume, &plan.work())?;
    let origin = journal::origin(&path)?;
    console::complain(format_args!(
        "This takes {}{}. If it is interrupted, --resume continues it.",
        arguments.duration(plan.workloads.len()),
        if arguments.resume { ", including what was measured before" } else { "" }
    ));
    let bar = bar(plan.workloads.len(), "rounds");
    let measured =
        plan.measure(&launcher, journal.optional(), steps, |Progress { part, workload, level, done, of }| {
            let part = if part == 0 { "calibration".to_owned() } else { format!("part {part}") };
            bar.set_message(format!("{part}: {workload}/{level}"));
            bar.set_length(of as u64);
            bar.set_position(done as u64);
        });
    bar.finish_and_clear();
    let (measured, journal) = measured?;

    let run = KeptRun::Present(Box::new(validation::run(origin, &plan, &measured, pairs)));
    *(if arguments.load { &mut validation.under_load } else { &mut validation.at_rest }) = Some(run);
    // A validation is itself a control, so it has no other.
    let keep = KeepArguments { keep: true };
    journal::finish(&files, &validation, Some(journal), arguments.results.format(), keep)
}
