//! The validation: the instrument is held against a tracker whose cost is known.
//!
//! The synthetic tracker burns a fixed amount of work for each allocation and keeps no state. Having none, its cost can
//! be had within one process, by many short windows with and without it, one beside the other (`truth`): no process
//! is started, nothing is different but the switch. That is the truth, in nanoseconds: in parts of the untracked time it
//! would depend on the heap, which in a process that has run the workload often is another one. Then the same workload under the same tracker is
//! measured as everything is measured here, by pairs of processes, in one long series ([`run`]), and from the series
//! it is drawn what the instrument would have said, again and again (`evaluate`).

mod evaluate;
mod truth;

pub use evaluate::{BLOCK, CLAIM_THRESHOLD, Claims, Coverage, claims, coverage};
pub use truth::{Windows, alternate};

use crate::files::Versioned;
use crate::measure::{CellRun, Launcher, median_interval};
use crate::origin::Origin;
use crate::probe::Request;
use crate::results::{Estimate, Failure, Series};
use crate::tracking::{MOST_UNITS, Tracking};
use crate::workloads::{Scale, Workload};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The version of the file's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// The overheads, in percent, that the synthetic tracker is set to, as nearly as whole units of work can; and none.
pub const TARGETS: [Option<f64>; 6] = [None, Some(1.0), Some(3.0), Some(10.0), Some(100.0), Some(400.0)];

/// What a validation found, at rest and under load.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// With nothing else running.
    pub at_rest: Option<Run>,
    /// With as many busy threads as cores beside it.
    pub under_load: Option<Run>,
}

impl Versioned for Validation {
    const WHAT: &str = "a validation";
    const SCHEMA: u32 = SCHEMA;
}

/// One run of the validation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
    /// How long each batch of a repeat measures, in seconds; a claim takes two.
    pub batch_seconds: f64,
    /// The settings, in order.
    pub settings: Vec<Setting>,
}

/// One workload under a tracker of one known cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// What ran.
    pub workload: Workload,
    /// The overhead that was aimed at, in percent; `None` for untracked against itself.
    pub target_percent: Option<f64>,
    /// What it ran under.
    pub tracking: Tracking,
    /// The true ratio, with its interval: 1 for untracked against itself.
    pub truth: Estimate,
    /// The ratio that the pairs of processes show, over the whole series.
    pub measured: Estimate,
    /// How many blocks of the series have an interval that includes the truth.
    pub coverage: Coverage,
    /// How many repeats claim a change.
    pub claims: Claims,
    /// How long a pair took, in seconds.
    pub pair_seconds: f64,
    /// The ratio of each pair, in order.
    pub ratios: Vec<f32>,
}

impl Setting {
    /// The bias: what is shown less what is true, in percent of the untracked time.
    pub fn bias_percent(&self) -> f64 {
        (self.measured.value - self.truth.value) * 100.0
    }
}

/// How much a validation measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// How long the truth of a setting is sought.
    pub truth: Duration,
    /// How long the series of a setting is that decides on claims: none, and +3 %.
    pub long_series: Duration,
    /// How long the other series are.
    pub short_series: Duration,
    /// How many repeats are drawn.
    pub repeats: usize,
    /// How long each batch of a repeat measures.
    pub batch: Duration,
}

/// Validates the instrument on workloads.
///
/// `windows` measures a workload's windows in one process, with this many units of synthetic work, for this long;
/// `progress` is told what is about to be measured.
///
/// # Errors
/// How a probe failed.
pub fn run(
    launcher: &Launcher,
    workloads: &[Workload],
    scale: impl Fn(Workload) -> Scale,
    threads: usize,
    effort: Effort,
    windows: impl Fn(Request, u32, Duration) -> Result<Windows, Failure>,
    mut progress: impl FnMut(Workload, Option<f64>),
) -> Result<Vec<Setting>, Failure> {
    let mut settings = Vec::new();
    for &workload in workloads {
        let request = |tracking| Request { workload, tracking, scale: scale(workload), threads, count: false };
        let windows = |units, length| windows(request(Tracking::Untracked), units, length);
        progress(workload, None);
        let calibration = Calibration::of(|units| windows(units, effort.truth / 2))?;
        for target_percent in TARGETS {
            progress(workload, target_percent);
            let tracking = match target_percent {
                None => Tracking::Untracked,
                Some(percent) => Tracking::Synthetic(calibration.units_for(percent)),
            };
            let decides = matches!(target_percent, None | Some(3.0));
            let length = if decides { effort.long_series } else { effort.short_series };
            settings.push(setting(launcher, request(tracking), target_percent, length, effort, windows)?);
        }
    }
    Ok(settings)
}

/// Measures one setting: rounds of windows in one process, and of pairs of processes, by turns. What disturbs the
/// machine for longer than a round is then in both.
fn setting(
    launcher: &Launcher,
    request: Request,
    target_percent: Option<f64>,
    length: Duration,
    effort: Effort,
    windows: impl Fn(u32, Duration) -> Result<Windows, Failure>,
) -> Result<Setting, Failure> {
    const ROUNDS: u32 = 4;
    let mut run = CellRun::begin(launcher, Series::Overhead, request);
    let mut in_one_process = Windows::default();
    let mut pairs = Vec::new();
    let mut measuring = Duration::ZERO;
    for _ in 0..ROUNDS {
        if let Tracking::Synthetic(units) = request.tracking {
            in_one_process.extend(windows(units, effort.truth / ROUNDS)?);
        }
        let began = Instant::now();
        let least = pairs.len() + (2 * BLOCK).div_ceil(ROUNDS as usize);
        while began.elapsed() < length / ROUNDS || pairs.len() < least {
            pairs.push(run.pair().ok_or_else(|| run.failure().cloned().expect("a cell without a pair has failed"))?);
        }
        measuring += began.elapsed();
    }

    let ratios: Vec<f64> =
        pairs.iter().map(|pair| pair.tracked.wall_ns as f64 / pair.untracked.wall_ns as f64).collect();
    let estimate = |values: Vec<f64>| median_interval(values).expect("every setting has pairs");
    let untracked_ns = estimate(pairs.iter().map(|pair| pair.untracked.wall_ns as f64).collect()).value;
    let truth = match request.tracking {
        Tracking::Synthetic(_) => {
            let Estimate { value, low, high } = in_one_process.extra_ns();
            Estimate {
                value: 1.0 + value / untracked_ns,
                low: 1.0 + low / untracked_ns,
                high: 1.0 + high / untracked_ns,
            }
        }
        _ => Estimate { value: 1.0, low: 1.0, high: 1.0 },
    };
    let pair_seconds = measuring.as_secs_f64() / ratios.len() as f64;
    let per_batch = (effort.batch.as_secs_f64() / pair_seconds).ceil() as usize;
    Ok(Setting {
        workload: request.workload,
        target_percent,
        tracking: request.tracking,
        truth,
        measured: estimate(ratios.clone()),
        coverage: coverage(&ratios, truth.value),
        claims: claims(&ratios, per_batch, effort.repeats),
        pair_seconds,
        ratios: ratios.iter().map(|&ratio| ratio as f32).collect(),
    })
}

/// How the cost of the synthetic tracker grows with its units of work, in parts of the untracked time.
struct Calibration {
    at_none: f64,
    per_unit: f64,
}

impl Calibration {
    /// Units at which the work outweighs the call.
    const MANY: u32 = 100;

    fn of(windows: impl Fn(u32) -> Result<Windows, Failure>) -> Result<Self, Failure> {
        let cost = |windows: Windows| {
            let untracked = median_interval(windows.untracked_ns.iter().map(|&ns| ns as f64)).expect("enough windows");
            windows.extra_ns().value / untracked.value
        };
        let at_none = cost(windows(0)?);
        let at_many = cost(windows(Self::MANY)?);
        Ok(Self { at_none, per_unit: (at_many - at_none) / f64::from(Self::MANY) })
    }

    /// The units whose cost is nearest to an overhead in percent.
    fn units_for(&self, percent: f64) -> u32 {
        ((percent / 100.0 - self.at_none) / self.per_unit).round().clamp(0.0, f64::from(MOST_UNITS)) as u32
    }
}

/// Keeps as many threads busy as the machine runs at once, while something runs.
pub fn under_load<R>(run: impl FnOnce() -> R) -> R {
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
