//! `cargo bench`: runs Criterion over pairs of probes, then the table, the full run and the pictures.
//!
//! Criterion draws, the pairs decide. Each function of a workload's group is one level of tracking. Each of its
//! iterations runs a pair of processes, passes the time that the level's own process measured in its window to
//! Criterion, and keeps the pair. Criterion's reports, baselines, filters and flags work as usual; the overheads of
//! the table come from the pairs alone.
//!
//! In a workload's group, `untracked` pairs untracked with itself: that is the run's noise floor.

#![deny(clippy::print_stdout, clippy::print_stderr, reason = "they panic where nobody reads")]

mod common;

use common::{Mode, refuse, results_folder};
use criterion::measurement::WallTime;
use criterion::{AxisScale, BenchmarkGroup, BenchmarkId, Criterion, PlotConfiguration, SamplingMode, Throughput};
use memscope_bench::internal::cli::{Environment, stress};
use memscope_bench::internal::platform::console;
use memscope_bench::internal::platform::files::Versioned;
use memscope_bench::internal::platform::text;
use memscope_bench::internal::report::format::Format;
use memscope_bench::internal::report::origin::Origin;
use memscope_bench::internal::schedule::measurement::{Measurement, Series};
use memscope_bench::internal::schedule::pairing::MeasurementRun;
use memscope_bench::internal::schedule::plan::Plan;
use memscope_bench::internal::study::overhead::record::Results;
use memscope_bench::internal::study::{self, Files};
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::worker::failure::Failure;
use memscope_bench::internal::worker::launcher::Launcher;
use memscope_bench::internal::worker::probe::Request;
use memscope_bench::internal::workloads::{Scale, Workload, pools, registered};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// The memscope-bench program and its control, which Cargo builds beside this one.
const PROGRAM: &str = env!("CARGO_BIN_EXE_memscope-bench");
const CONTROL: &str = env!("CARGO_BIN_EXE_memscope-bench-control");

/// The number of pairs for the harness's own cost, for each workload.
const CONTROL_PAIRS: usize = 40;

/// The scales at which `structures` is measured, for the line plot.
const SCALES: [f64; 5] = [0.01, 0.02, 0.04, 0.06, 0.08];

/// The numbers of threads on which `concurrent` is measured, and its scale there: a task for each of eight threads.
const THREADS: [usize; 4] = [1, 2, 4, 8];
const THREADS_SCALE: f64 = 0.08;

fn main() -> ExitCode {
    let mode = Mode::from_arguments();
    if let Err(error) = common::check_results_folder(mode) {
        return refuse(&error);
    }

    let environment = match Environment::read() {
        Ok(environment) => environment,
        Err(code) => return code,
    };

    let mut criterion = common::criterion(20, Duration::from_millis(200), Duration::from_millis(2_600));
    let relay = match common::relay() {
        Ok(relay) => relay,
        Err(code) => return code,
    };
    let mut bench = Bench::new(mode, environment);
    bench.workloads(&mut criterion);
    bench.scaling(&mut criterion);
    bench.threads(&mut criterion);
    criterion.final_summary();
    bench.control();
    common::end(relay, bench.conclude())
}

/// The run: the measurements so far, and those left out.
struct Bench {
    mode: Mode,
    launcher: Launcher,
    control: Launcher,
    results: Results,
    /// Functions that Criterion's filter left out.
    left_out: usize,
}

/// The panic payload with which a failed measurement leaves Criterion. The samples so far are not enough for a
/// report, and invented ones would be a lie.
struct CellFailed;

impl Bench {
    fn new(mode: Mode, environment: Environment) -> Self {
        let [launcher, control] =
            [PROGRAM, CONTROL].map(|program| Launcher::new(PathBuf::from(program), environment.limits));
        let results = Results {
            precision: environment.precision,
            ..Results::begin(Origin::here(common::command("cargo bench")))
        };
        Self { mode, launcher, control, results, left_out: 0 }
    }

    /// Runs a group for each workload, with a function for each level.
    fn workloads(&mut self, criterion: &mut Criterion) {
        for &workload in registered() {
            let mut group = criterion.benchmark_group(workload.name());
            for level in Level::benched() {
                let request = request(workload, level, workload.short_scale(), pools::default_threads());
                self.measurement(&mut group, BenchmarkId::from_parameter(level), Series::Overhead, request);
            }
            group.finish();
        }
    }

    /// Measures the growth of the overhead with the work.
    fn scaling(&mut self, criterion: &mut Criterion) {
        let mut group = criterion.benchmark_group("scaling");
        shorten(&mut group);
        group.plot_config(PlotConfiguration::default().summary_scale(AxisScale::Logarithmic));
        for scale in SCALES {
            for level in [Level::Untracked, Level::Full] {
                let request = request(Workload::STRUCTURES, level, scale, pools::default_threads());
                self.measurement(&mut group, BenchmarkId::new(level.to_string(), scale), Series::Scaling, request);
            }
        }
        group.finish();
    }

    /// Measures the growth of the overhead with the threads.
    fn threads(&mut self, criterion: &mut Criterion) {
        let mut group = criterion.benchmark_group("threads");
        shorten(&mut group);
        for threads in THREADS {
            for level in [Level::Untracked, Level::Full] {
                let request = request(Workload::CONCURRENT, level, THREADS_SCALE, threads);
                self.measurement(&mut group, BenchmarkId::new(level.to_string(), threads), Series::Threads, request);
            }
        }
        group.finish();
    }

    /// Runs one Criterion function, and adds the measurement of its pairs.
    fn measurement(&mut self, group: &mut BenchmarkGroup<WallTime>, id: BenchmarkId, series: Series, request: Request) {
        group.sampling_mode(SamplingMode::Flat);
        if self.mode != Mode::Idle
            && let Some(allocations) = self.allocations(request)
        {
            group.throughput(Throughput::Elements(allocations));
        }
        let launcher = &self.launcher;
        let mut run = None;
        let criterion = catch_unwind(AssertUnwindSafe(|| {
            group.bench_function(id, |bencher| {
                let run = run.get_or_insert_with(|| MeasurementRun::begin(launcher, series, request));
                bencher.iter_custom(|iterations| (0..iterations).map(|_| level_time(run)).sum());
            });
        }));
        if let Err(panic) = criterion
            && !panic.is::<CellFailed>()
        {
            resume_unwind(panic);
        }
        match run {
            Some(mut run) => {
                if let (Some(precision), Mode::Measure { .. }) = (self.results.precision, self.mode) {
                    run.refine(precision, || ());
                }
                if let Some(failure) = run.failure() {
                    console::complain(text::one_line(&format!("{}/{}: {failure}", request.workload, request.level)));
                }
                self.results.measurements.push(run.finish());
            }
            None => self.left_out += 1,
        }
    }

    /// Measures the harness's own cost in a complete run: untracked against the control program. It runs outside of
    /// Criterion, because there is no level to show.
    fn control(&mut self) {
        if !matches!(self.mode, Mode::Measure { .. }) || self.left_out > 0 {
            return;
        }
        console::print("Measuring the instrument's own cost");
        let plan = Plan {
            workloads: registered(),
            levels: &[],
            scale: &Workload::short,
            threads: pools::default_threads(),
            pairs: CONTROL_PAIRS,
            precision: None,
        };
        self.results.measurements.extend(plan.measure_control(&self.control, &self.launcher, |_| ()));
    }

    /// Returns the allocations of the request's workload, counted once for all levels.
    fn allocations(&self, request: Request) -> Option<u64> {
        let same = |measurement: &&Measurement| {
            (measurement.workload, measurement.scale, measurement.threads)
                == (request.workload, request.scale.factor(), request.threads)
        };
        match self.results.measurements.iter().find(same) {
            Some(measurement) => measurement.allocations,
            None => {
                let untracked = Request { level: Level::Untracked, count: true, ..request };
                Some(self.launcher.run(&untracked).ok()?.truth?.allocations)
            }
        }
    }

    /// Prints the results; after a complete run, saves them, and makes the full run.
    fn conclude(self) -> ExitCode {
        let Self { mode, results, left_out, .. } = self;
        match mode {
            Mode::Idle => ExitCode::SUCCESS,
            // Nothing was measured, but the test must find levels that do not run. A level that the version lacks is
            // no failure, and was reported.
            Mode::Test => {
                let failures = || results.measurements.iter().filter_map(|measurement| measurement.failure());
                let is_fault = |failure: &Failure| !matches!(failure, Failure::Unsupported { .. });
                ExitCode::from(u8::from(failures().any(is_fault)))
            }
            Mode::Measure { .. } if results.measurements.is_empty() => ExitCode::SUCCESS,
            Mode::Measure { .. } => {
                let thin = results
                    .measurements
                    .iter()
                    .any(|measurement| measurement.overhead().is_none() && measurement.failure().is_none());
                let is_complete = left_out == 0 && !thin;
                if !is_complete {
                    study::print(&results, Format::Text);
                    console::print("results/ is as it was: this run is not a complete one.");
                    return ExitCode::SUCCESS;
                }
                if let Err(error) =
                    (Files { folder: &results_folder(), name: Results::KIND }).finish(&results, Format::Text)
                {
                    return refuse(&error);
                }
                full_run()
            }
        }
    }
}

/// Gives a group of many functions less time for each, unless the user sets the time.
fn shorten(group: &mut BenchmarkGroup<WallTime>) {
    if !common::says("--measurement-time") {
        group.measurement_time(Duration::from_millis(1_600));
    }
    if !common::says("--sample-size") {
        group.sample_size(10);
    }
}

/// Runs one more pair, and returns the time of the level's own probe. It is at least a nanosecond, because Criterion
/// divides by it and a coarse clock may see no time pass.
fn level_time(run: &mut MeasurementRun) -> Duration {
    match run.pair() {
        Some(pair) => Duration::from_nanos(pair.tracked.wall_ns.max(1)),
        None => resume_unwind(Box::new(CellFailed)),
    }
}

fn request(workload: Workload, level: Level, scale: f64, threads: usize) -> Request {
    let scale = Scale::new(scale).expect("the scales of the benches are positive");
    Request { workload, level, scale, threads, count: false }
}

/// Makes the stress run at full scale under full tracking, in a separate process. A failed one loses only its
/// picture.
fn full_run() -> ExitCode {
    if let Err(failure) = stress::run_as_child(Path::new(PROGRAM), Scale::FULL, &results_folder()) {
        let failure = text::one_line(&failure.to_string());
        let picture = stress::PICTURE;
        console::complain(format_args!(
            "The full run {failure}. {picture} is as it was. See it alone: cargo run --release"
        ));
    }
    ExitCode::SUCCESS
}
