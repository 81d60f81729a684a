//! `cargo bench --bench operations`: runs Criterion over single operations, then prints their table.
//!
//! Each operation is a group; each level that it runs under is a function. A process of the memscope-bench program
//! times the iterations. It repeats an operation without lasting effects as often as Criterion requires. Other
//! operations have few repeats in a process, or a fresh process for each. The start of a process is not counted.
//!
//! Criterion's reports, baselines, filters and flags work as usual. The table's means come from the samples that are
//! kept here: the median and its 95 % confidence interval. A complete run replaces the means in `results/calls.json`;
//! the rest of that file, from `memscope-bench calls`, stays.

#![deny(clippy::print_stdout, clippy::print_stderr, reason = "they panic where nobody reads")]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode};
use memscope_bench::internal::bench::arguments::{self, Mode, refuse};
use memscope_bench::internal::bench::{Package, Programs};
use memscope_bench::internal::cli::Environment;
use memscope_bench::internal::platform::console;
use memscope_bench::internal::platform::files::{FileError, Versioned};
use memscope_bench::internal::platform::text;
use memscope_bench::internal::report::format::Format;
use memscope_bench::internal::report::origin::Origin;
use memscope_bench::internal::study::calls::{Batches, Calls, Measured, Operation, Sampling};
use memscope_bench::internal::study::{self, Files};
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::worker::failure::Failure;
use memscope_bench::internal::worker::launcher::Launcher;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// The number of samples of an operation with a process for each repeat: the minimum that Criterion accepts.
const SAMPLES_OF_PROCESSES: usize = 10;

fn main() -> ExitCode {
    let package = Package {
        command: "cargo bench --bench operations".to_owned(),
        folder: env!("CARGO_MANIFEST_DIR").into(),
        programs: Programs::Built {
            program: env!("CARGO_BIN_EXE_memscope-bench").into(),
            control: env!("CARGO_BIN_EXE_memscope-bench-control").into(),
        },
    };
    let criterion = || arguments::criterion(15, Duration::from_millis(100), Duration::from_millis(400));
    arguments::main(&package, criterion, |mode, environment, mut criterion| {
        let folder = package.results_folder();
        if mode == (Mode::Measure { filtered: false })
            && let Err(error) = (Files { folder: &folder, name: Calls::KIND }).prepare::<Calls>()
        {
            return refuse(&error);
        }
        let mut bench = Bench::new(&package, mode, environment);
        for operation in Operation::all() {
            bench.operation(&mut criterion, operation);
        }
        criterion.final_summary();
        bench.conclude()
    })
}

/// The run: the operations timed so far, and those left out.
struct Bench {
    mode: Mode,
    launcher: Launcher,
    origin: Origin,
    /// The folder for the results.
    folder: PathBuf,
    operations: Vec<Measured>,
    /// Functions that Criterion's filter left out.
    left_out: usize,
}

/// The panic payload with which a failed operation leaves Criterion. The samples so far are not enough for a report,
/// and invented samples would be false.
struct OperationFailed;

impl Bench {
    fn new(package: &Package, mode: Mode, environment: Environment) -> Self {
        let program = PathBuf::from(env!("CARGO_BIN_EXE_memscope-bench"));
        let launcher = Launcher::new(program, environment.limits);
        let origin = Origin::here(arguments::command(&package.command));
        let folder = package.results_folder();
        Self { mode, launcher, origin, folder, operations: Vec::new(), left_out: 0 }
    }

    /// Runs a group for the operation, with a function for each level.
    fn operation(&mut self, criterion: &mut Criterion, operation: &'static Operation) {
        let mut group = criterion.benchmark_group(operation.name);
        group.sampling_mode(SamplingMode::Flat);
        if operation.state.is_once() && !arguments::says("--sample-size") {
            group.sample_size(SAMPLES_OF_PROCESSES);
        }
        for &level in operation.levels() {
            self.level(&mut group, operation, level);
        }
        group.finish();
    }

    /// Runs one Criterion function, and adds the result of its samples.
    fn level(&mut self, group: &mut BenchmarkGroup<WallTime>, operation: &'static Operation, level: Level) {
        let launcher = &self.launcher;
        let mut sampling = None;
        let criterion = catch_unwind(AssertUnwindSafe(|| {
            group.bench_function(BenchmarkId::from_parameter(level), |bencher| {
                let sampling = sampling.get_or_insert_with(|| Sampling::begin(launcher, operation, level));
                bencher.iter_custom(|iterations| {
                    sampling.sample(iterations).unwrap_or_else(|| resume_unwind(Box::new(OperationFailed)))
                });
            });
        }));
        if let Err(panic) = criterion
            && !panic.is::<OperationFailed>()
        {
            resume_unwind(panic);
        }
        match sampling {
            Some(sampling) => {
                if let Some(failure) = sampling.failure() {
                    console::complain(text::one_line(&format!("{}/{level}: {failure}", operation.name)));
                }
                self.operations.push(sampling.finish());
            }
            None => self.left_out += 1,
        }
    }

    /// Prints the results; after a complete run, saves them.
    fn conclude(self) -> ExitCode {
        let Self { mode, origin, folder, operations, left_out, .. } = self;
        match mode {
            Mode::Idle | Mode::Profile => ExitCode::SUCCESS,
            // Nothing was timed, but the test must find operations that do not run. An operation that the version lacks
            // is not a failure.
            Mode::Test => {
                let is_broken = |failure: &Failure| !matches!(failure, Failure::Unsupported { .. });
                let broken = operations.iter().any(|measured| measured.failure.as_ref().is_some_and(is_broken));
                ExitCode::from(u8::from(broken))
            }
            Mode::Measure { .. } if operations.is_empty() => ExitCode::SUCCESS,
            Mode::Measure { .. } => {
                let thin = operations.iter().any(|measured| measured.ns.is_none() && measured.failure.is_none());
                let is_complete = left_out == 0 && !thin;
                let batches = Batches::new(origin, operations);
                if !is_complete {
                    study::print(&Calls::from(batches), Format::Text);
                    console::print("results/ is unchanged: this run is incomplete.");
                    return ExitCode::SUCCESS;
                }
                match save(&folder, batches) {
                    Ok(()) => ExitCode::SUCCESS,
                    Err(error) => refuse(&error),
                }
            }
        }
    }
}

/// Puts the batches into the file of calls, and prints it.
fn save(folder: &Path, batches: Batches) -> Result<(), FileError> {
    let earlier = Calls::read_in(folder)?.unwrap_or_default();
    let had_more = earlier.singles.is_some() || earlier.latencies.is_some();
    let calls = earlier.with_batches(batches);
    if had_more && calls.singles.is_none() && calls.latencies.is_none() {
        let why = "The quantiles were of another memscope or machine, so calls.json has none now";
        console::complain(format_args!("{why}: `memscope-bench calls` measures them"));
    }
    Files { folder, name: Calls::KIND }.finish(&calls, Format::Text)
}
