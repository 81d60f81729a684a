//! Warnings: reasons to distrust a table, each with its remedy. They are computed from the results alone, so a table
//! drawn from a file has them too.

use crate::platform::conditions::Conditions;
use crate::platform::{allocator, text};
use crate::report::number;
use crate::report::origin::Origin;
use crate::schedule::measurement::{Clock, Measurement, Overhead, Pair, Series};
use crate::stats::estimate::Estimate;
use crate::stats::median::median;
use crate::study::overhead::record::Results;
use crate::tracking::Level;
use std::fmt;

/// The load of other work above which a run gets a warning, in cores.
const BUSY_CORES: f64 = 0.25;
/// The difference of untracked from itself above which a run gets a warning.
const NOISE: f64 = 0.02;
/// The part by which the untracked time may drift during a measurement.
const DRIFT: f64 = 0.1;
/// The part of a measurement's pairs that may be outliers, and the least number for a warning.
const OUTLIERS: f64 = 0.1;
const MIN_OUTLIERS: usize = 5;
/// The distance of an outlier from the median in standard deviations, and the number of median absolute deviations in
/// one standard deviation of normal noise.
const FENCE: f64 = 3.0;
const DEVIATIONS: f64 = 1.4826;

/// A reason to distrust a run's figures.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// Other work was running when the run began.
    BusyCores {
        /// The load, in cores.
        cores: f64,
    },
    /// Untracked differs from itself.
    Noise {
        /// The place.
        at: Place,
        /// The ratio.
        wall: Estimate,
    },
    /// The processor's speed follows its load.
    Governor {
        /// The governors that allow it.
        names: Vec<String>,
    },
    /// The processor may run faster than its nominal frequency.
    Turbo,
    /// The untracked time at the end of a measurement differs from that at its beginning.
    Drift {
        /// The place.
        at: Place,
        /// The median of the last third of the pairs ÷ that of the first.
        ratio: f64,
    },
    /// The clock saw no time pass in some pairs.
    CoarseClock {
        /// The place.
        at: Place,
        /// The number of pairs without a time.
        untimed: usize,
        /// The number of all pairs.
        pairs: usize,
    },
    /// Many pairs are far from the others.
    Outliers {
        /// The place.
        at: Place,
        /// The number of outliers.
        outliers: usize,
        /// The number of all pairs.
        pairs: usize,
    },
    /// The compiler did not optimise.
    Unoptimised,
    /// A library brought another allocator.
    Allocator {
        /// The allocator.
        name: String,
    },
    /// memscope's own environment variables change how it works.
    Mode {
        /// The variables.
        names: Vec<String>,
    },
    /// An overhead is significant, but its size remains open.
    WideInterval {
        /// The place.
        at: Place,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BusyCores { cores } => write!(
                f,
                "other work kept {cores:.1} cores busy when the run began. Close what else is running, and measure \
                 again."
            ),
            Self::Noise { at, wall } => write!(
                f,
                "{at} shows {} against itself. Close what else is running, and measure again.",
                number::percent_interval(*wall)
            ),
            Self::Governor { names } => write!(
                f,
                "the frequency governor is {}: speed follows load. Hold it: `sudo cpupower frequency-set \
                 -g performance`.",
                names.join(" and ")
            ),
            Self::Turbo => write!(
                f,
                "turbo is on: speed follows heat. Turn it off (intel_pstate/no_turbo or cpufreq/boost in \
                 /sys/devices/system/cpu)."
            ),
            Self::Drift { at, ratio } => write!(
                f,
                "{at}: untracked drifted {} % from first pairs to last. Let the machine settle, and measure again.",
                number::percent(*ratio)
            ),
            Self::CoarseClock { at, untimed, pairs } => write!(
                f,
                "{at}: the clock saw no time pass in {untimed} of {pairs} pairs. It is coarse: use a larger `--scale`."
            ),
            Self::Outliers { at, outliers, pairs } => write!(
                f,
                "{at}: {outliers} of {pairs} pairs are outliers. Close what runs now and then, and measure again."
            ),
            Self::Unoptimised => write!(
                f,
                "this is a debug build: what it shows is not what a release build costs. Use `cargo run --release`."
            ),
            Self::Allocator { name } => write!(
                f,
                "the allocator under the trackers is not the system's but {name}. Run without that library, or \
                 compare with runs that have it."
            ),
            Self::Mode { names } => write!(
                f,
                "memscope works otherwise than usual under {}. Unset what you do not mean.",
                names.join(" and ")
            ),
            Self::WideInterval { at } => write!(
                f,
                "{at}: interval wider than the effect. More pairs help: `--pairs` or Criterion's \
                 `--measurement-time`."
            ),
        }
    }
}

/// The place of a warning: the worst measurement, and the number of those affected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name of the worst measurement.
    pub worst: String,
    /// The number of affected measurements, that one included.
    pub measurements: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.measurements {
            1 => f.write_str(&self.worst),
            measurements => write!(f, "{} (worst of {measurements})", self.worst),
        }
    }
}

/// Returns all warnings about a run, from those about the whole machine to those about single measurements.
pub fn warnings(results: &Results) -> Vec<Warning> {
    let mut warnings = of_build(&results.origin);
    if let Some(conditions) = &results.origin.conditions {
        warnings.extend(of_conditions(conditions));
    }
    let noise = worst(results, noise, Estimate::abs_log_ratio);
    warnings.extend(noise.map(|(at, wall)| Warning::Noise { at, wall }));
    let drift = worst(results, drift, |ratio| (ratio - 1.0).abs());
    warnings.extend(drift.map(|(at, ratio)| Warning::Drift { at, ratio }));
    let coarse = worst(results, untimed, |&(untimed, pairs)| untimed as f64 / pairs as f64);
    warnings.extend(coarse.map(|(at, (untimed, pairs))| Warning::CoarseClock { at, untimed, pairs }));
    let outliers = worst(results, outliers, |&(outliers, pairs)| outliers as f64 / pairs as f64);
    warnings.extend(outliers.map(|(at, (outliers, pairs))| Warning::Outliers { at, outliers, pairs }));
    let wide = worst(results, width_per_effect, |width| *width);
    warnings.extend(wide.map(|(at, _)| Warning::WideInterval { at }));
    warnings
}

/// Returns the warnings about an origin, as lines of a report.
pub fn of_origin(origin: &Origin) -> Vec<String> {
    of_build(origin).iter().map(|warning| format!("Warning: {warning}")).collect()
}

/// Returns the warnings about the build, the allocator and the environment.
fn of_build(origin: &Origin) -> Vec<Warning> {
    let unoptimised = origin.toolchain.is_unoptimised().then_some(Warning::Unoptimised);
    let allocator = allocator::replacing(&origin.toolchain.allocator);
    let allocator = allocator.map(|name| Warning::Allocator { name: text::one_line(name) });
    let modes = origin.environment.keys().filter(|name| name.starts_with("MEMSCOPE_"));
    let names: Vec<String> = modes.cloned().collect();
    let mode = (!names.is_empty()).then_some(Warning::Mode { names });
    [unoptimised, allocator, mode].into_iter().flatten().collect()
}

/// Returns the warnings about the state of the machine. An unknown state gets none.
fn of_conditions(conditions: &Conditions) -> impl Iterator<Item = Warning> {
    let busy = conditions.busy_cores.filter(|&cores| cores > BUSY_CORES).map(|cores| Warning::BusyCores { cores });
    let names: Vec<String> =
        conditions.governors.iter().flatten().filter(|name| *name != "performance").cloned().collect();
    let governor = (!names.is_empty()).then_some(Warning::Governor { names });
    let turbo = (conditions.turbo == Some(true)).then_some(Warning::Turbo);
    [busy, governor, turbo].into_iter().flatten()
}

/// Applies a check to every measurement with an overhead. Returns the place of the worst result, with that result.
fn worst<T>(
    results: &Results,
    seen: impl Fn(&Measurement, &Overhead) -> Option<T>,
    badness: impl Fn(&T) -> f64,
) -> Option<(Place, T)> {
    let measured = results.measurements.iter().filter(|measurement| measurement.failure().is_none());
    let found: Vec<(&Measurement, T)> = measured
        .filter_map(|measurement| Some((measurement, seen(measurement, measurement.outcome.measured()?)?)))
        .collect();
    let measurements = found.len();
    let (measurement, seen) = found.into_iter().max_by(|a, b| badness(&a.1).total_cmp(&badness(&b.1)))?;
    Some((Place { worst: measurement.name(), measurements }, seen))
}

/// Returns the noise floor, if it is high. An interval that excludes "no change" is no reason for a warning: of many
/// at 95 %, some do on the quietest machine.
fn noise(measurement: &Measurement, overhead: &Overhead) -> Option<Estimate> {
    let wall = overhead.wall;
    let is_noise = measurement.level == Level::Untracked && measurement.series != Series::Control;
    (is_noise && (wall.value - 1.0).abs() > NOISE).then_some(wall)
}

/// Returns the untracked time of the last third of the pairs ÷ that of the first, if they differ.
fn drift(measurement: &Measurement, _: &Overhead) -> Option<f64> {
    let third = measurement.pairs.len() / 3;
    let untracked = |pairs: &[Pair]| {
        let times = pairs.iter().map(|pair| pair.untracked.wall_ns as f64).filter(|&time| time > 0.0);
        median(times)
    };
    let ratio =
        untracked(&measurement.pairs[measurement.pairs.len() - third..])? / untracked(&measurement.pairs[..third])?;
    ((ratio - 1.0).abs() > DRIFT).then_some(ratio)
}

/// Returns the number of pairs without a ratio and that of all pairs, if the clock saw no time pass in any.
fn untimed(measurement: &Measurement, _: &Overhead) -> Option<(usize, usize)> {
    let untimed = measurement.untimed();
    (untimed > 0).then_some((untimed, measurement.pairs.len()))
}

/// Returns the number of outliers and that of all pairs, if there are many outliers. Distances are those of
/// logarithms, so half the time is as far away as twice the time.
fn outliers(measurement: &Measurement, _: &Overhead) -> Option<(usize, usize)> {
    let logarithm = |pair: &Pair| pair.ratio(Clock::Wall).ln();
    let logarithms: Vec<f64> =
        measurement.pairs.iter().map(logarithm).filter(|logarithm| logarithm.is_finite()).collect();
    let middle = median(logarithms.iter().copied())?;
    let distances: Vec<f64> = logarithms.iter().map(|logarithm| (logarithm - middle).abs()).collect();
    let fence = FENCE * DEVIATIONS * median(distances.iter().copied())?;
    let outliers = distances.iter().filter(|&&distance| distance > fence).count();
    let pairs = logarithms.len();
    (outliers >= MIN_OUTLIERS && outliers as f64 > OUTLIERS * pairs as f64).then_some((outliers, pairs))
}

/// Returns the width of the interval ÷ the effect, if it is wider and the effect is significant. Untracked against
/// itself has no effect, only noise.
fn width_per_effect(measurement: &Measurement, overhead: &Overhead) -> Option<f64> {
    let Estimate { value, low, high } = overhead.wall;
    let (width, effect) = (high - low, (value - 1.0).abs());
    (measurement.level != Level::Untracked && !overhead.wall.contains_one() && width > effect).then_some(width / effect)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::allocator::Allocator;
    use crate::platform::system::{Machine, Toolchain};
    use crate::schedule::estimate::estimated;
    use crate::schedule::measurement::Outcome;
    use crate::schedule::measurement::Sample;
    use crate::tracking::memscope::MemscopeBuild;
    use crate::worker::failure::Failure;
    use crate::worker::probe::Request;
    use crate::workloads::Scale;
    use crate::workloads::Workload;
    use std::collections::BTreeMap;

    const UNTRACKED_NS: f64 = 10_000_000.0;

    /// Returns pairs whose ratio lies around a factor, within a spread; neither has a trend.
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
            },
            memscope: MemscopeBuild { name: text(), version: text(), source: text() },
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
    fn a_clean_run_has_none() {
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
    fn what_the_machine_does_not_say_is_not_warned_of() {
        assert_eq!(of_machine(None, None, None), []);
        assert_eq!(of_measurements(Vec::new()), []);
    }

    #[test]
    fn what_was_built_and_set_otherwise_than_usual() {
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
            lines[1].starts_with("Warning: the allocator under the trackers is not the system's but libjemalloc.so.2.")
        );
    }

    #[test]
    fn cores_that_are_busy_when_the_run_begins() {
        assert_eq!(of_machine(Some(0.3), None, None), [Warning::BusyCores { cores: 0.3 }]);
    }

    #[test]
    fn a_frequency_that_is_not_held() {
        assert_eq!(
            of_machine(None, Some(&["performance", "powersave"]), None),
            [Warning::Governor { names: vec!["powersave".to_owned()] }]
        );
        assert_eq!(of_machine(None, Some(&["performance"]), Some(true)), [Warning::Turbo]);
    }

    #[test]
    fn a_noise_floor_that_is_high() {
        let untracked = |workload, factor| measurement(workload, Level::Untracked, pairs(60, factor, 0.05));
        let found = of_measurements(vec![
            untracked(Workload::CYCLES, 1.03),
            untracked(Workload::LEAKS, 0.95),
            untracked(Workload::MIXED, 1.0),
        ]);
        let [warning @ Warning::Noise { at: place, wall }] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((place, wall.value), (&at("leaks/untracked", 2), 0.95));
        assert!(warning.to_string().contains("shows −5.0 % ["), "{warning}");
        assert!(warning.to_string().ends_with("measure again."), "{warning}");
    }

    #[test]
    fn untracked_times_that_drift() {
        // Both samples slow down alike, as on a machine that gets hot: the overhead does not change.
        let slower = |last_third: f64| {
            let mut pairs = pairs(30, 4.0, 0.01);
            for side in pairs[20..].iter_mut().flat_map(|pair| [&mut pair.untracked, &mut pair.tracked]) {
                side.wall_ns = (side.wall_ns as f64 * last_third) as u64;
            }
            pairs
        };
        let found = of_measurements(vec![
            full(Workload::CYCLES, slower(1.5)),
            full(Workload::LEAKS, slower(0.8)),
            full(Workload::MIXED, slower(1.09)),
        ]);
        assert_eq!(found, [Warning::Drift { at: at("cycles/full", 2), ratio: 1.5 }]);
        assert!(found[0].to_string().contains("drifted +50.0 %"), "{}", found[0]);
    }

    /// Returns pairs of which some are far from the others, to both sides.
    fn hit(count: u64, outliers: usize) -> Vec<Pair> {
        let mut pairs = pairs(count, 4.0, 0.01);
        for (n, pair) in pairs.iter_mut().step_by(2).take(outliers).enumerate() {
            pair.tracked.wall_ns = if n % 2 == 0 { pair.tracked.wall_ns * 2 } else { pair.tracked.wall_ns / 2 };
        }
        pairs
    }

    #[test]
    fn pairs_far_from_the_others() {
        let found = of_measurements(vec![full(Workload::CYCLES, hit(60, 8)), full(Workload::LEAKS, hit(40, 6))]);
        assert_eq!(found, [Warning::Outliers { at: at("leaks/full", 2), outliers: 6, pairs: 40 }]);
    }

    #[test]
    fn pairs_in_which_no_time_passed() {
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
    fn a_few_outliers_are_what_a_median_is_for() {
        let few = full(Workload::CYCLES, hit(20, MIN_OUTLIERS - 1));
        let a_tenth = full(Workload::LEAKS, hit(60, 6));
        assert_eq!(of_measurements(vec![few, a_tenth]), []);
    }

    #[test]
    fn an_interval_wider_than_the_effect() {
        let variables = |workload, pairs| measurement(workload, Level::Variables, pairs);
        let found = of_measurements(vec![
            variables(Workload::CYCLES, pairs(60, 1.02, 0.05)),
            variables(Workload::LEAKS, pairs(60, 1.03, 0.05)),
            variables(Workload::MIXED, pairs(60, 1.3, 0.05)),
        ]);
        assert_eq!(found, [Warning::WideInterval { at: at("cycles/variables", 2) }]);
    }

    #[test]
    fn measurements_without_an_overhead_take_no_part() {
        let mut failed = full(Workload::CYCLES, hit(60, 20));
        failed.outcome = Outcome::Failed(Failure::TimedOut { seconds: 60 });
        let few = measurement(Workload::CYCLES, Level::Untracked, pairs(5, 3.0, 0.01));
        assert_eq!(of_measurements(vec![failed, few]), []);
    }

    #[test]
    fn measurements_are_named_by_what_tells_them_apart() {
        let of = |series| Measurement { series, ..full(Workload::CYCLES, Vec::new()) }.name();
        assert_eq!(of(Series::Overhead), "cycles/full");
        assert_eq!(of(Series::Scaling), "cycles/full at scale 0.05");
        assert_eq!(of(Series::Threads), "cycles/full with 2 threads");
    }

    #[test]
    fn a_warning_is_one_line_that_says_what_to_do() {
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
            Warning::Outliers { at: place(), outliers: 112, pairs: 221 },
            Warning::WideInterval { at: place() },
        ] {
            let line = format!("Warning: {warning}");
            assert!(line.chars().count() <= 160, "{} characters: {line}", line.chars().count());
            assert!(line.ends_with('.') && !line.contains('\n'), "{line}");
        }
    }
}
