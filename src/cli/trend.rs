//! `memscope-bench trend`: shows the overhead at each commit that has a results file, and the changes.

use crate::cli::Error;
use crate::cli::arguments::FormatArguments;
use crate::platform::files::Versioned;
use crate::study::Files;
use crate::study::trend::{self, Log, Trend};
use crate::tracking::Level;
use crate::workloads::Workload;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A folder of the git repository whose history is read
    #[arg(long, default_value = ".", value_name = "DIR")]
    repository: PathBuf,
    /// The results file whose committed versions are shown, as it is called from that folder
    #[arg(long, default_value = "results/overhead.json", value_name = "FILE")]
    file: PathBuf,
    /// The folder for trend.json, trend.md and trend.svg
    #[arg(long, default_value = "results", value_name = "DIR")]
    output: PathBuf,
    /// The workloads [default: all that were measured]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// The levels
    #[arg(long, value_delimiter = ',', value_name = "LEVELS", default_values = ["full"])]
    tracking: Vec<Level>,
    #[command(flatten)]
    format: FormatArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let log = Log::read(&arguments.repository, &arguments.file)?;
    let lanes = log.lanes(&arguments.workloads, &arguments.tracking)?;
    let files = Files { folder: &arguments.output, name: Trend::KIND };
    files.prepare::<Trend>()?;
    Ok(files.finish(&Trend { schema: trend::SCHEMA, log, lanes }, arguments.format.format)?)
}
