//! `memscope-bench footprint`: what tracking takes in memory, and what it misses, as workloads grow.

use super::Error;
use super::arguments::{LimitArguments, bar, each_once, or_all};
use super::subjects::{Built, Candidate, CandidateArguments};
use crate::files;
use crate::footprint::{self, Footprints, OfSubject, Plan};
use crate::measure::Launcher;
use crate::origin::Origin;
use crate::probe::Request;
use crate::report::footprint_table;
use crate::report::table::Form;
use crate::tracking::Tracking;
use crate::workloads::{Scale, Workload};
use clap::Args;
use std::path::{Path, PathBuf};

/// The files that are written.
const JSON: &str = "footprint.json";
const TABLE: &str = "footprint.md";

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    candidates: CandidateArguments,
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
    #[arg(long, conflicts_with_all = ["subjects", "published", "workloads", "tracking", "threads", "scale"])]
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
        return draw(&files::read(&path)?, &arguments.output);
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
    let found = arguments.candidates.find()?;
    files::prepare::<Footprints>(&path)?;
    let candidates = arguments.candidates.build(&found, arguments.limits.into())?;
    let origin = Origin::of_this_command();
    let bar = bar(candidates.iter().filter(|candidate| candidate.built.is_ok()).count() * cells.len(), "cells");
    let measure = |launcher: &Launcher, largest: Request| {
        bar.set_message(format!("{}/{}", largest.workload, largest.tracking));
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
    files::write_json(&path, &footprints)?;
    draw(&footprints, &arguments.output)
}

/// Prints footprints, and writes their table.
fn draw(footprints: &Footprints, folder: &Path) -> Result<(), Error> {
    println!("{}", footprint_table::draw(footprints, Form::Terminal));
    files::write(&folder.join(TABLE), &format!("{}\n", footprint_table::draw(footprints, Form::Markdown)))?;
    eprintln!("Written: {JSON} and {TABLE} in {}", folder.display());
    Ok(())
}
