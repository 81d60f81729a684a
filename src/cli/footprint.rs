//! `memscope-bench footprint`: what tracking takes in memory, and what it misses, as workloads grow.

use crate::cli::Error;
use crate::cli::arguments::{LimitArguments, bar, each_once, or_all};
use crate::cli::builds::{Build, BuildArguments, CheckedProgram};
use crate::platform::console;
use crate::platform::files;
use crate::platform::files::FileError;
use crate::report::origin::Origin;
use crate::study::footprint;
use crate::study::footprint::summary;
use crate::study::footprint::{Footprints, OfSubject, Plan};
use crate::study::overhead::summary::Form;
use crate::tracking::Tracking;
use crate::worker::launcher::Launcher;
use crate::worker::probe::Request;
use crate::workloads::{Scale, Workload};
use clap::Args;
use std::path::{Path, PathBuf};

/// The files that are written.
const JSON: &str = "footprint.json";
const TABLE: &str = "footprint.md";

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    builds: BuildArguments,
    /// What to run [default: all eight]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// What to run it under
    #[arg(long, value_delimiter = ',', value_name = "LEVELS", default_values = ["variables", "allocator", "full"])]
    tracking: Vec<Tracking>,
    /// The numbers of threads that parallel workloads run on, one after the other
    #[arg(long, value_delimiter = ',', value_name = "NUMBERS", default_values = ["1", "2", "4", "8"],
          value_parser = clap::value_parser!(u64).range(1..=1_024))]
    threads: Vec<u64>,
    /// The scale that is grown, from half to four times of it [default: each workload's short scale]
    #[arg(long)]
    scale: Option<Scale>,
    /// Measure nothing: draw footprint.md anew from footprint.json
    #[arg(long, conflicts_with_all = ["builds", "published", "workloads", "tracking", "threads", "scale"])]
    redraw: bool,
    /// The folder for footprint.json and footprint.md
    #[arg(long, default_value = "results", value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    limits: LimitArguments,
}

pub fn run(arguments: &Arguments) -> Result<(), Error> {
    let path = arguments.output.join(JSON);
    if arguments.redraw {
        let footprints = files::read(&path)?;
        return show(&footprints, &arguments.output, save_table(&footprints, &arguments.output));
    }
    let plan = Plan {
        workloads: or_all(&arguments.workloads),
        levels: each_once(arguments.tracking.iter().copied()),
        threads: each_once(arguments.threads.iter().map(|&threads| threads as usize)),
        scale: arguments.scale,
    };
    let cells = plan.cells().map_err(|error| Error::System(format!("--scale: {error}")))?;
    if cells.is_empty() {
        return Err(Error::System(
            "--tracking: untracked is what the others are held against; name another level".to_owned(),
        ));
    }
    let resolved = arguments.builds.resolve()?;
    files::prepare_in::<Footprints>(&arguments.output, JSON, &[TABLE])?;
    let builds = arguments.builds.build(&resolved, arguments.limits.into())?;
    let origin = Origin::of_this_command();
    let bar = bar(builds.iter().filter(|build| build.program.is_ok()).count() * cells.len(), "cells");
    let measure = |launcher: &Launcher, largest: Request| {
        bar.set_message(format!("{}/{}", largest.workload, largest.tracking));
        let cell = footprint::measure(launcher, largest);
        bar.inc(1);
        cell
    };
    let subjects = builds.into_iter().map(|Build { name, program, .. }| match program {
        Ok(CheckedProgram { launcher, subject, .. }) => {
            let cells = cells.iter().map(|&largest| measure(&launcher, largest)).collect();
            OfSubject { name, subject: Some(subject), not_built: None, cells }
        }
        Err(failed) => OfSubject { name, subject: None, not_built: Some(failed.why), cells: Vec::new() },
    });
    let subjects = subjects.collect();
    bar.finish_and_clear();
    let footprints = Footprints { schema: footprint::SCHEMA, origin, subjects };
    let saved = files::write_json(&path, &footprints).and_then(|()| save_table(&footprints, &arguments.output));
    show(&footprints, &arguments.output, saved)
}

/// Writes the table of footprints.
fn save_table(footprints: &Footprints, folder: &Path) -> Result<(), FileError> {
    files::write(&folder.join(TABLE), &format!("{}\n", summary::draw(footprints, Form::Markdown)))
}

/// Prints footprints, which are saved by then, if that was possible.
fn show(footprints: &Footprints, folder: &Path, saved: Result<(), FileError>) -> Result<(), Error> {
    console::print(summary::draw(footprints, Form::Terminal));
    saved?;
    console::complain(format_args!("Written: {JSON} and {TABLE} in {}", folder.display()));
    Ok(())
}
