//! `memscope-bench detect`: what memscope's reports find of what two workloads plant, by version.

use crate::cli::Error;
use crate::cli::arguments::LimitArguments;
use crate::cli::builds::{Built, Candidate, CandidateArguments};
use crate::platform::files;
use crate::platform::files::FileError;
use crate::platform::{console, text};
use crate::report::origin::Origin;
use crate::study::accuracy;
use crate::study::accuracy::summary;
use crate::study::accuracy::{Detected, Detections, Finding, Report, Row, SCHEMA};
use crate::study::overhead::summary::Form;
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::task::Task;
use crate::worker::tasks::detection::Request;
use crate::workloads::{Scale, Workload};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};

/// The files that are written.
const JSON: &str = "detection.json";
const TABLE: &str = "detection.md";

/// The scale of a workload that plants, if none is asked for: 20 leaks, and 10 cycles. More would tell no more, and the
/// oldest versions keep a gigabyte by then.
fn usual_scale(workload: Workload) -> Scale {
    Scale::new(if workload == Workload::Cycles { 2.0 } else { 0.2 }).expect("these are positive")
}

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    candidates: CandidateArguments,
    /// The factor on the workloads' outer counts [default: 0.2 for leaks, which plants 20 blocks, and 2 for cycles, which
    /// plants 10 pairs]
    #[arg(long)]
    scale: Option<Scale>,
    /// The seed of the workloads' data
    #[arg(long, default_value_t = Scale::DEFAULT_SEED)]
    seed: u64,
    /// What is printed on stdout
    #[arg(long, value_enum, default_value_t)]
    format: Shown,
    /// The folder for detection.json and detection.md
    #[arg(long, default_value = "results", value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    limits: LimitArguments,
}

/// The forms of what was found. There are no times in it, and Bencher has nothing to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Shown {
    /// A table for a terminal, with notes below it
    #[default]
    Text,
    /// The same as GitHub's Markdown
    Markdown,
    /// Everything that was found, as the file has it
    Json,
}

pub fn run(arguments: &Arguments) -> Result<(), Error> {
    files::prepare_in::<Detections>(&arguments.output, JSON, &[TABLE])?;
    let found = arguments.candidates.find()?;
    let asked = arguments.candidates.build(&found, arguments.limits.into())?;
    let origin = Origin::of_this_command();
    let bar = ProgressBar::new(asked.len() as u64).with_style(
        ProgressStyle::with_template("asking {pos}/{len} ({elapsed}): {wide_msg}").expect("a valid template"),
    );
    let subjects = asked.into_iter().map(|asked| arguments.detected(asked, &bar)).collect();
    bar.finish_and_clear();
    let detections = Detections { schema: SCHEMA, origin, subjects };

    let saved = save(&arguments.output, &detections);
    match arguments.format {
        Shown::Text => console::print(summary::draw(&detections, Form::Terminal)),
        Shown::Markdown => console::print(summary::draw(&detections, Form::Markdown)),
        Shown::Json => match files::json(&detections) {
            Ok(json) => console::print(json.trim_end()),
            Err(error) => console::fail(error),
        },
    }
    saved?;
    console::complain(format_args!("Written: {JSON} and {TABLE} in {}", arguments.output.display()));
    Ok(())
}

/// Writes what was found, and its table.
fn save(folder: &Path, detections: &Detections) -> Result<(), FileError> {
    files::write_json(&folder.join(JSON), detections)?;
    files::write(&folder.join(TABLE), &format!("{}\n", summary::draw(detections, Form::Markdown)))
}

impl Arguments {
    /// Asks a build for all of its reports.
    fn detected(&self, asked: Candidate, bar: &ProgressBar) -> Detected {
        let Candidate { name, built } = asked;
        let (launcher, subject) = match built {
            Ok(Built { launcher, subject, .. }) => (launcher, subject),
            Err(why) => return Detected { name, subject: None, failure: Some(why), rows: Vec::new() },
        };
        let listed = launcher.run_task::<Vec<Report>>(&Task::Reports);
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
        let scale = self.scale.unwrap_or_else(|| usual_scale(workload)).seeded(self.seed);
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
}
