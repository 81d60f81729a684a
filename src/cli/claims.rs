//! `memscope-bench claims`: the performance claims of memscope's documents, compared with results files.

use super::Error;
use super::arguments::FormatArguments;
use crate::platform::files::Versioned;
use crate::study::Files;
use crate::study::claims::{Claims, Evidence};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The folder of results to read, and for claims.json and claims.md
    #[arg(long, default_value = "results", value_name = "DIR")]
    results: PathBuf,
    #[command(flatten)]
    format: FormatArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let folder = &arguments.results;
    if !folder.is_dir() {
        let why = "no such folder; name the one with the results files";
        return Err(Error::Other(format!("--results {}: {why}", folder.display())));
    }
    let claims = Claims::judge(&Evidence::read(folder)?);
    let files = Files { folder, name: Claims::KIND };
    files.prepare::<Claims>()?;
    Ok(files.finish(&claims, arguments.format.format)?)
}
