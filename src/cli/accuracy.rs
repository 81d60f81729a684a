//! `memscope-bench accuracy`: compares memscope's reports with programs of known answers, by version.

use crate::cli::Error;
use crate::cli::arguments::ResultArguments;
use crate::cli::builds::{Build, BuildArguments, CheckedProgram};
use crate::platform::files::Versioned;
use crate::platform::text;
use crate::report::origin::Origin;
use crate::study::accuracy::{self, Accuracy, BuildAccuracy, Finding, PromiseOutcome, Report, Row, SCHEMA};
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::task::Task;
use crate::worker::tasks::detection::Request;
use crate::worker::tasks::promises::{self, Facts, Promise};
use crate::workloads::{Scale, Workload};
use clap::Args;
use clap::builder::PossibleValuesParser;
use indicatif::{ProgressBar, ProgressStyle};

/// Returns the default scale of a workload that plants: 20 leaks, or 10 cycles. More would add nothing, and at larger
/// scales the oldest versions keep a gigabyte.
pub(super) fn usual_scale(workload: Workload) -> Scale {
    Scale::new(if workload == Workload::CYCLES { 2.0 } else { 0.2 }).expect("these are positive")
}

#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output.help("The folder for accuracy.json and accuracy.md")))]
pub(super) struct Arguments {
    #[command(flatten)]
    builds: BuildArguments,
    /// The promises, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_name = "NAMES", value_parser = names())]
    promises: Vec<String>,
    /// The number of times that each program runs. The worst run counts
    #[arg(long, default_value_t = 5, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    repeats: u32,
    #[command(flatten)]
    results: ResultArguments,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(Promise::ALL.iter().map(|promise| promise.name))
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let files = arguments.results.files(Accuracy::KIND);
    files.prepare::<Accuracy>()?;
    let resolved = arguments.builds.resolve()?;
    let builds = arguments.builds.build(&resolved, arguments.results.limits())?;
    let origin = Origin::of_this_command();
    let requested: Vec<Promise> =
        Promise::ALL.iter().filter(|promise| arguments.is_requested(promise)).copied().collect();
    let bar = ProgressBar::new((builds.len() * requested.len()) as u64).with_style(
        ProgressStyle::with_template("testing {pos}/{len} ({elapsed}): {wide_msg}").expect("a valid template"),
    );
    let builds = builds.into_iter().map(|build| of_build(build, &requested, arguments.repeats, &bar)).collect();
    bar.finish_and_clear();
    let accuracy = Accuracy { schema: SCHEMA, origin, builds };
    Ok(files.finish(&accuracy, arguments.results.format())?)
}

impl Arguments {
    fn is_requested(&self, promise: &Promise) -> bool {
        self.promises.is_empty() || self.promises.iter().any(|name| name == promise.name)
    }
}

/// Runs the program of each promise with a build.
fn of_build(build: Build, requested: &[Promise], repeats: u32, bar: &ProgressBar) -> BuildAccuracy {
    let Build { name, program, .. } = build;
    let CheckedProgram { launcher, memscope, .. } = match program {
        Ok(program) => program,
        Err(failed) => {
            return BuildAccuracy { name, memscope: None, failure: Some(failed.why), promises: Vec::new() };
        }
    };
    let test = |promise: &Promise| {
        bar.set_message(text::one_line(&format!("{name}: {}", promise.name)));
        let mut outcomes = Vec::new();
        for _ in 0..repeats {
            let request = promises::Request { promise: promise.name.to_owned() };
            let facts = launcher.run_task::<Facts>(&Task::Promise(request));
            // What does not exist, crashes or hangs is not repeated.
            let has_failed = facts.is_err();
            outcomes.push(PromiseOutcome::of(promise.name, promise.about, facts));
            if has_failed {
                break;
            }
        }
        bar.inc(1);
        PromiseOutcome::worst_of(outcomes)
    };
    let promises = requested.iter().filter_map(test).collect();
    BuildAccuracy { name, memscope: Some(memscope), failure: None, promises }
}

/// Runs all reports of a program, each in its own process, after each workload that plants objects for it.
///
/// # Errors
/// If the program does not list its reports.
pub(super) fn rows(
    launcher: &Launcher,
    scale: impl Fn(Workload) -> Scale,
    mut progress: impl FnMut(Workload, &Report),
) -> Result<Vec<Row>, Failure> {
    let reports = launcher.run_task::<Vec<Report>>(&Task::Reports)?;
    let mut rows = Vec::new();
    for workload in accuracy::WORKLOADS {
        for report in reports.iter().filter(|report| report.suits(workload)) {
            progress(workload, report);
            rows.push(row(launcher, workload, scale(workload), report));
        }
    }
    Ok(rows)
}

fn row(launcher: &Launcher, workload: Workload, scale: Scale, report: &Report) -> Row {
    let found = match &report.lacking {
        Some(why) => Err(Failure::Unsupported { why: why.clone() }),
        None => {
            let request = Request { workload, scale, report: report.name() };
            launcher.run_task::<Finding>(&Task::Detection(request))
        }
    };
    let (finding, failure) = found.map_or_else(|failure| (None, Some(failure)), |finding| (Some(finding), None));
    Row { workload, scale: scale.factor(), seed: scale.seed(), report: report.clone(), finding, failure }
}
