//! `cargo bench`: pairs of probes first, in one schedule; then Criterion's reports of them, the table, the full run and
//! the pictures.
//!
//! Each function of a workload's group is one level. The scheduler takes the pairs of all functions; they are saved,
//! and then replayed to Criterion: each of its samples is the time of one tracked sample within its window. So
//! Criterion's pages and the table show the same samples. The overheads of the table come from the pairs alone.
//!
//! In a workload's group, `untracked` pairs untracked with itself: that is the run's noise floor.

#![deny(clippy::print_stdout, clippy::print_stderr, reason = "they panic where nobody reads")]

mod common;

use common::{Mode, refuse, results_folder};
use criterion::measurement::WallTime;
use criterion::{AxisScale, BenchmarkGroup, BenchmarkId, Criterion, PlotConfiguration, SamplingMode, Throughput};
use memscope_bench::internal::cli::{Environment, bar, show, stress};
use memscope_bench::internal::platform::console;
use memscope_bench::internal::platform::files::Versioned;
use memscope_bench::internal::platform::text;
use memscope_bench::internal::report::format::Format;
use memscope_bench::internal::report::origin::Origin;
use memscope_bench::internal::schedule::measurement::{Measurement, Series};
use memscope_bench::internal::schedule::pairing::MeasurementRun;
use memscope_bench::internal::schedule::plan::{Effort, Plan};
use memscope_bench::internal::study::overhead::record::Results;
use memscope_bench::internal::study::{self, Files};
use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::worker::failure::Failure;
use memscope_bench::internal::worker::launcher::Launcher;
use memscope_bench::internal::worker::probe::Request;
use memscope_bench::internal::workloads::{Scale, Workload, pools, registered};
use std::env;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// The memscope-bench program and its control, which Cargo builds beside this one.
const PROGRAM: &str = env!("CARGO_BIN_EXE_memscope-bench");
const CONTROL: &str = env!("CARGO_BIN_EXE_memscope-bench-control");

/// The time for the pairs of a measurement, and the fewest and most of them.
const TIME: Duration = Duration::from_millis(2_000);
const FEWEST: usize = 20;
const MOST: usize = 400;

/// The samples that Criterion asks for at least.
const CRITERION_SAMPLES: usize = 10;
/// The real time of a replayed iteration, by which Criterion plans its samples.
const ITERATION: Duration = Duration::from_micros(500);

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

    let mut criterion = common::criterion(FEWEST, Duration::from_nanos(1), TIME);
    let relay = match common::relay() {
        Ok(relay) => relay,
        Err(code) => return code,
    };
    let code = Bench::new(mode, &environment).run(&mut criterion, environment);
    common::end(relay, code)
}

/// A group of Criterion's.
struct Group {
    name: String,
    functions: Vec<Function>,
    is_log: bool,
}

/// A function of a group: one measurement.
struct Function {
    id: BenchmarkId,
    /// Its name, as Criterion lists it.
    name: String,
    series: Series,
    request: Request,
}

impl Group {
    fn new(name: &str, is_log: bool) -> Self {
        Self { name: name.to_owned(), functions: Vec::new(), is_log }
    }

    /// Adds a function for a level, and for the parameter in which the group's functions differ, if there is one.
    fn add(&mut self, series: Series, request: Request, parameter: Option<String>) {
        let level = request.level.to_string();
        let name = [Some(self.name.clone()), Some(level.clone()), parameter.clone()];
        let name = name.into_iter().flatten().collect::<Vec<_>>().join("/");
        let id = match parameter {
            Some(parameter) => BenchmarkId::new(level, parameter),
            None => BenchmarkId::from_parameter(level),
        };
        self.functions.push(Function { id, name, series, request });
    }
}

/// Returns all groups: one for each workload, and the growth of the cost with the work and with the threads.
fn groups() -> Vec<Group> {
    let threads = pools::default_threads();
    let mut groups = Vec::new();
    for &workload in registered() {
        let mut group = Group::new(workload.name(), false);
        for level in Level::benched() {
            group.add(Series::Overhead, request(workload, level, workload.short_scale(), threads), None);
        }
        groups.push(group);
    }
    let both = [Level::Untracked, Level::Full];
    let mut scaling = Group::new("scaling", true);
    for (scale, level) in SCALES.into_iter().flat_map(|scale| both.map(|level| (scale, level))) {
        let request = request(Workload::STRUCTURES, level, scale, threads);
        scaling.add(Series::Scaling, request, Some(scale.to_string()));
    }
    let mut parallel = Group::new("threads", false);
    for (threads, level) in THREADS.into_iter().flat_map(|threads| both.map(|level| (threads, level))) {
        let request = request(Workload::CONCURRENT, level, THREADS_SCALE, threads);
        parallel.add(Series::Threads, request, Some(threads.to_string()));
    }
    groups.extend([scaling, parallel]);
    groups
}

/// The run.
struct Bench {
    mode: Mode,
    launcher: Launcher,
    control: Launcher,
}

/// The panic that leaves Criterion where a probe failed: there are no samples to report.
struct MeasurementFailed;

impl Bench {
    fn new(mode: Mode, environment: &Environment) -> Self {
        let [launcher, control] =
            [PROGRAM, CONTROL].map(|program| Launcher::new(PathBuf::from(program), environment.limits));
        Self { mode, launcher, control }
    }

    fn run(&self, criterion: &mut Criterion, environment: Environment) -> ExitCode {
        let mut groups = groups();
        match self.mode {
            Mode::Idle => {
                criterion_runs(criterion, groups, |_, _| ());
                ExitCode::SUCCESS
            }
            Mode::Test | Mode::Profile => self.try_each(criterion, groups),
            Mode::Measure { .. } => {
                let listed = match listed() {
                    Ok(listed) => listed,
                    Err(error) => return refuse(&error),
                };
                let is_listed = |function: &Function| listed.contains(&function.name);
                let is_whole = groups.iter().flat_map(|group| &group.functions).all(is_listed);
                groups.iter_mut().for_each(|group| group.functions.retain(is_listed));
                self.measure(criterion, groups, is_whole, environment)
            }
        }
    }

    /// Takes real pairs as Criterion asks for them: one for a test, and as many as a profile takes.
    fn try_each(&self, criterion: &mut Criterion, groups: Vec<Group>) -> ExitCode {
        let mut has_fault = false;
        criterion_runs(criterion, groups, |bencher, Function { series, request, .. }| {
            let mut run = MeasurementRun::begin(&self.launcher, *series, *request);
            bencher.iter_custom(|iterations| {
                let pairs = (0..iterations).map_while(|_| run.pair());
                let time = pairs.map(|pair| Duration::from_nanos(pair.tracked.wall_ns)).sum();
                if let Some(failure) = run.failure() {
                    complain_of(request, failure);
                    // What a version lacks is no fault.
                    has_fault |= !matches!(failure, Failure::Unsupported { .. });
                    resume_unwind(Box::new(MeasurementFailed));
                }
                time
            });
        });
        ExitCode::from(u8::from(has_fault && self.mode == Mode::Test))
    }

    /// Measures the functions, keeps the results of a complete run, shows them, and makes the full run.
    fn measure(
        &self,
        criterion: &mut Criterion,
        groups: Vec<Group>,
        is_whole: bool,
        environment: Environment,
    ) -> ExitCode {
        let mut results = Results {
            precision: environment.precision,
            ..Results::begin(Origin::here(common::command("cargo bench")))
        };
        let mut plan = Plan::new(Effort { precision: environment.precision, ..effort() });
        let functions = || groups.iter().flat_map(|group| &group.functions);
        functions().for_each(|function| plan.add(&self.launcher, function.series, function.request));
        if is_whole {
            let request =
                |workload: Workload, level| request(workload, level, workload.short_scale(), pools::default_threads());
            plan.add_control(&self.control, &self.launcher, None, registered(), request);
        }
        let bar = bar(plan.pairs(), "pairs at most");
        let measured = plan.measure(None, |progress| show(&bar, progress));
        bar.finish_and_clear();
        let (measurements, _) = measured.expect("without a journal there is nothing to write");
        results.measurements = measurements;
        for (function, measurement) in functions().zip(&results.measurements) {
            if let Some(failure) = measurement.failure() {
                complain_of(&function.request, failure);
            }
        }
        if results.measurements.is_empty() {
            return ExitCode::SUCCESS;
        }
        let is_thin = |measurement: &Measurement| measurement.overhead().is_none() && measurement.failure().is_none();
        let is_complete = is_whole && !results.measurements.iter().any(is_thin);

        let (folder, format) = (results_folder(), Format::Text);
        let files = Files { folder: &folder, name: Results::KIND };
        // What was measured is on the disk before anything is shown.
        let saved = is_complete.then(|| files.save(&results));
        // Criterion panics where it misses a baseline, for example. The table does not depend on it.
        let replayed = catch_unwind(AssertUnwindSafe(|| replay(criterion, groups, &results.measurements)));
        match &saved {
            Some(saved) => files.print(&results, format, saved.as_deref().unwrap_or_default()),
            None => {
                study::print(&results, format);
                console::print("results/ is as it was: this run is not a complete one.");
            }
        }
        if let Err(panic) = replayed {
            resume_unwind(panic);
        }
        match saved {
            Some(Err(error)) => refuse(&error),
            Some(Ok(_)) => full_run(),
            None => ExitCode::SUCCESS,
        }
    }
}

/// Returns the pairs of each measurement, by Criterion's flags: `--sample-size` is their number, and
/// `--measurement-time` the time for them.
fn effort() -> Effort {
    let time = number("--measurement-time").and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    match (number("--sample-size"), time) {
        (Some(samples), None) => Effort::pairs(samples as usize),
        (samples, time) => {
            let fewest =
                samples.map_or(if common::says("--quick") { CRITERION_SAMPLES } else { FEWEST }, |n| n as usize);
            let usual = if common::says("--quick") { TIME / 4 } else { TIME };
            Effort { pairs: MOST.max(fewest), time: Some(time.unwrap_or(usual)), fewest, precision: None }
        }
    }
}

/// Returns the number that the user gave with a flag, which Criterion has checked.
fn number(flag: &str) -> Option<f64> {
    let arguments: Vec<String> = env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let place = arguments.iter().position(|argument| argument.split('=').next() == Some(flag))?;
    let value = arguments[place].split_once('=').map(|(_, value)| value.to_owned());
    value.or_else(|| arguments.get(place + 1).cloned())?.parse().ok()
}

/// Returns the names of the functions that Criterion's filter leaves in, by its own list of them.
///
/// # Errors
/// If this program cannot be run once more.
fn listed() -> io::Result<Vec<String>> {
    let listed = Command::new(env::current_exe()?)
        .args(env::args_os().skip(1))
        .args(["--list", "--format=terse"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()?;
    let names = String::from_utf8_lossy(&listed.stdout).into_owned();
    Ok(names.lines().filter_map(|line| Some(line.strip_suffix(": benchmark")?.to_owned())).collect())
}

/// Gives Criterion the samples of the measurements, which are in the order of the functions.
fn replay(criterion: &mut Criterion, groups: Vec<Group>, measurements: &[Measurement]) {
    let mut measurements = measurements.iter();
    for Group { name, functions, is_log } in groups.into_iter().filter(|group| !group.functions.is_empty()) {
        let mut group = begin(criterion, &name, is_log);
        for function in functions {
            let Some(measurement) = measurements.next() else { return };
            // Criterion divides by a sample: a clock so coarse that it saw no time pass gives the shortest there is.
            let samples: Vec<u64> = measurement.pairs.iter().map(|pair| pair.tracked.wall_ns.max(1)).collect();
            if measurement.failure().is_some() || samples.len() < CRITERION_SAMPLES {
                continue;
            }
            if let Some(allocations) = measurement.allocations {
                group.throughput(Throughput::Elements(allocations));
            }
            // Two iterations for each sample: of one alone Criterion warns that it is too few.
            group.sample_size(samples.len()).warm_up_time(Duration::from_nanos(1));
            group.measurement_time(ITERATION * 3 / 2 * samples.len() as u32);
            let mut calls = 0;
            group.bench_function(function.id, |bencher| {
                bencher.iter_custom(|iterations| {
                    let call = calls;
                    calls += 1;
                    replayed(&samples, call, iterations)
                });
            });
        }
        group.finish();
    }
    criterion.final_summary();
}

/// Returns the time of a call by Criterion. The first one is its warm-up, by whose real time it plans its samples; each
/// further one gets the next sample, once for each iteration. `--quick` has no warm-up, doubles the iterations for some
/// real time, and gets a sample for each.
fn replayed(samples: &[u64], call: usize, iterations: u64) -> Duration {
    let is_quick = common::says("--quick");
    if is_quick || call == 0 {
        let began = Instant::now();
        let real = ITERATION * u32::try_from(iterations).unwrap_or(u32::MAX);
        // A sleep would end too late.
        while began.elapsed() < real {
            std::hint::spin_loop();
        }
    }
    if is_quick {
        return samples.iter().cycle().take(iterations as usize).copied().map(Duration::from_nanos).sum();
    }
    let sample = samples[call.saturating_sub(1) % samples.len()];
    Duration::from_nanos(sample.saturating_mul(iterations))
}

/// Lets Criterion run functions that take their own samples.
fn criterion_runs(
    criterion: &mut Criterion,
    groups: Vec<Group>,
    mut function: impl FnMut(&mut criterion::Bencher<'_, WallTime>, &Function),
) {
    for Group { name, functions, is_log } in groups {
        let mut group = begin(criterion, &name, is_log);
        for one in functions {
            let run = catch_unwind(AssertUnwindSafe(|| {
                group.bench_function(one.id.clone(), |bencher| function(bencher, &one));
            }));
            if let Err(panic) = run
                && !panic.is::<MeasurementFailed>()
            {
                resume_unwind(panic);
            }
        }
        group.finish();
    }
    criterion.final_summary();
}

fn begin<'c>(criterion: &'c mut Criterion, name: &str, is_log: bool) -> BenchmarkGroup<'c, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sampling_mode(SamplingMode::Flat);
    if is_log {
        group.plot_config(PlotConfiguration::default().summary_scale(AxisScale::Logarithmic));
    }
    group
}

fn request(workload: Workload, level: Level, scale: f64, threads: usize) -> Request {
    let scale = Scale::new(scale).expect("the scales of the benches are positive");
    Request { workload, level, scale, threads, count: false }
}

fn complain_of(request: &Request, failure: &Failure) {
    console::complain(text::one_line(&format!("{}/{}: {failure}", request.workload, request.level)));
}

/// The stress run at full scale under full tracking, in a separate process. One that fails costs its picture alone.
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
