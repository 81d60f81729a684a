//! Runs `cargo bench --bench operations`: single operations first, by turns; then Criterion's reports of them, and the
//! table.
//!
//! Each operation is a group; each level that it runs under is a function. A process of the memscope-bench program
//! times the iterations. It repeats an operation without lasting effects as often as the time allows. Other operations
//! have few repeats in a process, or a fresh process for each. The start of a process is not counted.
//!
//! The table's means come from the samples that Criterion shows: the median and its 95 % confidence interval. A
//! complete run replaces the means in `results/calls.json`; the rest of that file, from `memscope-bench calls`, stays.

use crate::bench::Package;
use crate::bench::arguments::{self, Mode, refuse};
use crate::bench::live::{self, View, complain_of};
use crate::bench::noise::UNKNOWN_SPREAD;
use crate::bench::replay::{CRITERION_SAMPLES, Samples, begin, nanoseconds, show};
use crate::cli::{Environment, bar};
use crate::platform::console;
use crate::platform::files::{FileError, Versioned};
use crate::report::format::Format;
use crate::report::origin::Origin;
use crate::study::Files;
use crate::study::calls::{Batches, Calls, Means, Measured, Operation, Sample, Sampling};
use crate::tracking::Level;
use crate::worker::launcher::Launcher;
use criterion::{BenchmarkId, Criterion};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// The number of samples of an operation, and the time for them.
const SAMPLES: usize = 15;
const TIME: Duration = Duration::from_millis(400);
/// The number of iterations of a sample that Criterion is to see: enough for times of fractions of a nanosecond.
const SHOWN_ITERATIONS: u32 = 1_000;

/// Runs the bench of a package.
pub fn main(package: &Package) -> ExitCode {
    let criterion = || arguments::criterion(SAMPLES, Duration::from_nanos(1), TIME);
    arguments::main(criterion, |mode, environment, mut criterion| match Bench::new(package, &environment) {
        Ok(bench) => bench.run(&mut criterion, mode),
        Err(error) => refuse(&error),
    })
}

/// An operation under a level: a function of Criterion's.
type Function = (&'static Operation, Level);

/// The run.
struct Bench<'a> {
    package: &'a Package,
    launcher: Launcher,
}

impl<'a> Bench<'a> {
    fn new(package: &'a Package, environment: &Environment) -> std::io::Result<Self> {
        Ok(Self { package, launcher: package.programs.launcher(environment.limits)? })
    }

    fn run(&self, criterion: &mut Criterion, mode: Mode) -> ExitCode {
        let levels = |operation: &'static Operation| operation.levels().iter().map(move |&level| (operation, level));
        let functions: Vec<Function> = Operation::all().iter().flat_map(levels).collect();
        match mode {
            Mode::Idle => {
                live::run(criterion, &views(&functions), |_, _| ());
                ExitCode::SUCCESS
            }
            Mode::Test | Mode::Profile => {
                let all_work = self.try_each(criterion, &functions);
                ExitCode::from(u8::from(mode == Mode::Test && !all_work))
            }
            Mode::Measure => self.measure(criterion, functions).unwrap_or_else(|error| refuse(&*error)),
        }
    }

    /// Takes samples when Criterion asks for them: one for a test, or the number that a profile needs. Returns whether
    /// all functions work.
    fn try_each(&self, criterion: &mut Criterion, functions: &[Function]) -> bool {
        let mut has_fault = false;
        live::run(criterion, &views(functions), |bencher, &(operation, level)| {
            let mut sampling = Sampling::begin(&self.launcher, operation, level);
            bencher.iter_custom(|iterations| {
                let elapsed = sampling.sample(iterations);
                if let Some(failure) = sampling.failure() {
                    live::leave(operation.name, level, failure, &mut has_fault);
                }
                elapsed.expect("what has not failed has a time")
            });
        });
        !has_fault
    }

    /// Measures the functions, saves the means of a complete run, and shows them.
    ///
    /// # Errors
    /// If this program cannot be started again, or the means cannot be saved.
    fn measure(
        &self,
        criterion: &mut Criterion,
        functions: Vec<Function>,
    ) -> Result<ExitCode, Box<dyn std::error::Error>> {
        let listed = arguments::listed()?;
        let all = functions.len();
        let is_listed = |(operation, level): &Function| listed.contains(&format!("{}/{level}", operation.name));
        let chosen: Vec<Function> = functions.into_iter().filter(is_listed).collect();
        if chosen.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        let is_whole = chosen.len() == all;
        let folder = self.package.results_folder();
        let files = Files { folder: &folder, name: Calls::KIND };
        if is_whole {
            files.prepare::<Calls>()?;
        }
        let origin = Origin::here(arguments::command(&self.package.command));
        let measured = self.means(chosen.clone());
        for one in &measured {
            if let Some(failure) = &one.failure {
                complain_of(&one.operation, one.level, failure);
            }
        }
        let is_thin = |one: &Measured| one.ns.is_none() && one.failure.is_none();
        let is_complete = is_whole && !measured.iter().any(is_thin);

        let batches = Batches::new(origin, measured);
        let calls = if is_complete { merged(&folder, batches.clone())? } else { Calls::from(batches.clone()) };
        // Results are saved before anything is shown.
        let written = if is_complete { files.save(&calls) } else { Ok(Vec::new()) };
        // Criterion panics if it misses a baseline, for example. The table does not depend on it.
        let replayed = catch_unwind(AssertUnwindSafe(|| replay(criterion, &chosen, &batches.operations)));
        files.print(&calls, Format::Text, written.as_deref().unwrap_or_default());
        if !is_complete {
            console::print("results/ is unchanged: this run is incomplete.");
        }
        if let Err(panic) = replayed {
            resume_unwind(panic);
        }
        written?;
        Ok(ExitCode::SUCCESS)
    }

    /// Takes the samples of each function, by Criterion's flags: `--sample-size` is their number, and
    /// `--measurement-time` the time for them.
    fn means(&self, calls: Vec<Function>) -> Vec<Measured> {
        let (samples, time) = if arguments::is_quick() { (CRITERION_SAMPLES, TIME / 4) } else { (SAMPLES, TIME) };
        let means = Means {
            calls,
            samples: arguments::sample_size().unwrap_or(samples),
            of_processes: arguments::sample_size().unwrap_or(CRITERION_SAMPLES),
            time: arguments::measurement_time().unwrap_or(time),
        };
        let bar = bar(means.steps(), "samples");
        let measured = means.measure(&self.launcher, |operation, level| {
            bar.set_message(format!("{}/{level}", operation.name));
            bar.inc(1);
        });
        bar.finish_and_clear();
        measured
    }
}

/// Passes the samples of the operations to Criterion, in the order of the functions.
fn replay(criterion: &mut Criterion, functions: &[Function], measured: &[Measured]) {
    let functions: Vec<(&Function, &Measured)> = functions.iter().zip(measured).collect();
    for of_group in functions.chunk_by(|(a, _), (b, _)| a.0.name == b.0.name) {
        let mut group = begin(criterion, of_group[0].0.0.name, false);
        for ((_, level), measured) in of_group.iter().filter(|(_, measured)| measured.failure.is_none()) {
            // Criterion divides by a sample.
            let values = measured.samples.iter().map(|sample: &Sample| sample.ns_each().max(0.01)).collect();
            let samples = Samples { values, iterations: SHOWN_ITERATIONS };
            show(&mut group, BenchmarkId::from_parameter(level), &samples, UNKNOWN_SPREAD, nanoseconds);
        }
        group.finish();
    }
    criterion.final_summary();
}

/// Returns a group for each operation.
fn views(functions: &[Function]) -> Vec<View<'_, Function>> {
    functions.chunk_by(|a, b| a.0.name == b.0.name).map(view).collect()
}

fn view(functions: &[Function]) -> View<'_, Function> {
    let name = functions[0].0.name.to_owned();
    let functions = functions.iter().map(|function| (BenchmarkId::from_parameter(function.1), function));
    View { name, is_log: false, functions: functions.collect() }
}

/// Returns the file of calls with these batches.
fn merged(folder: &Path, batches: Batches) -> Result<Calls, FileError> {
    let earlier = Calls::read_in(folder)?.unwrap_or_default();
    let had_more = earlier.singles.is_some() || earlier.latencies.is_some();
    let calls = earlier.with_batches(batches);
    if had_more && calls.singles.is_none() && calls.latencies.is_none() {
        let why = "The quantiles were of another memscope or machine, so calls.json has none now";
        console::complain(format_args!("{why}: `memscope-bench calls` measures them"));
    }
    Ok(calls)
}
