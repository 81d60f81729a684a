//! `memscope-bench detect`: compares memscope's reports with the objects that two workloads plant, by version.

use crate::cli::Error;
use crate::cli::arguments::{FormatArguments, LimitArguments};
use crate::cli::builds::{Build, BuildArguments, CheckedProgram};
use crate::platform::files::Versioned;
use crate::platform::text;
use crate::report::origin::Origin;
use crate::study::Files;
use crate::study::accuracy;
use crate::study::accuracy::{Detected, Detections, Finding, Report, Row, SCHEMA};
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::task::Task;
use crate::worker::tasks::detection::Request;
use crate::workloads::{Scale, Workload};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;

/// Returns the default scale of a workload that plants: 20 leaks, or 10 cycles. More would show no more, and the
/// oldest versions keep a gigabyte by then.
pub(super) fn usual_scale(workload: Workload) -> Scale {
    Scale::new(if workload == Workload::CYCLES { 2.0 } else { 0.2 }).expect("these are positive")
}

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    builds: BuildArguments,
    /// The factor on the workloads' outer counts [default: 0.2 for leaks, which plants 20 blocks, and 2 for cycles,
    /// which plants 10 pairs]
    #[arg(long)]
    scale: Option<Scale>,
    /// The seed of the workloads' data
    #[arg(long, default_value_t = Scale::DEFAULT_SEED)]
    seed: u64,
    #[command(flatten)]
    format: FormatArguments,
    /// The folder for detection.json and detection.md
    #[arg(long, default_value = "results", value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    limits: LimitArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let files = Files { folder: &arguments.output, name: Detections::KIND };
    files.prepare::<Detections>()?;
    let resolved = arguments.builds.resolve()?;
    let asked = arguments.builds.build(&resolved, arguments.limits.into())?;
    let origin = Origin::of_this_command();
    let bar = ProgressBar::new(asked.len() as u64).with_style(
        ProgressStyle::with_template("asking {pos}/{len} ({elapsed}): {wide_msg}").expect("a valid template"),
    );
    let builds = asked.into_iter().map(|asked| arguments.detected(asked, &bar)).collect();
    bar.finish_and_clear();
    let detections = Detections { schema: SCHEMA, origin, builds };
    Ok(files.finish(&detections, arguments.format.format)?)
}

impl Arguments {
    /// Runs all reports of a build.
    fn detected(&self, asked: Build, bar: &ProgressBar) -> Detected {
        let Build { name, program, .. } = asked;
        let (launcher, memscope) = match program {
            Ok(CheckedProgram { launcher, memscope, .. }) => (launcher, memscope),
            Err(failed) => return Detected { name, memscope: None, failure: Some(failed.why), rows: Vec::new() },
        };
        let scale = |workload| self.scale.unwrap_or_else(|| usual_scale(workload)).seeded(self.seed);
        let asked = rows(&launcher, scale, |workload, report| {
            bar.set_message(text::one_line(&format!("{name}: {} after {workload}", report.name())));
        });
        bar.inc(1);
        let (rows, failure) = asked.map_or_else(
            |failure| (Vec::new(), Some(format!("it does not say which reports it has: {failure}"))),
            |rows| (rows, None),
        );
        Detected { name, memscope: Some(memscope), failure, rows }
    }
}

/// Runs all reports of a program, each in its own process, after each workload that plants objects for it.
///
/// # Errors
/// If the program does not list its reports.
pub(super) fn rows(
    launcher: &Launcher,
    scale: impl Fn(Workload) -> Scale,
    mut progress: impl FnMut(Workload, &Report),
) -> Result<Vec<Row>, Failure> {
    let reports = launcher.run_task::<Vec<Report>>(&Task::Reports)?;
    let mut rows = Vec::new();
    for workload in accuracy::WORKLOADS {
        for report in reports.iter().filter(|report| report.suits(workload)) {
            progress(workload, report);
            rows.push(row(launcher, workload, scale(workload), report));
        }
    }
    Ok(rows)
}

fn row(launcher: &Launcher, workload: Workload, scale: Scale, report: &Report) -> Row {
    let said = match &report.lacking {
        Some(why) => Err(Failure::Unsupported { why: why.clone() }),
        None => {
            let request = Request { workload, scale, report: report.name() };
            launcher.run_task::<Finding>(&Task::Detection(request))
        }
    };
    let (finding, failure) = said.map_or_else(|failure| (None, Some(failure)), |finding| (Some(finding), None));
    Row { workload, scale: scale.factor(), seed: scale.seed(), report: report.clone(), finding, failure }
}
