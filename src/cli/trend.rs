//! `memscope-bench log`: what tracking cost at each commit that has a results file, as a table and a picture.

use crate::cli::Error;
use crate::platform::{console, files};
use crate::study::trend::Log;
use crate::study::trend::{chart, summary};
use crate::tracking::Level;
use crate::workloads::Workload;
use clap::Args;
use std::path::PathBuf;

/// The picture's file.
const PICTURE: &str = "log.svg";

#[derive(Debug, Args)]
pub struct Arguments {
    /// A folder of the git repository whose history is read
    #[arg(long, default_value = ".", value_name = "DIR")]
    repository: PathBuf,
    /// The results file whose committed versions are shown, as it is called from that folder
    #[arg(long, default_value = "results/overhead.json", value_name = "FILE")]
    file: PathBuf,
    /// The folder for log.svg
    #[arg(long, default_value = "results", value_name = "DIR")]
    output: PathBuf,
    /// Which workloads to show [default: all that were measured]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// Which levels to show
    #[arg(long, value_delimiter = ',', value_name = "LEVELS", default_values = ["full"])]
    tracking: Vec<Level>,
}

pub fn run(arguments: &Arguments) -> Result<(), Error> {
    let log = Log::read(&arguments.repository, &arguments.file)?;
    let lanes = log.lanes(&arguments.workloads, &arguments.tracking)?;
    files::prepare_folder(&arguments.output)?;
    let saved = files::write(&arguments.output.join(PICTURE), &chart::draw(&log, &lanes));
    console::print(summary::draw(&log, &lanes));
    saved?;
    console::print(format_args!("Written: {PICTURE} in {}", arguments.output.display()));
    Ok(())
}
