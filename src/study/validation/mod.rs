//! The validation: the instrument is checked with a tracker whose cost is known.
//!
//! The synthetic tracker burns a fixed amount of work for each allocation and keeps no state. So its cost can be
//! measured within one process, by adjacent windows with and without it (`truth`). The same workload under the same
//! tracker is then measured as everything else is, by pairs of processes, in one long series ([`run`]). From the
//! series, `evaluate` draws repeatedly what the instrument would have reported.

pub mod chart;
mod evaluate;
pub mod summary;
mod truth;

pub use evaluate::{BLOCK, CLAIM_THRESHOLD, Claims, Coverage, Estimator, claims, coverage};
pub use truth::ratio;

use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::schedule::launch::Launch;
use crate::schedule::measurement::{Clock, Measurement, Outcome, Pair, Series};
use crate::schedule::scheduler::{self, Scheduler, Settings};
use crate::stats::estimate::Estimate;
use crate::stats::median::{MIN_PAIRS, median_interval};
use crate::study::Study;
use crate::tracking::{Level, MAX_SYNTHETIC_UNITS};
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::probe::Request;
use crate::worker::task::Task;
use crate::worker::tasks::windows;
use crate::worker::tasks::windows::{Time, Windows};
use crate::workloads::{Scale, Workload};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The version of the file's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 2;

/// The overheads, in percent, that the synthetic tracker is set to, as nearly as whole units of work allow. `None` is
/// no tracker.
pub const TARGETS: [Option<f64>; 6] = [None, Some(1.0), Some(3.0), Some(10.0), Some(100.0), Some(400.0)];

/// The results of a validation, at rest and under load.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The run with nothing else running.
    pub at_rest: Option<Run>,
    /// The run with as many busy threads as cores beside it.
    pub under_load: Option<Run>,
}

impl Versioned for Validation {
    const KIND: &str = "validation";
    const WHAT: &str = "a validation";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Validation {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn chart(&self) -> Option<String> {
        Some(chart::draw(self))
    }

    fn metrics(&self) -> Vec<Metric> {
        let runs = [("at-rest", &self.at_rest), ("under-load", &self.under_load)];
        let settings = runs
            .into_iter()
            .flat_map(|(name, run)| run.iter().flat_map(|run| &run.settings).map(move |setting| (name, setting)));
        let of_setting = |(run, setting): (&str, &Setting)| {
            let aim = setting.target_percent.map_or("none".to_owned(), |percent| percent.to_string());
            let name = format!("{}/{aim}/{run}", setting.workload);
            [
                Metric::estimate(&name, "bias-percent", setting.wall.bias_percent()),
                Metric::estimate(&name, "cpu-bias-percent", setting.cpu.bias_percent()),
            ]
        };
        settings.flat_map(of_setting).collect()
    }
}

/// One run of the validation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The origin.
    #[serde(flatten)]
    pub origin: Origin,
    /// The duration of each batch of a repeat, in seconds; detecting a change takes two batches.
    pub batch_seconds: f64,
    /// The settings, in order.
    pub settings: Vec<Setting>,
}

/// One workload under a tracker of known cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// The workload.
    pub workload: Workload,
    /// The target overhead, in percent; `None` for untracked against itself.
    pub target_percent: Option<f64>,
    /// The level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The ratios by wall time.
    pub wall: Seen,
    /// The ratios by CPU time.
    pub cpu: Seen,
    /// The duration of a pair, in seconds.
    pub pair_seconds: f64,
}

/// The true ratio and the measured ones, by wall time or by CPU time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// The true ratio, with its interval; 1 for untracked against itself.
    pub truth: Estimate,
    /// The ratio measured by the pairs of processes, over the whole series.
    pub measured: Estimate,
    /// The blocks of the series whose interval includes the truth.
    pub coverage: Coverage,
    /// The repeats that detect a change.
    pub claims: Claims,
    /// The ratio of each pair, in order.
    pub ratios: Vec<f32>,
}

impl Seen {
    /// Evaluates a series of pairs; `None` if too few of them have a ratio.
    fn of(truth: Estimate, ratios: &[f64], per_batch: usize, repeats: usize) -> Option<Self> {
        Some(Self {
            truth,
            measured: median_interval(ratios.iter().copied())?,
            coverage: coverage(ratios, truth.value),
            claims: claims(ratios, per_batch, repeats),
            ratios: ratios.iter().map(|&ratio| ratio as f32).collect(),
        })
    }

    /// Returns the bias: the measured ratio less the true one, in percent of the untracked time, with its interval.
    /// The truth and the pairs are independent of each other, so the squares of their uncertainties add.
    pub fn bias_percent(&self) -> Estimate {
        let Self { truth, measured, .. } = self;
        let value = measured.value - truth.value;
        let below = (measured.value - measured.low).hypot(truth.high - truth.value);
        let above = (measured.high - measured.value).hypot(truth.value - truth.low);
        Estimate { value: value * 100.0, low: (value - below) * 100.0, high: (value + above) * 100.0 }
    }
}

/// The amount of measuring in a validation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// The time spent on the truth of a setting; four times as long if the tracker multiplies the run's time.
    pub truth: Duration,
    /// The duration of the series that detections are drawn from: no overhead, and +3 %.
    pub long_series: Duration,
    /// The duration of the other series; twice as long if the tracker multiplies the run's time.
    pub short_series: Duration,
    /// The least number of pairs in a series.
    pub least_pairs: usize,
    /// The number of repeats to draw.
    pub repeats: usize,
    /// The duration of each batch of a repeat.
    pub batch: Duration,
    /// True if pairs are measured while as many threads as cores are busy beside them. The truth is always measured
    /// without that load.
    pub load: bool,
}

impl Effort {
    fn truth_of(&self, target_percent: f64) -> Duration {
        self.truth * if target_percent >= 100.0 { 4 } else { 1 }
    }

    fn series_of(&self, target_percent: Option<f64>) -> Duration {
        match target_percent {
            None | Some(3.0) => self.long_series,
            Some(percent) if percent >= 100.0 => self.short_series * 2,
            Some(_) => self.short_series,
        }
    }
}

/// The passes over all settings.
const PASSES: usize = 4;
/// The most pairs of a setting: more than its time allows.
const MOST_PAIRS: usize = 1_000_000;

/// Returns the steps of a run, each of which calls `progress` once.
pub const fn steps(workloads: usize) -> usize {
    workloads * (1 + PASSES * TARGETS.len())
}

/// A setting before it is measured.
struct Planned {
    request: Request,
    target_percent: Option<f64>,
}

/// Validates the harness on workloads: calibrates the synthetic tracker, and measures all settings in passes. In each
/// pass a setting's truth comes right before its pairs, so a disturbance that lasts longer is in both.
///
/// `progress` is called before each step.
///
/// # Errors
/// The failure of a probe.
pub fn run(
    launcher: &Launcher,
    workloads: &[Workload],
    scale: impl Fn(Workload) -> Scale,
    threads: usize,
    effort: Effort,
    mut progress: impl FnMut(Workload, Option<f64>),
) -> Result<Vec<Setting>, Failure> {
    let windows = |request: Request, units| {
        let probe = Request { level: Level::Untracked, ..request };
        launcher.run_task::<Windows>(&Task::Windows(windows::Request { probe, units }))
    };
    let mut settings = Vec::new();
    for &workload in workloads {
        let request = Request { workload, level: Level::Untracked, scale: scale(workload), threads, count: false };
        progress(workload, None);
        let calibration = Calibration::of(|units| {
            let processes = seek(effort.truth / 2, MIN_PAIRS, || windows(request, units))?;
            Ok(ratio(&processes, |time| time.wall_ns).ok_or_else(|| too_coarse(Clock::Wall))?.value - 1.0)
        })?;
        settings.extend(TARGETS.map(|target_percent| {
            let units = |percent| Level::Synthetic(calibration.units_for(percent));
            let level = target_percent.map_or(Level::Untracked, units);
            Planned { request: Request { level, ..request }, target_percent }
        }));
    }

    let groups = settings.iter().map(|Planned { request, target_percent }| {
        let time = Some(effort.series_of(*target_percent) / PASSES as u32);
        let (baseline, series, request): (&dyn Launch, _, _) = (launcher, Series::Overhead, *request);
        vec![Some(scheduler::Planned { baseline, launcher, series, request, layout: None, time })]
    });
    let order = Settings {
        rounds: MOST_PAIRS,
        passes: PASSES,
        fewest: effort.least_pairs.div_ceil(PASSES),
        precision: None,
        seed: 0,
    };
    let mut truths: Vec<Vec<Windows>> = settings.iter().map(|_| Vec::new()).collect();
    let mut measuring = vec![Duration::ZERO; settings.len()];
    let scheduler = Scheduler::new(order, groups.collect());
    let mut failed = None;
    let done = scheduler.measure_around(
        |_| (),
        |place, take| {
            let Planned { request, target_percent } = settings[place];
            progress(request.workload, target_percent);
            if let (Level::Synthetic(units), Some(percent)) = (request.level, target_percent) {
                let length = effort.truth_of(percent) / PASSES as u32;
                match seek(length, MIN_PAIRS.div_ceil(PASSES), || windows(request, units)) {
                    Ok(processes) => truths[place].extend(processes),
                    Err(failure) => failed = failed.take().or(Some(failure)),
                }
            }
            if failed.is_none() {
                let began = Instant::now();
                if effort.load {
                    under_load(take)
                } else {
                    take()
                }
                measuring[place] += began.elapsed();
            }
        },
    );
    if let Some(failure) = failed {
        return Err(failure);
    }
    let done = done.expect("without a journal there is nothing to write");
    let measured = done.groups.into_iter().flatten().flatten();
    let parts = settings.iter().zip(measured).zip(truths).zip(measuring);
    parts.map(|(((planned, measurement), truth), time)| setting(planned, measurement, &truth, time, effort)).collect()
}

/// Runs processes of windows for this duration, and at least this many.
fn seek(
    length: Duration,
    least: usize,
    windows: impl Fn() -> Result<Windows, Failure>,
) -> Result<Vec<Windows>, Failure> {
    let began = Instant::now();
    let mut processes = Vec::new();
    while began.elapsed() < length || processes.len() < least {
        processes.push(windows()?);
    }
    Ok(processes)
}

/// Returns what the pairs of a setting show of it.
fn setting(
    &Planned { request, target_percent }: &Planned,
    measurement: Measurement,
    processes: &[Windows],
    measuring: Duration,
    effort: Effort,
) -> Result<Setting, Failure> {
    if let Outcome::Failed(failure) = measurement.outcome {
        return Err(failure);
    }
    let pairs = measurement.pairs;
    let pair_seconds = measuring.as_secs_f64() / pairs.len().max(1) as f64;
    let per_batch = (effort.batch.as_secs_f64() / pair_seconds.max(1e-6)).ceil() as usize;
    let seen = |clock: Clock, of_window: fn(&Time) -> u64| {
        let truth = match target_percent {
            None => Some(Estimate { value: 1.0, low: 1.0, high: 1.0 }),
            Some(_) => ratio(processes, of_window),
        };
        let ratios: Vec<f64> =
            pairs.iter().map(|pair: &Pair| pair.ratio(clock)).filter(|ratio| ratio.is_finite()).collect();
        let seen = truth.filter(|_| 2 * ratios.len() > pairs.len());
        seen.and_then(|truth| Seen::of(truth, &ratios, per_batch, effort.repeats)).ok_or_else(|| too_coarse(clock))
    };
    Ok(Setting {
        workload: request.workload,
        target_percent,
        level: request.level,
        wall: seen(Clock::Wall, |time| time.wall_ns)?,
        cpu: seen(Clock::Cpu, |time| time.cpu_ns)?,
        pair_seconds,
    })
}

/// Returns the failure of a setting whose windows are so short that a clock sees no time pass in them.
fn too_coarse(clock: Clock) -> Failure {
    let clock = if clock == Clock::Wall { "the clock" } else { "the processor's clock" };
    Failure::Prevented { why: format!("{clock} is too coarse for windows of this size: use a larger --scale") }
}

/// The cost of the synthetic tracker over its units of work, as the points of a piecewise linear curve. The first few
/// units hide behind the processor's other stalls, and cost less than the later ones.
struct Calibration(Vec<(u32, f64)>);

impl Calibration {
    /// The units of work whose cost is measured.
    const POINTS: [u32; 4] = [0, 3, 10, 100];

    /// Measures the curve. `cost` returns the cost of a number of units, in parts of the untracked time.
    fn of<E>(cost: impl Fn(u32) -> Result<f64, E>) -> Result<Self, E> {
        Self::POINTS.into_iter().map(|units| Ok((units, cost(units)?))).collect::<Result<_, _>>().map(Self)
    }

    fn cost(&self, units: u32) -> f64 {
        let points = &self.0;
        let after = points.iter().position(|&(at, _)| units < at).unwrap_or(points.len() - 1);
        let ((from, low), (to, high)) = (points[after - 1], points[after]);
        low + (high - low) * f64::from(units - from) / f64::from(to - from)
    }

    /// Returns the number of units whose cost is nearest to an overhead in percent.
    fn units_for(&self, percent: f64) -> u32 {
        let distance = |units: u32| (self.cost(units) * 100.0 - percent).abs();
        (0..=MAX_SYNTHETIC_UNITS).min_by(|&a, &b| distance(a).total_cmp(&distance(b))).expect("there are some")
    }
}

/// Keeps as many threads busy as the machine runs at once, while `run` runs.
fn under_load<R>(run: impl FnOnce() -> R) -> R {
    let busy = AtomicBool::new(true);
    std::thread::scope(|scope| {
        for _ in 0..crate::workloads::pools::default_threads() {
            scope.spawn(|| {
                while busy.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let result = run();
        busy.store(false, Ordering::Relaxed);
        result
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_found_on_a_curve() {
        let bent = |units: u32| Ok::<_, ()>(0.01 + if units <= 3 { 0.0 } else { 0.02 * f64::from(units - 3) });
        let calibration = Calibration::of(bent).expect("it cannot fail");
        assert_eq!(calibration.units_for(1.0), 0);
        assert_eq!(calibration.units_for(3.0), 4);
        assert_eq!(calibration.units_for(101.0), 53);
        assert_eq!(calibration.units_for(401.0), 203);
        assert_eq!(calibration.units_for(1e9), MAX_SYNTHETIC_UNITS);
    }

    #[test]
    fn a_bias_carries_the_doubts_of_both() {
        let truth = Estimate { value: 1.5, low: 1.46, high: 1.53 };
        let seen = Seen::of(truth, &[1.6; 10], 5, 1).expect("ten pairs");
        assert_eq!(Seen::of(truth, &[1.6; 5], 5, 1), None);
        let bias = seen.bias_percent();
        assert!((bias.value - 10.0).abs() < 1e-9 && (bias.low - 7.0).abs() < 1e-9 && (bias.high - 14.0).abs() < 1e-9);
    }
}
