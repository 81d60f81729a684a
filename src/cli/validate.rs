//! `memscope-bench validate`: compares the harness with a synthetic tracker of known cost.

use crate::cli::Error;
use crate::cli::arguments::{FormatArguments, LimitArguments, bar, or_all};
use crate::cli::sessions::{SessionArguments, Shared};
use crate::platform::files;
use crate::platform::files::Versioned;
use crate::report::origin::Origin;
use crate::study::Files;
use crate::study::validation;
use crate::study::validation::{BLOCK, Effort, Run, Validation};
use crate::workloads::{Scale, Workload, pools};
use clap::Args;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The repeats of a comparison that are drawn from each series
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    repeats: u32,
    /// Keep as many threads busy as there are cores while measuring
    #[arg(long)]
    load: bool,
    /// The workloads [default: all]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// The factor on the workloads' outer counts [default: each workload's short scale]
    #[arg(long)]
    scale: Option<Scale>,
    /// Measure less: three minutes for all workloads instead of a quarter of an hour
    #[arg(long)]
    quick: bool,
    /// The factor on all durations, for a trial of the command itself
    #[arg(long, hide = true, default_value_t = 1.0)]
    durations: f64,
    /// The folder for validation.json, .md and .svg, or with --sessions for sessions.json and .md
    #[arg(long, default_value = "results", value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    sessions: SessionArguments,
    #[command(flatten)]
    format: FormatArguments,
    #[command(flatten)]
    limits: LimitArguments,
}

impl Arguments {
    fn effort(&self) -> Effort {
        let seconds = |full: f64, quick: f64| {
            Duration::from_secs_f64(if self.quick { quick } else { full } * self.durations.max(0.0))
        };
        Effort {
            truth: seconds(3.0, 0.4),
            long_series: seconds(12.0, 2.5),
            short_series: seconds(5.0, 1.2),
            least_pairs: if self.quick { BLOCK / 2 } else { 2 * BLOCK },
            repeats: self.repeats as usize,
            batch: Duration::from_secs(30),
            load: self.load,
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    if let Some(count) = arguments.sessions.sessions {
        let Arguments { ref workloads, scale, ref output, format, limits, .. } = *arguments;
        return arguments.sessions.run(count, &Shared { workloads, scale, output, format, limits });
    }
    let files = Files { folder: &arguments.output, name: Validation::KIND };
    files.prepare::<Validation>()?;
    let path = arguments.output.join("validation.json");
    // Results from the other circumstances stay.
    let is_there = fs::metadata(&path).is_ok_and(|about| about.len() > 0);
    let mut validation = if is_there { files::read(&path)? } else { Validation::default() };
    validation.schema = validation::SCHEMA;

    let launcher = arguments.limits.launcher()?;
    let workloads = or_all(&arguments.workloads);
    let threads = pools::default_threads();
    let effort = arguments.effort();
    let bar = bar(validation::steps(workloads.len()), "steps");
    let origin = Origin::of_this_command();
    let scale = |workload: Workload| arguments.scale.unwrap_or(workload.short());
    let settings = validation::run(&launcher, &workloads, scale, threads, effort, |workload, target| {
        bar.set_message(target.map_or(format!("{workload}, untracked"), |percent| format!("{workload}, +{percent} %")));
        bar.inc(1);
    })
    .map_err(|failure| Error::System(format!("a probe of the validation {failure}")))?;
    bar.finish_and_clear();

    let run = Some(Run { origin, batch_seconds: effort.batch.as_secs_f64(), settings });
    *(if arguments.load { &mut validation.under_load } else { &mut validation.at_rest }) = run;
    Ok(files.finish(&validation, arguments.format.format)?)
}
