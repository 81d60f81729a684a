//! The parts that the integration tests share: the program, and data that is the same on every machine.

#![allow(dead_code, reason = "each test file uses its own part of this")]

pub mod cargo;
pub mod git;
pub mod linked;
#[cfg(target_os = "linux")]
pub mod processes;

use assert_cmd::Command;
use memscope_bench::internal::builds::outcome::{BuildOutcome, NotBuilt};
use memscope_bench::internal::platform::conditions::Conditions;
use memscope_bench::internal::platform::system::{Machine, Toolchain};
use memscope_bench::internal::report::format::Format;
use memscope_bench::internal::report::origin::Origin;
use memscope_bench::internal::schedule::estimate::{estimated, overhead};
use memscope_bench::internal::schedule::measurement::{Clock, Measurement, Outcome, Pair, Sample, Series};
use memscope_bench::internal::study::compare::{Against, ComparedBuild, Comparison};
use memscope_bench::internal::study::counts::{Counts, Runs};
use memscope_bench::internal::study::overhead::record::Results;
use memscope_bench::internal::study::stress::{Amount, HeapSnapshot, Phase, Record, Slice};
use memscope_bench::internal::study::trackers::Trackers;
use memscope_bench::internal::study::{self, Study, compare};
use memscope_bench::internal::tracking::memscope::{MemscopeBuild, TypeUse};
use memscope_bench::internal::tracking::{Level, Recorded};
use memscope_bench::internal::worker::failure::Failure;
use memscope_bench::internal::worker::probe::Request;
use memscope_bench::internal::worker::probe::{Observation, Truth};
use memscope_bench::internal::worker::task::Task;
use memscope_bench::internal::workloads::Scale;
use memscope_bench::internal::workloads::{Workload, registered};
use predicates::prelude::*;

/// Returns the program, without the tester's environment variables that it would obey.
pub fn memscope_bench() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_memscope-bench"));
    let ours = std::env::vars_os().map(|(name, _)| name);
    // The tester chooses the folder of builds.
    let ours =
        ours.filter(|name| name.as_encoded_bytes().starts_with(b"MEMSCOPE_") && name != "MEMSCOPE_BENCH_BUILD_CACHE");
    ours.for_each(|variable| _ = command.env_remove(variable));
    for variable in git::inherited() {
        command.env_remove(variable);
    }
    command.envs(git::isolation());
    command
}

/// Returns whether valgrind is installed; if not, prints that the test is skipped.
pub fn has_valgrind() -> bool {
    let valgrind = std::process::Command::new("valgrind").arg("--version").stdout(std::process::Stdio::null()).status();
    if valgrind.is_err() {
        eprintln!("skipped: valgrind is not installed");
    }
    valgrind.is_ok()
}

/// The error message if instructions cannot be counted.
pub const NO_VALGRIND: &str = if cfg!(target_os = "linux") { "apt-get install valgrind" } else { "work only on Linux" };

/// Runs a command without valgrind, and checks that one line explains how to install it, or that it is not available.
pub fn explains_how_to_get_valgrind(command: &mut assert_cmd::Command) {
    let in_a_line = predicate::function(|text: &str| text.lines().count() == 1);
    let says = predicates::str::contains(NO_VALGRIND).and(in_a_line);
    command.env("PATH", "").assert().code(2).stdout("").stderr(says);
}

/// Runs a probe, and returns its observation.
pub fn probe(arguments: &[&str]) -> Observation {
    let output = memscope_bench().arg("probe").args(arguments).assert().success().get_output().stdout.clone();
    let text = String::from_utf8(output).expect("a probe prints text");
    assert_eq!(text.lines().count(), 1, "one line and nothing else: {text}");
    serde_json::from_str(&text).expect("a probe prints its observation")
}

/// Returns a worker that is about to run a task.
pub fn worker(task: &Task) -> Command {
    let mut command = memscope_bench();
    command.arg("worker").write_stdin(task.to_string());
    command
}

fn origin(command: &str) -> Origin {
    Origin {
        started: "2026-01-02T03:04:05Z".parse().expect("a time"),
        command: command.to_owned(),
        machine: Machine {
            processor: "Example 9000".to_owned(),
            cores: 2,
            memory_bytes: 16 << 30,
            system: "Example OS 1.0".to_owned(),
        },
        // Busy enough for a warning; the processor's speed is fixed.
        conditions: Some(Conditions {
            busy_cores: Some(0.6),
            governors: Some(vec!["performance".to_owned()]),
            turbo: Some(false),
            ..Conditions::default()
        }),
        environment: Default::default(),
        toolchain: Toolchain {
            rustc: "rustc 1.95.0".to_owned(),
            target: "x86_64-unknown-linux-gnu".to_owned(),
            opt_level: "3".to_owned(),
            allocator: "system (glibc malloc)".to_owned(),
            flags: String::new(),
            wrapper: String::new(),
            debug_assertions: false,
            features: Vec::new(),
        },
        memscope: MemscopeBuild {
            name: "memscope-rs".to_owned(),
            version: "0.2.5".to_owned(),
            source: "crates.io".to_owned(),
            commit: None,
        },
    }
}

/// Returns a measurement whose tracked probes take about `factor` times as long, with fixed deviations.
fn measurement(series: Series, workload: Workload, level: Level, factor: f64, pairs: u64) -> Measurement {
    // All of the memory is touched once, which takes a tenth of the time.
    let side = |wall_ns: u64, rss: u64| Sample {
        wall_ns,
        cpu_ns: wall_ns,
        peak_rss_bytes: Some(rss << 20),
        kernel_ns: Some(wall_ns / 10),
        page_faults: Some(rss << 8),
    };
    let pairs: Vec<Pair> = (0..pairs)
        .map(|n| {
            let untracked = 10_000_000 + n * 7_919 % 100_000;
            let tracked = (untracked as f64 * factor) as u64 + n * 104_729 % 200_000;
            Pair { untracked_first: n % 2 == 0, untracked: side(untracked, 10), tracked: side(tracked, 25) }
        })
        .collect();
    let scale = Scale::new(0.05).expect("positive");
    let measurement = Measurement::new(series, &Request { workload, level, scale, threads: 2, count: false });
    let fidelity = (level != Level::Untracked).then_some(1.0);
    estimated(Measurement { allocations: Some(100_000), fidelity, fidelity_probes: 1, pairs, ..measurement })
}

/// Returns results with every kind of row: an overhead as a percentage, as a factor, not significant, and failures.
pub fn results() -> Results {
    let mut measurements = vec![
        measurement(Series::Overhead, Workload::STRUCTURES, Level::Untracked, 0.99, 20),
        measurement(Series::Overhead, Workload::STRUCTURES, Level::Variables, 1.02, 20),
        measurement(Series::Overhead, Workload::STRUCTURES, Level::Allocator, 4.2, 20),
        measurement(Series::Overhead, Workload::STRUCTURES, Level::Full, 31.5, 20),
        measurement(Series::Overhead, Workload::CYCLES, Level::Variables, 0.99, 20),
        measurement(Series::Overhead, Workload::CYCLES, Level::Allocator, 4.0, 3),
        measurement(Series::Overhead, Workload::CYCLES, Level::Full, 4.0, 7),
        measurement(Series::Scaling, Workload::STRUCTURES, Level::Full, 4.4, 10),
        measurement(Series::Threads, Workload::CONCURRENT, Level::Full, 9.9, 10),
    ];
    measurements[3].fidelity = Some(0.612_34);
    measurements[6].outcome = Outcome::Failed(Failure::Crashed { how: "SIGSEGV: stack overflow".to_owned() });
    Results { measurements, ..Results::begin(origin("cargo bench")) }
}

/// Returns results of a run with this memscope on a machine with this processor, under which two workloads take
/// `factor` times as long.
pub fn run_of(version: &str, processor: &str, factor: f64) -> Results {
    let mut origin = origin("cargo bench");
    origin.memscope.version = version.to_owned();
    origin.machine.processor = processor.to_owned();
    let measurements = [Workload::STRUCTURES, Workload::CYCLES].into_iter().flat_map(|workload| {
        [(Level::Untracked, 0.99), (Level::Variables, 1.02), (Level::Full, factor)]
            .map(|(level, factor)| measurement(Series::Overhead, workload, level, factor, 20))
    });
    Results { measurements: measurements.collect(), ..Results::begin(origin) }
}

/// Returns trackers of every kind: no tracker, counters, memscope, a recorder, a sampler, and two without a figure.
pub fn trackers() -> Trackers {
    let place = |level, factor| measurement(Series::Overhead, Workload::CYCLES, level, factor, 20);
    let mut measurements = vec![
        place(Level::Untracked, 0.99),
        place(Level::Counting, 1.1),
        place(Level::Variables, 1.02),
        place(Level::Allocator, 4.2),
        place(Level::Full, 5.5),
        place(Level::StatsAlloc, 1.3),
        place(Level::TrackingAllocator, 1.5),
        place(Level::Dhat, 20.0),
        place(Level::Jemalloc, 0.8),
        place(Level::JemallocProfiler, 0.9),
        place(Level::Heaptrack, 8.0),
    ];
    measurements[9].fidelity = None;
    for (place, failure) in [
        (4, Failure::TimedOut { seconds: 60 }),
        (10, Failure::Unsupported { why: "heaptrack is not installed".to_owned() }),
    ] {
        measurements[place] =
            Measurement { outcome: Outcome::Failed(failure), pairs: Vec::new(), ..measurements[place].clone() };
    }
    Results { measurements, ..Results::begin(origin("memscope-bench trackers")) }.into()
}

/// Returns a comparison with every kind of row: a level that the first build lacks, a regression, no difference, an
/// outcome, and a build that was not built. By CPU time, there is no regression.
pub fn comparison(clock: Clock) -> Comparison {
    let levels = vec![Level::Untracked, Level::Variables, Level::Full];
    let names = ["0.1.0", "0.2.4", "../memscope-rs", "../broken"];
    let plan = compare::Plan {
        builds: names.map(|name| (name.to_owned(), String::new())).to_vec(),
        workloads: vec![Workload::CYCLES],
        levels,
        scale: None,
        threads: 2,
        rounds: 40,
        seconds: 3,
        seed: 1,
        counts: false,
    };
    let of = |level, factor| measurement(Series::Overhead, Workload::CYCLES, level, factor, 40);
    let failed =
        |level, failure| Measurement { outcome: Outcome::Failed(failure), pairs: Vec::new(), ..of(level, 1.0) };
    let mut waits = of(Level::Full, 5.2);
    for (slow, fast) in waits.pairs.iter_mut().zip(of(Level::Full, 4.0).pairs) {
        slow.tracked.cpu_ns = fast.tracked.cpu_ns;
    }
    waits.outcome = overhead(&waits.pairs, &waits.passes, waits.allocations).map_or(Outcome::TooFew, Outcome::Measured);
    let measurements = [
        vec![
            of(Level::Untracked, 0.99),
            failed(Level::Variables, Failure::Unsupported { why: "it lacks a thing".to_owned() }),
            of(Level::Full, 4.0),
        ],
        vec![of(Level::Variables, 1.02), failed(Level::Full, Failure::TimedOut { seconds: 10 })],
        vec![of(Level::Variables, 1.02), waits],
        vec![],
    ];
    let builds = names.into_iter().zip(measurements).map(|(name, mut measurements)| {
        // Half of the pairs in each of two passes.
        measurements.iter_mut().for_each(|measurement| measurement.passes = vec![20, measurement.pairs.len()]);
        let about = (name == "../memscope-rs").then(|| "Take a lock <twice>".to_owned());
        let not_built = NotBuilt {
            outcome: BuildOutcome::DoesNotCompile,
            why: format!("{name} does not compile: error: no such thing (src/lib.rs:1)"),
        };
        let mut build = ComparedBuild::new(name.to_owned(), about, Err(not_built), measurements);
        if !build.measurements.is_empty() {
            build.not_built = None;
        }
        build
    });
    let origin = origin("memscope-bench compare");
    let (against, threshold_percent, builds) = (Against::First, 3.0, builds.collect());
    compare::Record { origin, plan, clock, threshold_percent, against, builds }.into()
}

/// Returns the same comparison by wall time with counts: in `../memscope-rs`, instructions rose by 2.4 % at `full`, the
/// page faults that tracking adds by a third, and the time by 30 %. One build fails while it is counted.
pub fn counted_comparison() -> Comparison {
    let comparison = comparison(Clock::Wall);
    let counts = |level, instructions: u64, data_misses: u64, page_faults: u64| Counts {
        workload: Workload::CYCLES,
        level,
        scale: 0.05,
        seed: 1,
        threads: 2,
        allocations: Some(100_000),
        failure: None,
        untracked: Runs { page_faults: vec![2_560; 6], instructions: vec![52_000_000; 2], ..Runs::default() },
        tracked: Runs {
            instructions: vec![instructions; 2],
            data_misses: vec![data_misses; 2],
            instruction_misses: vec![600, 601],
            last_level_misses: vec![12_288; 2],
            page_faults: (0..6).map(|probe| page_faults + probe).collect(),
        },
    };
    let failed = Counts {
        failure: Some(Failure::TimedOut { seconds: 500 }),
        tracked: Runs::default(),
        ..counts(Level::Full, 0, 0, 0)
    };
    let of_builds = [
        vec![counts(Level::Full, 123_000_000, 900_000, 6_400)],
        vec![counts(Level::Variables, 60_000_000, 300_000, 2_600), failed],
        vec![counts(Level::Variables, 59_000_000, 300_100, 2_600), counts(Level::Full, 125_952_000, 972_000, 7_680)],
        vec![],
    ];
    let compare::Comparison { origin, plan, clock, threshold_percent, against, builds, .. } = comparison;
    let builds = builds.into_iter().zip(of_builds).map(|(build, counts)| build.counted(counts)).collect();
    let plan = compare::Plan { counts: true, ..plan };
    compare::Record { origin, plan, clock, threshold_percent, against, builds }.into()
}

/// Returns a record of a stress run in which every panel is filled, with figures as large as those of a run of ten
/// million allocations.
pub fn full_record() -> Record {
    let phases: Vec<Phase> = registered()
        .iter()
        .zip(0_u64..)
        .map(|(&workload, n)| Phase {
            workload,
            began_ns: n * 1_000_000_000,
            ended_ns: (n + 1) * 1_000_000_000,
            truth: Truth { allocations: 1_300_000, ..Truth::default() },
            variables: 1_000,
            slices: (1..=15)
                .map(|slice| Slice {
                    by_class: std::array::from_fn(|class| 123_456 * slice / (class as u64 + 1)),
                    live_bytes: 3_456_789 * slice,
                    live_allocations: 12_345 * slice,
                    resident_bytes: Some(23_456_789 * slice),
                })
                .collect(),
        })
        .collect();
    let heaps = phases
        .iter()
        .flat_map(|phase| (0..4).map(|n| (phase.workload, n)))
        .map(|(workload, n)| HeapSnapshot {
            workload,
            name: format!("moment {n} with <brackets> & ampersands"),
            blocks: 1_234_567,
            unmapped: 1_234,
            bytes: 61_900_000,
            page_bytes: 4_096,
            pages: 21_275,
            largest_gaps: vec![1_600_000, 400_000, 30_000],
            // Every part differs from its neighbour, which gives the largest strip to draw.
            strip: (0..80).map(|part| ((part * 37 + n) % 100) as f32 / 100.0).collect(),
        })
        .collect();
    let truth = Truth {
        allocations: 10_343_110,
        deallocations: 10_097_871,
        allocated_bytes: 465_000_000,
        live_bytes: 13_000_000,
        peak_live_bytes: 42_152_755,
        peak_live_allocations: 0,
    };
    let recorded = Recorded {
        allocations: Some(10_343_110),
        deallocations: Some(10_000_000),
        allocated_bytes: Some(465_000_000),
        active_allocations: Some(245_239),
        active_bytes: Some(13_316_915),
        peak_bytes: None,
        variables: Some(12_000),
    };
    let used = |name: &str, bytes| TypeUse { name: name.to_owned(), count: 1_000, bytes };
    Record {
        schema: memscope_bench::internal::study::stress::SCHEMA,
        origin: origin("memscope-bench stress"),
        scale: 1.0,
        seed: 1,
        wait_us: 0,
        threads: 2,
        duration_ns: 8_000_000_000,
        looking_ns: 1_000_000_000,
        truth,
        recorded,
        of_tracker: Amount { allocations: 167_011, bytes: 16_000_000 },
        leaked_allocations: 630,
        leaked_bytes: 37_200,
        variables: 12_000,
        phases,
        types: (1..30).map(|n| used(&format!("Box<HashMap<u64, Vec<Kind{n}>>>"), 40_000_000 / n)).collect(),
        types_recorded: vec![used("Vec<T>", 50_000_000), used("Box<T>", 10_000)],
        heaps,
    }
}

/// Draws a study as text for a terminal.
pub fn text(study: &impl Study) -> String {
    study::draw(study, Format::Text).expect("all figures are numbers")
}

/// Draws a study as Markdown.
pub fn markdown(study: &impl Study) -> String {
    study::draw(study, Format::Markdown).expect("all figures are numbers")
}
