//! `memscope-bench detect`: what memscope's reports find of what two workloads plant, by version.

use crate::cli::Error;
use crate::cli::arguments::{FormatArguments, LimitArguments, ParentArguments};
use crate::cli::builds::{Build, BuildArguments, CheckedProgram};
use crate::platform::files::Versioned;
use crate::platform::{console, text};
use crate::report::origin::Origin;
use crate::study::Files;
use crate::study::accuracy;
use crate::study::accuracy::{CannotAsk, Detected, Detections, Finding, Report, Row, SCHEMA};
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::workloads::{Scale, Workload};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;

/// The scale of a workload that plants, if none is asked for: 20 leaks, and 10 cycles. More would tell no more, and the
/// oldest versions keep a gigabyte by then.
fn usual_scale(workload: Workload) -> Scale {
    Scale::new(if workload == Workload::CYCLES { 2.0 } else { 0.2 }).expect("these are positive")
}

#[derive(Debug, Args)]
pub struct Arguments {
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

pub fn run(arguments: &Arguments) -> Result<(), Error> {
    let files = Files { folder: &arguments.output, name: Detections::KIND };
    files.prepare::<Detections>()?;
    let resolved = arguments.builds.resolve()?;
    let asked = arguments.builds.build(&resolved, arguments.limits.into())?;
    let origin = Origin::of_this_command();
    let bar = ProgressBar::new(asked.len() as u64).with_style(
        ProgressStyle::with_template("asking {pos}/{len} ({elapsed}): {wide_msg}").expect("a valid template"),
    );
    let subjects = asked.into_iter().map(|asked| arguments.detected(asked, &bar)).collect();
    bar.finish_and_clear();
    let detections = Detections { schema: SCHEMA, origin, subjects };
    Ok(files.finish(&detections, arguments.format.format)?)
}

impl Arguments {
    /// Asks a build for all of its reports.
    fn detected(&self, asked: Build, bar: &ProgressBar) -> Detected {
        let Build { name, program, .. } = asked;
        let (launcher, subject) = match program {
            Ok(CheckedProgram { launcher, subject, .. }) => (launcher, subject),
            Err(failed) => return Detected { name, subject: None, failure: Some(failed.why), rows: Vec::new() },
        };
        let listed = launcher.run_for::<Vec<Report>>(&["detection".to_owned(), "--list".to_owned()]);
        let (reports, failure) = match listed {
            Ok(reports) => (reports, None),
            Err(failure) => (Vec::new(), Some(format!("it does not say which reports it has: {failure}"))),
        };
        let mut rows = Vec::new();
        for workload in accuracy::WORKLOADS {
            for report in reports.iter().filter(|report| report.suits(workload)) {
                bar.set_message(text::one_line(&format!("{name}: {} after {workload}", report.name())));
                rows.push(self.row(&launcher, workload, report));
            }
        }
        bar.inc(1);
        Detected { name, subject: Some(subject), failure, rows }
    }

    fn row(&self, launcher: &Launcher, workload: Workload, report: &Report) -> Row {
        let scale = self.scale.unwrap_or_else(|| usual_scale(workload)).factor();
        let said = match &report.lacking {
            Some(why) => Err(Failure::Unsupported { why: why.clone() }),
            None => launcher.run_for::<Finding>(&[
                "detection".to_owned(),
                format!("--workload={workload}"),
                format!("--report={}", report.name()),
                format!("--scale={scale}"),
                format!("--seed={}", self.seed),
            ]),
        };
        let (finding, failure) = said.map_or_else(|failure| (None, Some(failure)), |finding| (Some(finding), None));
        Row { workload, scale, seed: self.seed, report: report.clone(), finding, failure }
    }
}

/// What `detect` has its subjects do, a process for each report.
#[derive(Debug, Args)]
pub struct DetectionArguments {
    /// Print which reports there are
    #[arg(long, conflicts_with_all = ["workload", "report"])]
    list: bool,
    /// What plants
    #[arg(long, required_unless_present = "list")]
    workload: Option<Workload>,
    /// The report that is asked for, as the list has it
    #[arg(long, required_unless_present = "list")]
    report: Option<String>,
    /// The factor on the workload's outer counts
    #[arg(long)]
    scale: Option<Scale>,
    /// The seed of the workload's data
    #[arg(long, default_value_t = Scale::DEFAULT_SEED)]
    seed: u64,
    #[command(flatten)]
    parent: ParentArguments,
    /// A fault to commit instead, to see what the harness makes of it: `workload/report=hang`, `crash`, `exit` or
    /// `exhaust`
    #[arg(long, hide = true, env = crate::platform::environment::FAULT)]
    fault: Option<crate::cli::probe::Fault>,
}

/// Asks this build for one report, and prints what it said as one line of JSON.
pub fn run_one(arguments: &DetectionArguments) -> Result<(), Error> {
    arguments.parent.tie();
    let (Some(workload), Some(report)) = (arguments.workload, &arguments.report) else {
        return Ok(console::reply(&Report::all())?);
    };
    if let Some(fault) = &arguments.fault {
        fault.commit_for(workload, report);
    }
    let scale = arguments.scale.unwrap_or_else(|| usual_scale(workload)).seeded(arguments.seed);
    let finding = accuracy::run(workload, scale, report)?;
    Ok(console::reply(&finding)?)
}

impl From<CannotAsk> for Error {
    fn from(error: CannotAsk) -> Self {
        match error {
            CannotAsk::NotSwitched(error) => Self::NotSwitched(error),
            CannotAsk::Lacking(why) => Self::Unsupported(why),
            said => Self::System(said.to_string()),
        }
    }
}
