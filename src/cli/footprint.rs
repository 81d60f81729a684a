//! `memscope-bench footprint`: what tracking takes in memory, and what it misses, as workloads grow.

use crate::cli::Error;
use crate::cli::arguments::{FormatArguments, LimitArguments, bar, each_once, or_all};
use crate::cli::builds::{Built, Candidate, CandidateArguments};
use crate::platform::files::Versioned;
use crate::report::origin::Origin;
use crate::study::Files;
use crate::study::footprint;
use crate::study::footprint::{Footprints, OfSubject, Plan};
use crate::tracking::Level;
use crate::worker::launcher::Launcher;
use crate::worker::probe::Request;
use crate::workloads::{Scale, Workload};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    candidates: CandidateArguments,
    /// The workloads [default: all]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// The levels
    #[arg(long, value_delimiter = ',', value_name = "LEVELS", default_values = ["variables", "allocator", "full"])]
    tracking: Vec<Level>,
    /// The numbers of threads that parallel workloads run on, one after the other
    #[arg(long, value_delimiter = ',', value_name = "NUMBERS", default_values = ["1", "2", "4", "8"],
          value_parser = clap::value_parser!(u64).range(1..=1_024))]
    threads: Vec<u64>,
    /// The scale that is grown, from half to four times of it [default: each workload's short scale]
    #[arg(long)]
    scale: Option<Scale>,
    /// The folder for footprint.json and footprint.md
    #[arg(long, default_value = "results", value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    format: FormatArguments,
    #[command(flatten)]
    limits: LimitArguments,
}

pub fn run(arguments: &Arguments) -> Result<(), Error> {
    let files = Files { folder: &arguments.output, name: Footprints::KIND };
    let plan = Plan {
        workloads: or_all(&arguments.workloads),
        levels: each_once(arguments.tracking.iter().copied()),
        threads: each_once(arguments.threads.iter().map(|&threads| threads as usize)),
        scale: arguments.scale,
    };
    let cells = plan.cells().map_err(|error| Error::System(format!("--scale: {error}")))?;
    if cells.is_empty() {
        return Err(Error::System(
            "--tracking: the other levels are compared with untracked; name another one".to_owned(),
        ));
    }
    let found = arguments.candidates.find()?;
    files.prepare::<Footprints>()?;
    let candidates = arguments.candidates.build(&found, arguments.limits.into())?;
    let origin = Origin::of_this_command();
    let bar = bar(candidates.iter().filter(|candidate| candidate.built.is_ok()).count() * cells.len(), "cells");
    let measure = |launcher: &Launcher, largest: Request| {
        bar.set_message(format!("{}/{}", largest.workload, largest.level));
        let cell = footprint::measure(launcher, largest);
        bar.inc(1);
        cell
    };
    let subjects = candidates.into_iter().map(|Candidate { name, built }| match built {
        Ok(Built { launcher, subject, .. }) => {
            let cells = cells.iter().map(|&largest| measure(&launcher, largest)).collect();
            OfSubject { name, subject: Some(subject), not_built: None, cells }
        }
        Err(why) => OfSubject { name, subject: None, not_built: Some(why), cells: Vec::new() },
    });
    let subjects = subjects.collect();
    bar.finish_and_clear();
    let footprints = Footprints { schema: footprint::SCHEMA, origin, subjects };
    Ok(files.finish(&footprints, arguments.format.format)?)
}
