//! `memscope-bench trend`: shows the cost of memscope's commits relative to each other, and the records of single runs.

use crate::cli::Error;
use crate::cli::arguments::{FormatArguments, not_negative};
use crate::platform::files::{FileError, Versioned};
use crate::study::Files;
use crate::study::compare::THRESHOLD_PERCENT;
use crate::study::trend::{self, Commits, DIFFERENCES, Log, Trend, differences};
use crate::tracking::Level;
use crate::workloads::Workload;
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The differences that `history` measured [default: results/trend.jsonl, if it exists]
    #[arg(long, value_name = "FILE")]
    differences: Option<PathBuf>,
    /// The smallest regression or improvement, in percent [default: 3]
    #[arg(long, value_name = "PERCENT", value_parser = not_negative)]
    threshold: Option<f64>,
    /// The git repository with committed results of single runs [default: that of the working directory]
    #[arg(long, value_name = "DIR")]
    repository: Option<PathBuf>,
    /// The results file whose committed versions are the records, relative to the repository
    #[arg(long, default_value = "results/overhead.json", value_name = "FILE")]
    file: PathBuf,
    /// The folder for trend.json, trend.md and trend.svg
    #[arg(long, default_value = "results", value_name = "DIR")]
    output: PathBuf,
    /// The workloads, separated by commas [default: all measured ones]
    #[arg(long, value_delimiter = ',', value_name = "WORKLOADS")]
    workloads: Vec<Workload>,
    /// The levels, separated by commas [default: all levels of the differences, `full` of the records]
    #[arg(long, value_delimiter = ',', value_name = "LEVELS")]
    tracking: Vec<Level>,
    #[command(flatten)]
    format: FormatArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let commits = arguments.commits()?;
    let repository = arguments.repository.as_deref().unwrap_or(Path::new("."));
    let records = Log::read(repository, &arguments.file).and_then(|log| {
        let tracking = if arguments.tracking.is_empty() { &[Level::Full][..] } else { &arguments.tracking };
        let lanes = log.lanes(&arguments.workloads, tracking)?;
        Ok((log, lanes))
    });
    let (log, lanes, no_records) = match records {
        Ok((log, lanes)) => (log, lanes, None),
        // Differences need no repository, unless one was named.
        Err(error)
            if arguments.repository.is_none() && commits.as_ref().is_some_and(|commits| !commits.lanes.is_empty()) =>
        {
            (Log::none(&arguments.file), Vec::new(), Some(error.to_string()))
        }
        Err(error) => return Err(error.into()),
    };
    let files = Files { folder: &arguments.output, name: Trend::KIND };
    files.prepare::<Trend>()?;
    let trend = Trend { schema: trend::SCHEMA, commits, no_records, log, lanes };
    Ok(files.finish(&trend, arguments.format.format)?)
}

impl Arguments {
    /// Estimates the commits' overheads; `None` if no file was named and the default file does not exist.
    fn commits(&self) -> Result<Option<Commits>, FileError> {
        let usual = Path::new("results").join(DIFFERENCES);
        let path = match &self.differences {
            Some(path) => path,
            None if usual.exists() => &usual,
            None => return Ok(None),
        };
        let kept = differences::read(path)?;
        let threshold = self.threshold.unwrap_or(THRESHOLD_PERCENT);
        let name = path.to_string_lossy().into_owned();
        Ok(Some(Commits::of(name, kept, &self.workloads, &self.tracking, threshold)))
    }
}
