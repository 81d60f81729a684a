//! Runs of the earlier definition, up to schema 2. They are read and reported unchanged, and never measured again.
//!
//! Their coverage did not count the uncertainty of the truth, which was always measured at rest; and their repeats were
//! drawn from one series of each setting, by a rule that no command used.

use crate::platform::text;
use crate::report::document::{Table, left, right};
use crate::report::metric::Metric;
use crate::report::number;
use crate::report::origin::Origin;
use crate::stats::estimate::Estimate;
use crate::tracking::Level;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The origin.
    #[serde(flatten)]
    pub origin: Origin,
    /// The duration of each batch of a repeat, in seconds.
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
    /// The true ratio, with its interval.
    pub truth: Estimate,
    /// The ratio measured by the pairs, over the whole series.
    pub measured: Estimate,
    /// The blocks of 60 pairs whose interval includes the truth.
    pub coverage: Coverage,
    /// The repeats that detect a change.
    pub claims: Claims,
    /// The ratio of each pair, in order.
    pub ratios: Vec<f32>,
}

/// The intervals that were compared with the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// The number of blocks of 60 pairs.
    pub blocks: usize,
    /// The number of blocks whose 95 % interval includes the truth.
    pub covered: usize,
}

/// The number of repeats, and of those that detect a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The number of repeats that were drawn.
    pub repeats: usize,
    /// The number of repeats that detect a change.
    pub claimed: usize,
    /// The pairs in each of a repeat's two batches.
    pub pairs_per_batch: usize,
}

impl Seen {
    /// Returns the bias: the measured ratio minus the true one, in percent of the untracked time, with its interval.
    fn bias_percent(&self) -> Estimate {
        let Self { truth, measured, .. } = self;
        let value = measured.value - truth.value;
        let below = (measured.value - measured.low).hypot(truth.high - truth.value);
        let above = (measured.high - measured.value).hypot(truth.value - truth.low);
        Estimate { value: value * 100.0, low: (value - below) * 100.0, high: (value + above) * 100.0 }
    }
}

impl Run {
    /// Returns the notes of the report.
    pub(super) fn notes(&self) -> Vec<String> {
        let sum = |of: Count, is_counted: &dyn Fn(&Setting) -> bool| {
            let sums = self.settings.iter().filter(|setting| is_counted(setting)).map(of);
            let (part, whole) = sums.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            format!("{part} of {whole} ({} %)", number::decimal(100.0 * part as f64 / whole.max(1) as f64, 1))
        };
        let has_target = |target: Option<f64>| move |setting: &Setting| setting.target_percent == target;
        let blocks: [Count; 2] = [
            |setting| (setting.wall.coverage.covered, setting.wall.coverage.blocks),
            |setting| (setting.cpu.coverage.covered, setting.cpu.coverage.blocks),
        ];
        let repeats: [Count; 2] = [
            |setting| (setting.wall.claims.claimed, setting.wall.claims.repeats),
            |setting| (setting.cpu.claims.claimed, setting.cpu.claims.repeats),
        ];
        let [wall, cpu] = blocks.map(|of| sum(of, &|_| true));
        let [no_wall, no_cpu] = repeats.map(|of| sum(of, &has_target(None)));
        let [three_wall, three_cpu] = repeats.map(|of| sum(of, &has_target(Some(3.0))));
        let origin = &self.origin;
        vec![
            "Measured by an earlier definition. Its coverage ignores the uncertainty of the truth, which was measured \
             at rest. Its repeats are drawn from one series of each setting, so they are not independent, and follow a \
             rule that no command uses. Run `validate` for the present figures."
                .to_owned(),
            format!("Coverage of the 95 % interval: {wall} blocks of 60 pairs; by CPU time {cpu}."),
            format!("False alarms, untracked against itself: {no_wall} repeats; by CPU time {no_cpu}."),
            format!("Detection of about +3 %: {three_wall} repeats; by CPU time {three_cpu}."),
            format!(
                "{}; {}, {} cores; measured {} by {}.",
                origin.memscope,
                origin.machine.processor,
                origin.machine.cores,
                origin.started.format("%Y-%m-%d %H:%M UTC"),
                text::code(&origin.command)
            ),
        ]
    }

    /// Returns the table of settings.
    pub(super) fn table(&self) -> Table {
        let mut table = Table::new([
            left("workload"),
            right("aimed at"),
            right("true"),
            right("measured"),
            right("pairs"),
            left("bias [95 %]"),
            right("covered"),
            right("detected"),
            left("bias by CPU time"),
        ]);
        for setting in &self.settings {
            let Seen { truth, measured, coverage, claims, ratios } = &setting.wall;
            table.row([
                setting.workload.to_string(),
                setting.target_percent.map_or("none".to_owned(), |percent| format!("+{percent} %")),
                format!("{} %", number::percent(truth.value)),
                format!("{} %", number::percent(measured.value)),
                ratios.len().to_string(),
                bias(&setting.wall.bias_percent()),
                format!("{} of {}", coverage.covered, coverage.blocks),
                format!("{} of {}", claims.claimed, claims.repeats),
                bias(&setting.cpu.bias_percent()),
            ]);
        }
        table
    }

    /// Returns the figures for other programs. `name` is the name of the run.
    pub(super) fn metrics(&self, name: &str) -> Vec<Metric> {
        let of_setting = |setting: &Setting| {
            let aim = setting.target_percent.map_or("none".to_owned(), |percent| percent.to_string());
            let name = format!("{}/{aim}/{name}", setting.workload);
            [
                Metric::estimate(&name, "bias-percent", setting.wall.bias_percent()),
                Metric::estimate(&name, "cpu-bias-percent", setting.cpu.bias_percent()),
            ]
        };
        self.settings.iter().flat_map(of_setting).collect()
    }
}

/// Counts cases of a setting: those with a property, and all.
type Count = fn(&Setting) -> (usize, usize);

/// Formats a bias with its interval.
fn bias(bias: &Estimate) -> String {
    let [value, low, high] = [bias.value, bias.low, bias.high].map(|percent| number::signed(percent, 2));
    format!("{value} [{low}, {high}] %")
}
