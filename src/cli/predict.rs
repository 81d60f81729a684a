//! `memscope-bench predict`: estimates what memscope's hook would cost the program of a trace, without a replay.

use crate::cli::Error;
use crate::cli::arguments::FormatArguments;
use crate::cli::traces::accuracy;
use crate::platform::files;
use crate::study;
use crate::study::calls::Calls;
use crate::study::predict::Prediction;
use crate::study::traces::Way;
use crate::trace::Trace;
use crate::tracking::Level;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The trace, written by `record` or by a program with the recorder
    #[arg(value_name = "TRACE")]
    trace: PathBuf,
    /// The costs of single calls, as `memscope-bench calls` wrote them
    #[arg(long, default_value = "results/calls.json", value_name = "FILE")]
    calls: PathBuf,
    /// The accuracy of predictions, as `memscope-bench validate --traces` wrote it (optional)
    #[arg(long, default_value = "results/traces.json", value_name = "FILE")]
    traces: PathBuf,
    #[command(flatten)]
    format: FormatArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let trace = Trace::read(&arguments.trace)?;
    let path = arguments.calls.display();
    let no_costs = || {
        Error::Other(format!(
            "{path} is missing, and a prediction needs its costs: measure them with `memscope-bench calls`, or name \
             the file after --calls"
        ))
    };
    let calls: Calls = files::read_if_there(&arguments.calls)?.ok_or_else(no_costs)?;
    let name = arguments.trace.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let prediction = Prediction::of(name, &trace, Level::Allocator, &calls);
    let prediction = prediction.map_err(|lack| Error::Other(format!("{path}: {lack}")))?;
    let prediction = prediction.with_accuracy(accuracy(&arguments.traces, Way::Prediction)?);
    study::print(&prediction, arguments.format.format);
    Ok(())
}
