//! The report of a validation: its results, and each setting.

use crate::platform::text;
use crate::report::document::{Document, Table, left, right};
use crate::report::number;
use crate::stats::estimate::Estimate;
use crate::study::overhead::warnings;
use crate::study::validation::{BLOCK, CLAIM_THRESHOLD, Estimator, Run, Seen, Setting, Validation};

/// Returns the report: for each run its results, its settings and its estimators.
pub fn summary(validation: &Validation) -> Document {
    let mut document = Document::default();
    for (title, run, goal) in runs(validation) {
        document.heading(title);
        let results = results(run, goal).into_iter().map(|result| result.to_string());
        document.notes(warnings::of_origin(&run.origin).into_iter().chain(results).chain(notes(run)).collect());
        document.table(settings(run));
        document.table(estimators(run));
    }
    document
}

/// Returns the runs, each with its title and the largest bias allowed, in percent of the untracked time.
pub fn runs(validation: &Validation) -> Vec<(&'static str, &Run, f64)> {
    let runs = [("At rest", &validation.at_rest, 0.5), ("Under load", &validation.under_load, 1.5)];
    runs.into_iter().filter_map(|(title, run, goal)| Some((title, run.as_ref()?, goal))).collect()
}

/// One result of a run, by wall time and by CPU time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunResult {
    /// The name of the figure.
    pub name: String,
    /// The figure by wall time.
    pub wall: String,
    /// The figure by CPU time.
    pub cpu: String,
}

impl std::fmt::Display for RunResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}; by CPU time {}.", self.name, self.wall, self.cpu)
    }
}

/// Returns the results of a run. `goal` is the largest bias to be reached, in percent of the untracked time.
pub fn results(run: &Run, goal: f64) -> Vec<RunResult> {
    let result = |name: &str, figure: &dyn Fn(Clock) -> String| RunResult {
        name: name.to_owned(),
        wall: figure(|setting| &setting.wall),
        cpu: figure(|setting| &setting.cpu),
    };
    let beyond_goal = format!("Bias shown to be beyond ±{goal} % of the untracked time");
    vec![
        result(&beyond_goal, &|of| beyond(run, of, goal)),
        result("Largest bias of overheads up to +10 %", &|of| worst_bias(run, of, |aim| aim <= 10.0)),
        result("Largest bias of larger overheads", &|of| worst_bias(run, of, |aim| aim > 10.0)),
        result("Coverage of the 95 % interval", &|of| coverage(run, of)),
        result("False alarms, untracked against itself", &|of| claims(run, of, None)),
        result("Detection of about +3 %", &|of| claims(run, of, Some(3.0))),
    ]
}

fn notes(run: &Run) -> [String; 2] {
    [
        format!(
            "A repeat is two batches of {} s of measuring, drawn from one long series of each setting in contiguous \
             stretches. It detects a change if both intervals exclude no change and both effects exceed {} %.",
            run.batch_seconds,
            CLAIM_THRESHOLD * 100.0
        ),
        format!(
            "{}; {}, {} cores; measured {} by {}.",
            run.origin.memscope,
            run.origin.machine.processor,
            run.origin.machine.cores,
            run.origin.started.format("%Y-%m-%d %H:%M UTC"),
            text::code(&run.origin.command)
        ),
    ]
}

/// Selects a setting's wall time or CPU time.
type Clock = fn(&Setting) -> &Seen;

/// Counts the settings whose bias lies beyond a goal with its whole interval, and names them if they are few.
fn beyond(run: &Run, of: Clock, goal: f64) -> String {
    let is_beyond = |setting: &&Setting| {
        let bias = of(setting).bias_percent();
        bias.low > goal || bias.high < -goal
    };
    let named: Vec<String> =
        run.settings.iter().filter(is_beyond).map(|setting| format!("{} {}", setting.workload, aim(setting))).collect();
    /// The table has the names of more.
    const NAMED: usize = 3;
    let names = if (1..=NAMED).contains(&named.len()) { format!(" ({})", named.join(", ")) } else { String::new() };
    format!("{} of {} settings{names}", named.len(), run.settings.len())
}

/// Returns the largest bias of the settings whose target satisfies `has_aim`.
fn worst_bias(run: &Run, of: Clock, has_aim: impl Fn(f64) -> bool) -> String {
    let bias = |setting: &Setting| of(setting).bias_percent();
    run.settings
        .iter()
        .filter(|setting| has_aim(setting.target_percent.unwrap_or(0.0)))
        .max_by(|a, b| bias(a).value.abs().total_cmp(&bias(b).value.abs()))
        .map_or("not measured".to_owned(), |setting| {
            format!("{} of the untracked time ({}, {})", told_bias(&bias(setting)), setting.workload, aim(setting))
        })
}

fn coverage(run: &Run, of: Clock) -> String {
    let sums = |of_all: bool| {
        let settings = || run.settings.iter().filter(move |setting| of_all || setting.target_percent.is_none());
        let covered: usize = settings().map(|setting| of(setting).coverage.covered).sum();
        let blocks: usize = settings().map(|setting| of(setting).coverage.blocks).sum();
        (covered, blocks, share(covered, blocks))
    };
    let ((covered, blocks, all), (exactly, known, exact)) = (sums(true), sums(false));
    format!(
        "{covered} of {blocks} blocks of {BLOCK} pairs ({all:.1} %), and {exactly} of {known} ({exact:.1} %) where \
         the truth is known exactly, which is none"
    )
}

fn claims(run: &Run, of: Clock, target: Option<f64>) -> String {
    let of_target = || run.settings.iter().filter(|setting| setting.target_percent == target);
    let claimed: usize = of_target().map(|setting| of(setting).claims.claimed).sum();
    let repeats: usize = of_target().map(|setting| of(setting).claims.repeats).sum();
    format!("{claimed} of {repeats} repeats ({:.1} %)", share(claimed, repeats))
}

/// Returns a part of a whole, in percent.
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64 * 100.0
}

/// Formats a bias with its interval.
pub fn told_bias(bias: &Estimate) -> String {
    format!("{} [{}, {}] %", signed(bias.value), signed(bias.low), signed(bias.high))
}

/// Returns the table of estimators: the error of a block of pairs by each of them, over all settings up to +10 %.
fn estimators(run: &Run) -> Table {
    let error = |of: Clock, estimator: Estimator| {
        let small = run.settings.iter().filter(|setting| setting.target_percent.is_none_or(|percent| percent <= 10.0));
        let errors: Vec<f64> = small
            .flat_map(|setting| {
                let Seen { ratios, truth, .. } = of(setting);
                let ratios: Vec<f64> = ratios.iter().map(|&ratio| f64::from(ratio)).collect();
                estimator.squared_errors(&ratios, truth.value)
            })
            .collect();
        if errors.is_empty() {
            return "no whole block".to_owned();
        }
        format!("{:.2} %", (errors.iter().sum::<f64>() / errors.len() as f64).sqrt() * 100.0)
    };
    let mut table = Table::new([
        left(format!("error of {BLOCK} pairs, root mean square")),
        right("by wall time"),
        right("by CPU time"),
    ]);
    for estimator in Estimator::ALL {
        let [wall, cpu] = [error(|setting| &setting.wall, estimator), error(|setting| &setting.cpu, estimator)];
        table.row([estimator.about().to_owned(), wall, cpu]);
    }
    table
}

/// Describes a setting's target.
pub fn aim(setting: &Setting) -> String {
    setting.target_percent.map_or("none".to_owned(), |percent| format!("+{percent} %"))
}

/// Formats a difference in percent, signed, to a hundredth.
pub fn signed(percent: f64) -> String {
    number::signed(percent, 2)
}

fn settings(run: &Run) -> Table {
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
    for setting in &run.settings {
        let Seen { truth, measured, coverage, claims, ratios } = &setting.wall;
        table.row([
            setting.workload.to_string(),
            aim(setting),
            format!("{} %", number::percent(truth.value)),
            format!("{} %", number::percent(measured.value)),
            ratios.len().to_string(),
            told_bias(&setting.wall.bias_percent()),
            format!("{} of {}", coverage.covered, coverage.blocks),
            format!("{} of {}", claims.claimed, claims.repeats),
            told_bias(&setting.cpu.bias_percent()),
        ]);
    }
    table
}
