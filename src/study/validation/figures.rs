//! The figures of a run: coverage, false alarms and detections, each as a share with its interval, and the targets; and
//! what coverage shows about the width of intervals.

use super::evaluate::{coverage, deviation_in_errors, false_alarms, found, halved};
use super::groups::MAX_SMALL_PERCENT;
use super::record::{Compared, Run, Setting, Stretch};
use crate::schedule::measurement::Clock;
use crate::stats::estimate::Estimate;
use crate::stats::median::{median, median_interval};
use crate::stats::share::Share;
use crate::stats::target::{Target, Verdict};
use crate::tracking::Level;

/// The circumstances of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circumstances {
    /// Nothing else runs.
    AtRest,
    /// As many threads as cores are busy during the measurement.
    UnderLoad,
}

impl Circumstances {
    /// Returns the heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::AtRest => "At rest",
            Self::UnderLoad => "Under load",
        }
    }
}

/// A range of true overheads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Band {
    /// Untracked against itself.
    None,
    /// Up to +10 %.
    Small,
    /// Above +10 %.
    Large,
}

impl Band {
    /// All bands, from the smallest overheads.
    pub const ALL: [Self; 3] = [Self::None, Self::Small, Self::Large];

    /// Returns the name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Small => "up to +10 %",
            Self::Large => "above +10 %",
        }
    }

    /// Returns the band of a setting, by the middle of its truths by CPU time. A tracker that is set to +10 % meets
    /// that to within a unit of work, so the middle band ends two points above.
    pub fn of(setting: &Setting) -> Self {
        const SMALL: f64 = 1.0 + (MAX_SMALL_PERCENT + 2.0) / 100.0;
        let truth = median(setting.stretches.iter().map(|stretch| stretch.truth.cpu.value));
        match setting.level {
            Level::Untracked => Self::None,
            _ if truth.is_none_or(|ratio| ratio <= SMALL) => Self::Small,
            _ => Self::Large,
        }
    }
}

/// Returns whether a setting's ratio is defined by a clock. Under load, threads that wait for each other lose the
/// processor together, and the wall time of a parallel workload depends on the system's scheduler.
pub fn is_defined(circumstances: Circumstances, setting: &Setting, clock: Clock) -> bool {
    circumstances == Circumstances::AtRest || clock == Clock::Cpu || !setting.workload.is_parallel()
}

/// Returns the interval of each measurement of a setting by a clock, with the truth of its stretch.
fn intervals(setting: &Setting, clock: Clock) -> Vec<(Estimate, Estimate)> {
    let of = |stretch: &Stretch| -> Vec<(Estimate, Estimate)> {
        let ratios = stretch.measurements.iter().filter_map(|seen| *seen.ratio.by(clock));
        ratios.map(|ratio| (ratio, *stretch.truth.by(clock))).collect()
    };
    setting.stretches.iter().flat_map(of).collect()
}

/// Returns the coverage of one setting by a clock; without cases if its ratio is not defined.
pub fn coverage_of(circumstances: Circumstances, setting: &Setting, clock: Clock) -> Share {
    let is_defined = is_defined(circumstances, setting, clock);
    coverage(intervals(setting, clock).into_iter().filter(|_| is_defined))
}

/// Returns the bias of a setting by a clock: the error of measurements, in percent of the truth. `None` if the ratio is
/// not defined, or there are too few measurements.
pub fn bias_percent(circumstances: Circumstances, setting: &Setting, clock: Clock) -> Option<Estimate> {
    let biases = intervals(setting, clock).into_iter().map(|(seen, truth)| (seen.value / truth.value - 1.0) * 100.0);
    median_interval(biases).filter(|_| is_defined(circumstances, setting, clock))
}

/// Returns whether the time for each allocation under a deadline is known by a clock. Under load, another process has
/// the core during some of the waits: wall time includes its time too, and CPU time does not. In a parallel workload
/// the waits of several threads overlap, which wall time shows and CPU time does not.
pub fn is_ns_known(circumstances: Circumstances, setting: &Setting, clock: Clock) -> bool {
    clock == Clock::Cpu || (circumstances == Circumstances::AtRest && !setting.workload.is_parallel())
}

/// Returns the bias of the time for each allocation under a deadline, in nanoseconds; `None` if there are too few
/// measurements.
pub fn bias_ns(setting: &Setting, clock: Clock) -> Option<Estimate> {
    let of = |stretch: &Stretch| -> Vec<f64> {
        let Some(truth) = stretch.ns_per_allocation else { return Vec::new() };
        let times = stretch.measurements.iter().filter_map(|seen| *seen.ns_per_allocation?.by(clock));
        times.map(|time| time.value - truth.value).collect()
    };
    median_interval(setting.stretches.iter().flat_map(of))
}

/// Figures on the width of the intervals of measurements. A wide truth hides intervals that are too narrow, so each
/// figure is computed from intervals half as wide too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Widths {
    /// The measurements whose interval contains the truth.
    pub covered: Share,
    /// The same of intervals half as wide.
    pub covered_by_half: Share,
    /// The median width of the truth's interval ÷ the width of a measurement's interval; 0 if the truth is exact.
    pub of_truth: f64,
    /// The robust standard deviation of (figure − truth) ÷ √(se² + se of the truth²): more than 1 if intervals are too
    /// narrow.
    pub in_errors: f64,
    /// The same with intervals half as wide.
    pub in_half_errors: f64,
}

/// Returns what the measurements in some bands show about the width of their intervals by a clock; `None` if there are
/// none.
pub fn widths(circumstances: Circumstances, run: &Run, clock: Clock, is_in: impl Fn(Band) -> bool) -> Option<Widths> {
    let settings = run.settings.iter().filter(|setting| is_in(Band::of(setting)));
    let defined = settings.filter(|setting| is_defined(circumstances, setting, clock));
    let all: Vec<(Estimate, Estimate)> = defined.flat_map(|setting| intervals(setting, clock)).collect();
    let half = halved(&all);
    let width = |of: &Estimate| of.high - of.low;
    Some(Widths {
        covered: coverage(all.iter().copied()),
        covered_by_half: coverage(half.iter().copied()),
        of_truth: median(all.iter().map(|(seen, truth)| width(truth) / width(seen)))?,
        in_errors: deviation_in_errors(&all)?,
        in_half_errors: deviation_in_errors(&half)?,
    })
}

/// One figure of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The name.
    pub name: &'static str,
    /// The name for other programs.
    pub key: &'static str,
    /// The clock.
    pub clock: Clock,
    /// The cases, in one word.
    pub cases: &'static str,
    /// The share.
    pub share: Share,
    /// The target, if there is one.
    pub target: Option<Target>,
}

impl Figure {
    /// Returns what the cases show about the target; `None` without a target or without cases.
    pub fn verdict(&self) -> Option<Verdict> {
        Some(self.target?.verdict(self.share.percent()?, self.share.of))
    }

    /// Returns the number of cases that would show that the target is reached, if their share is this one.
    pub fn needed(&self) -> Option<usize> {
        self.target?.needed(self.share.fraction()?)
    }
}

/// The minimum number of measurements for a coverage: the interval of 95 % is then ±1.5 points.
const MEASUREMENTS: usize = 900;

/// Returns the figures of a run, in order.
pub fn figures(circumstances: Circumstances, run: &Run) -> Vec<Figure> {
    let mut figures = Vec::new();
    for clock in [Clock::Wall, Clock::Cpu] {
        figures.extend(of_clock(circumstances, run, clock));
    }
    figures
}

fn of_clock(circumstances: Circumstances, run: &Run, clock: Clock) -> [Figure; 9] {
    let is_at_rest = circumstances == Circumstances::AtRest;
    let coverage = |is_in: fn(Band) -> bool| {
        let settings = run.settings.iter().filter(|setting| is_in(Band::of(setting)));
        settings.map(|setting| coverage_of(circumstances, setting, clock)).fold(Share::default(), Share::and)
    };
    let slowed = |level: Level| {
        let comparisons = run.slowed.iter().flatten().filter(|compared| !compared.is_identical());
        let of_level = comparisons.filter(|compared| compared.level == level);
        // By wall time under load, the cost of a slower tracker for a parallel workload is not defined.
        let is_defined = |compared: &&Compared| is_at_rest || clock == Clock::Cpu || !compared.workload.is_parallel();
        found(of_level.filter(is_defined), clock)
    };
    let least = |percent, cases, is_asked: bool| is_asked.then_some(Target { percent, is_least: true, cases });
    // `compare` uses wall time by default; on a busy machine, CPU time is the right choice.
    let is_compared = is_at_rest == (clock == Clock::Wall);
    let figure = |name, key, cases, share, target| Figure { name, key, clock, cases, share, target };
    let measured = |name, key, share, target| figure(name, key, "measurements", share, target);
    let families = || run.identical.iter().flatten();
    [
        measured("coverage, no overhead", "coverage-none", coverage(|band| band == Band::None), None),
        measured("coverage, up to +10 %", "coverage-small", coverage(|band| band == Band::Small), None),
        measured("coverage, above +10 %", "coverage-large", coverage(|band| band == Band::Large), None),
        measured(
            "coverage, none and up to +10 %",
            "coverage-up-to-10",
            coverage(|band| band != Band::Large),
            least(93.0, MEASUREMENTS, !is_at_rest && clock == Clock::Cpu),
        ),
        measured("coverage, all", "coverage", coverage(|_| true), least(94.0, MEASUREMENTS, is_at_rest)),
        figure(
            "false alarms in 24 comparisons",
            "false-alarms",
            "runs",
            false_alarms(&run.identical, clock),
            is_compared.then_some(Target { percent: 5.0, is_least: false, cases: 1 }),
        ),
        figure(
            "false alarms in one comparison",
            "false-alarms-each",
            "comparisons",
            Share::of(families().map(|compared| compared.is_change(clock))),
            None,
        ),
        figure(
            "+5 % found at `variables`",
            "found-variables",
            "comparisons",
            slowed(Level::Variables),
            least(80.0, 1, is_compared && is_at_rest),
        ),
        figure(
            "+5 % found at `full`",
            "found-full",
            "comparisons",
            slowed(Level::Full),
            least(60.0, 1, is_compared && is_at_rest),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::origin::Origin;
    use crate::study::compare::Verdict;
    use crate::study::validation::record::{ByClock, Seen};
    use crate::study::validation::truth::NO_CHANGE;
    use crate::workloads::Workload;

    fn around(value: f64) -> Estimate {
        Estimate { value, low: value - 0.01, high: value + 0.01 }
    }

    fn both<T: Copy>(value: T) -> ByClock<T> {
        ByClock { wall: value, cpu: value }
    }

    /// Returns a setting whose measurements show these ratios by wall time, and the truth by CPU time.
    fn setting(workload: Workload, level: Level, truth: f64, ratios: &[f64]) -> Setting {
        let seen = ratios.iter().map(|&ratio| Seen {
            ratio: ByClock { wall: Some(around(ratio)), cpu: Some(around(truth)) },
            ns_per_allocation: Some(both(Some(around(325.0)))),
        });
        let stretch = Stretch {
            truth: both(Estimate { value: truth, low: truth, high: truth }),
            ns_per_allocation: Some(around(320.0)),
            measurements: seen.collect(),
        };
        Setting { workload, target_percent: None, level, stretches: vec![stretch] }
    }

    fn compared(workload: Workload, other: Level, verdict: Verdict) -> Compared {
        let (truth, change) = (both(NO_CHANGE), both(Some(NO_CHANGE)));
        Compared {
            workload,
            level: Level::Full,
            other,
            truth,
            change,
            verdict: ByClock { wall: verdict, cpu: Verdict::Regression },
        }
    }

    fn run_of(settings: Vec<Setting>) -> Run {
        let slowed = [(Workload::CYCLES, Verdict::Regression), (Workload::CONCURRENT, Verdict::NoDifference)];
        let slowed = slowed.map(|(workload, verdict)| compared(workload, Level::SlowedFull(3), verdict));
        let equal = [Verdict::NoDifference, Verdict::Improvement]
            .map(|verdict| vec![compared(Workload::CYCLES, Level::Full, verdict)]);
        let unchanged = compared(Workload::CYCLES, Level::Full, Verdict::Regression);
        Run {
            origin: Origin::here(String::new()),
            seconds: 60.0,
            pairs: 60,
            rounds: 120,
            settings,
            identical: equal.to_vec(),
            slowed: vec![slowed.into_iter().chain([unchanged]).collect()],
        }
    }

    fn share(figures: &[Figure], key: &str, clock: Clock) -> (usize, usize) {
        let figure = figures.iter().find(|figure| figure.key == key && figure.clock == clock).expect("a figure");
        (figure.share.part, figure.share.of)
    }

    #[test]
    fn cases_are_counted_by_band_and_clock_and_parallel_wall_times_under_load_are_not() {
        use Circumstances::{AtRest, UnderLoad};
        let run = run_of(vec![
            setting(Workload::CYCLES, Level::Untracked, 1.0, &[1.0, 1.005, 1.02]),
            setting(Workload::CYCLES, Level::Synthetic(9), 1.11, &[1.11, 1.2]),
            setting(Workload::CYCLES, Level::Deadline(300), 5.0, &[5.0]),
            setting(Workload::CONCURRENT, Level::Deadline(300), 5.0, &[6.0, 7.0]),
        ]);
        let [rest, load] = [AtRest, UnderLoad].map(|circumstances| figures(circumstances, &run));
        assert_eq!(share(&rest, "coverage-none", Clock::Wall), (2, 3));
        assert_eq!(share(&rest, "coverage-small", Clock::Wall), (1, 2));
        assert_eq!(share(&rest, "coverage-up-to-10", Clock::Wall), (3, 5));
        assert_eq!(share(&rest, "coverage-large", Clock::Wall), (1, 3));
        assert_eq!(share(&load, "coverage-large", Clock::Wall), (1, 1));
        assert_eq!(share(&load, "coverage-large", Clock::Cpu), (3, 3));
        assert_eq!(share(&rest, "false-alarms", Clock::Wall), (1, 2));
        assert_eq!(share(&rest, "false-alarms", Clock::Cpu), (2, 2));
        assert_eq!(share(&rest, "found-full", Clock::Wall), (1, 2));
        assert_eq!(share(&load, "found-full", Clock::Wall), (1, 1));
        assert_eq!(share(&rest, "found-variables", Clock::Wall), (0, 0));
    }

    #[test]
    fn biases_are_computed_only_from_known_figures() {
        let six = |workload| setting(workload, Level::Deadline(300), 2.0, &[2.0, 2.1, 2.2, 2.2, 2.3, 2.4]);
        let (single, parallel) = (six(Workload::CYCLES), six(Workload::CONCURRENT));
        let value = |setting, circumstances, clock| {
            bias_percent(circumstances, setting, clock).map(|bias| (bias.value * 1e6).round() / 1e6)
        };
        assert_eq!(value(&single, Circumstances::AtRest, Clock::Wall), Some(10.0));
        assert_eq!(value(&single, Circumstances::AtRest, Clock::Cpu), Some(0.0));
        assert_eq!(value(&parallel, Circumstances::UnderLoad, Clock::Wall), None);
        assert_eq!(bias_ns(&single, Clock::Cpu).map(|bias| bias.value), Some(5.0));
        let known = |setting| {
            [Circumstances::AtRest, Circumstances::UnderLoad]
                .map(|circumstances| [Clock::Wall, Clock::Cpu].map(|clock| is_ns_known(circumstances, setting, clock)))
        };
        assert_eq!(known(&single), [[true, true], [false, true]]);
        assert_eq!(known(&parallel), [[false, true], [false, true]]);
    }

    #[test]
    fn the_figures_of_the_kept_run_without_false_alarms_need_more_families() {
        let figures = figures(Circumstances::AtRest, &run_of(Vec::new()));
        let mut alarms = figures.into_iter().find(|figure| figure.key == "false-alarms").expect("a figure");
        alarms.share = Share { part: 0, of: 10 };
        assert_eq!((alarms.verdict(), alarms.needed()), (Some(crate::stats::target::Verdict::NotShown), Some(72)));
        alarms.share = Share { part: 0, of: 0 };
        assert_eq!((alarms.verdict(), alarms.needed()), (None, None));
        let without = Figure { target: None, share: Share { part: 0, of: 72 }, ..alarms };
        assert_eq!((without.verdict(), without.needed()), (None, None));
    }

    #[test]
    fn widths_are_of_the_bands_and_of_defined_ratios() {
        use Circumstances::{AtRest, UnderLoad};
        // Errors of 0, 0.004 and 0.02 beside intervals of ±0.01, which is 1.96 standard errors.
        let exact = setting(Workload::CYCLES, Level::Untracked, 1.0, &[1.0, 1.004, 1.02]);
        let mut wide = setting(Workload::CONCURRENT, Level::Deadline(300), 5.0, &[5.0, 5.01, 5.03]);
        wide.stretches[0].truth = both(Estimate { value: 5.0, low: 4.98, high: 5.02 });
        let run = run_of(vec![exact, wide]);
        let of_none = widths(AtRest, &run, Clock::Wall, |band| band == Band::None).expect("three measurements");
        assert_eq!((of_none.covered, of_none.covered_by_half), (Share { part: 2, of: 3 }, Share { part: 2, of: 3 }));
        assert_eq!(of_none.of_truth, 0.0);
        assert!((of_none.in_errors - 1.4826 * 0.4 * 1.96).abs() < 0.02, "{of_none:?}");
        assert!((of_none.in_half_errors - 2.0 * of_none.in_errors).abs() < 0.02, "{of_none:?}");
        let large = |circumstances, clock| widths(circumstances, &run, clock, |band| band == Band::Large);
        let at_rest = large(AtRest, Clock::Wall).expect("three measurements");
        assert!((at_rest.of_truth - 2.0).abs() < 1e-9, "{at_rest:?}");
        // Twice as wide a truth hides most of the difference: √5 ÷ √4.25.
        assert!((at_rest.in_half_errors / at_rest.in_errors - 1.085).abs() < 0.01, "{at_rest:?}");
        assert_eq!(large(UnderLoad, Clock::Wall), None, "a parallel workload");
        assert!(large(UnderLoad, Clock::Cpu).is_some());
    }
}
