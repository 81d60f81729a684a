//! Tests of the warnings that results get, and of those that they do not get.

use super::origin::BUSY_CORES;
use super::*;
use crate::platform::allocator::Allocator;
use crate::platform::conditions::Conditions;
use crate::platform::disturbance::{Disturbance, Part};
use crate::platform::system::{Machine, Toolchain};
use crate::report::origin::Origin;
use crate::schedule::estimate::estimated;
use crate::schedule::measurement::Outcome;
use crate::schedule::measurement::Sample;
use crate::schedule::measurement::{Measurement, Pair, Series};
use crate::tracking::Level;
use crate::tracking::memscope::MemscopeBuild;
use crate::worker::failure::Failure;
use crate::worker::probe::Request;
use crate::workloads::Scale;
use crate::workloads::Workload;
use std::collections::BTreeMap;

const UNTRACKED_NS: f64 = 10_000_000.0;

/// Returns pairs whose ratio varies around a factor, within a spread; neither has a trend.
fn pairs(count: u64, factor: f64, spread: f64) -> Vec<Pair> {
    let side = |ns: f64| Sample { wall_ns: ns as u64, cpu_ns: ns as u64, ..Sample::default() };
    (0..count)
        .map(|n| {
            // −1 to 1, in an order unrelated to time.
            let deviation = (n * 7 % 13) as f64 / 6.0 - 1.0;
            let tracked = UNTRACKED_NS * factor * (1.0 + spread * deviation);
            Pair { untracked_first: n % 2 == 0, untracked: side(UNTRACKED_NS), tracked: side(tracked) }
        })
        .collect()
}

fn measurement(workload: Workload, level: Level, pairs: Vec<Pair>) -> Measurement {
    let scale = Scale::new(0.05).expect("positive");
    let request = Request { workload, level, scale, threads: 2, count: false };
    let measurement = Measurement::new(Series::Overhead, &request);
    estimated(Measurement { allocations: Some(1_000), pairs, ..measurement })
}

fn full(workload: Workload, pairs: Vec<Pair>) -> Measurement {
    measurement(workload, Level::Full, pairs)
}

fn results(conditions: Option<Conditions>, measurements: Vec<Measurement>) -> Results {
    let text = || "example".to_owned();
    let origin = Origin {
        started: "2026-01-02T03:04:05Z".parse().expect("a time"),
        command: text(),
        machine: Machine { processor: text(), cores: 2, memory_bytes: 1 << 30, system: text() },
        conditions,
        environment: BTreeMap::new(),
        toolchain: Toolchain {
            rustc: text(),
            target: text(),
            opt_level: text(),
            allocator: text(),
            flags: String::new(),
            wrapper: String::new(),
            debug_assertions: false,
            features: Vec::new(),
        },
        memscope: MemscopeBuild { name: text(), version: text(), source: text(), commit: None },
    };
    Results { measurements, ..Results::begin(origin) }
}

/// Returns the warnings about these measurements on an unknown machine.
fn of_measurements(measurements: Vec<Measurement>) -> Vec<Warning> {
    warnings(&results(None, measurements))
}

fn of_machine(busy_cores: Option<f64>, governors: Option<&[&str]>, turbo: Option<bool>) -> Vec<Warning> {
    let governors = governors.map(|names| names.iter().map(|&name| name.to_owned()).collect());
    warnings(&results(Some(Conditions { busy_cores, governors, turbo, ..Conditions::default() }), Vec::new()))
}

fn at(worst: &str, measurements: usize) -> Place {
    Place { worst: worst.to_owned(), measurements }
}

#[test]
fn a_clean_run_has_no_warnings() {
    let conditions = Conditions {
        busy_cores: Some(BUSY_CORES),
        governors: Some(vec!["performance".to_owned()]),
        turbo: Some(false),
        ..Conditions::default()
    };
    let measurements = vec![
        measurement(Workload::CYCLES, Level::Untracked, pairs(60, 1.0, 0.01)),
        measurement(Workload::CYCLES, Level::Variables, pairs(60, 1.05, 0.01)),
        measurement(Workload::LEAKS, Level::Variables, pairs(60, 1.0, 0.3)),
        full(Workload::CYCLES, pairs(60, 8.0, 0.05)),
    ];
    assert_eq!(warnings(&results(Some(conditions), measurements)), []);
}

#[test]
fn unknown_conditions_cause_no_warning() {
    assert_eq!(of_machine(None, None, None), []);
    assert_eq!(of_measurements(Vec::new()), []);
}

#[test]
fn unusual_builds_and_settings_cause_a_warning() {
    let mut results = results(None, Vec::new());
    results.origin.toolchain.opt_level = "0".to_owned();
    results.origin.toolchain.allocator =
        Allocator { system: "glibc 2.36".to_owned(), instead: Some("libjemalloc.so.2".to_owned()) }.to_string();
    results.origin.environment =
        ["MEMSCOPE_TEST_MODE", "RUST_BACKTRACE"].map(|name| (name.to_owned(), "1".to_owned())).into();
    let found = warnings(&results);
    let name = "libjemalloc.so.2".to_owned();
    let names = vec!["MEMSCOPE_TEST_MODE".to_owned()];
    assert_eq!(found, [Warning::Unoptimised, Warning::Allocator { name }, Warning::Mode { names }]);
    let lines = of_origin(&results.origin);
    assert!(
        lines[1].starts_with("Warning: the trackers allocate from libjemalloc.so.2 instead of the system's allocator.")
    );
}

#[test]
fn cores_that_are_busy_at_the_start_cause_a_warning() {
    assert_eq!(of_machine(Some(0.3), None, None), [Warning::BusyCores { cores: 0.3 }]);
}

#[test]
fn a_frequency_that_varies_causes_a_warning() {
    assert_eq!(
        of_machine(None, Some(&["performance", "powersave"]), None),
        [Warning::Governor { names: vec!["powersave".to_owned()] }]
    );
    assert_eq!(of_machine(None, Some(&["performance"]), Some(true)), [Warning::Turbo]);
}

#[test]
fn a_high_noise_floor_causes_a_warning() {
    let untracked = |workload, factor| measurement(workload, Level::Untracked, pairs(60, factor, 0.05));
    let found = of_measurements(vec![
        untracked(Workload::CYCLES, 1.03),
        untracked(Workload::LEAKS, 0.95),
        untracked(Workload::MIXED, 1.0),
    ]);
    let [warning @ Warning::Noise { at: place, wall }] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((place, wall.value), (&at("leaks/untracked", 2), 0.95));
    assert!(warning.to_string().contains("differs from itself by −5.0 % ["), "{warning}");
    assert!(warning.to_string().ends_with("measure again."), "{warning}");
}

#[test]
fn drifting_untracked_times_cause_a_warning() {
    // Both samples slow down equally, as on an overheating machine: the overhead does not change.
    let slower = |last_third: f64| {
        let mut pairs = pairs(30, 4.0, 0.01);
        for side in pairs[20..].iter_mut().flat_map(|pair| [&mut pair.untracked, &mut pair.tracked]) {
            side.wall_ns = (side.wall_ns as f64 * last_third) as u64;
        }
        pairs
    };
    let found = of_measurements(vec![
        full(Workload::CYCLES, slower(1.5)),
        full(Workload::LEAKS, slower(0.7)),
        full(Workload::MIXED, slower(1.24)),
    ]);
    assert_eq!(found, [Warning::Drift { at: at("cycles/full", 2), ratio: 1.5 }]);
    assert!(found[0].to_string().contains("drifted by +50.0 %"), "{}", found[0]);
}

/// Returns a measurement with these percentages of stolen and waited time during its pairs.
fn disturbed(workload: Workload, stolen: u64, waited: u64) -> Measurement {
    let part = |part| Some(Part { part, of: 100 });
    let disturbance = Disturbance { stolen: part(stolen), waited: part(waited) };
    Measurement { disturbance, ..full(workload, pairs(60, 4.0, 0.01)) }
}

#[test]
fn stolen_time_causes_a_warning() {
    let found = of_measurements(vec![
        disturbed(Workload::CYCLES, 6, 0),
        disturbed(Workload::LEAKS, 20, 0),
        disturbed(Workload::MIXED, 5, 0),
    ]);
    assert_eq!(found, [Warning::Stolen { at: at("leaks/full", 2), share: 0.2 }]);
    assert!(found[0].to_string().contains("other machines 20 % of the requested time"), "{}", found[0]);
}

#[test]
fn waiting_for_a_processor_causes_a_warning() {
    let found = of_measurements(vec![
        disturbed(Workload::CYCLES, 0, 30),
        disturbed(Workload::LEAKS, 0, 10),
        // Its own threads wait for each other.
        disturbed(Workload::CONCURRENT, 0, 90),
    ]);
    assert_eq!(found, [Warning::Waited { at: at("cycles/full", 1), share: 0.3 }]);
}

#[test]
fn fixed_addresses_cause_a_warning() {
    let of = |conditions| warnings(&results(Some(conditions), Vec::new()));
    let random = |randomize_va_space| Conditions { randomize_va_space, ..Conditions::default() };
    assert_eq!(of(random(Some(0))), [Warning::FixedAddresses]);
    assert_eq!(of(Conditions { fixed_addresses: true, ..random(Some(2)) }), [Warning::FixedAddresses]);
    assert_eq!([of(random(Some(2))), of(random(None))], [[], []]);
}

#[test]
fn pairs_without_measurable_time_cause_a_warning() {
    let mut some = pairs(60, 4.0, 0.01);
    some.iter_mut().step_by(6).for_each(|pair| pair.untracked.wall_ns = 0);
    let found = of_measurements(vec![full(Workload::CYCLES, some)]);
    assert_eq!(found, [Warning::CoarseClock { at: at("cycles/full", 1), untimed: 10, pairs: 60 }]);
    let mut most = pairs(60, 4.0, 0.01);
    most.iter_mut().take(40).for_each(|pair| pair.tracked.wall_ns = 0);
    assert_eq!(
        of_measurements(vec![full(Workload::CYCLES, most)]),
        [],
        "a measurement without an overhead has its own note"
    );
}

#[test]
fn an_interval_wider_than_the_effect_causes_a_warning() {
    let variables = |workload, pairs| measurement(workload, Level::Variables, pairs);
    let found = of_measurements(vec![
        variables(Workload::CYCLES, pairs(60, 1.02, 0.05)),
        variables(Workload::LEAKS, pairs(60, 1.03, 0.05)),
        variables(Workload::MIXED, pairs(60, 1.3, 0.05)),
    ]);
    assert_eq!(found, [Warning::WideInterval { at: at("cycles/variables", 2) }]);
}

#[test]
fn measurements_without_an_overhead_cause_no_warning() {
    let mut failed = disturbed(Workload::CYCLES, 50, 50);
    failed.outcome = Outcome::Failed(Failure::TimedOut { seconds: 60 });
    let few = measurement(Workload::CYCLES, Level::Untracked, pairs(5, 3.0, 0.01));
    assert_eq!(of_measurements(vec![failed, few]), []);
}

#[test]
fn names_distinguish_measurements() {
    let of = |series| Measurement { series, ..full(Workload::CYCLES, Vec::new()) }.name();
    assert_eq!(of(Series::Overhead), "cycles/full");
    assert_eq!(of(Series::Scaling), "cycles/full at scale 0.05");
    assert_eq!(of(Series::Threads), "cycles/full with 2 threads");
}

#[test]
fn a_warning_is_one_line_with_advice() {
    let place = || at("structures/variables at scale 0.05", 24);
    let noise = |value, low, high| Warning::Noise {
        at: at("structures/untracked at scale 0.05", 17),
        wall: Estimate { value, low, high },
    };
    for warning in [
        Warning::BusyCores { cores: 63.8 },
        noise(0.871, 0.832, 0.914),
        noise(1.012, 1.003, 1.021),
        Warning::Governor { names: vec!["powersave".to_owned(), "schedutil".to_owned()] },
        Warning::Turbo,
        Warning::Drift { at: place(), ratio: 2.345 },
        Warning::CoarseClock { at: place(), untimed: 112, pairs: 2_210 },
        Warning::Stolen { at: place(), share: 0.234 },
        Warning::Waited { at: place(), share: 0.456 },
        Warning::FixedAddresses,
        Warning::WideInterval { at: place() },
    ] {
        let line = format!("Warning: {warning}");
        assert!(line.chars().count() <= 160, "{} characters: {line}", line.chars().count());
        assert!(line.ends_with('.') && !line.contains('\n'), "{line}");
    }
}
