//! `memscope-bench claims`: what memscope's documents state, beside what the results files say.

use crate::cli::Error;
use crate::platform::{console, files};
use crate::study::claims::Evidence;
use crate::study::claims::summary;
use crate::study::overhead::summary::Form;
use clap::Args;
use std::path::PathBuf;

/// The file that is written.
const TABLE: &str = "claims.md";

#[derive(Debug, Args)]
pub struct Arguments {
    /// The folder with the results files, and for claims.md
    #[arg(long, default_value = "results", value_name = "DIR")]
    results: PathBuf,
}

pub fn run(arguments: &Arguments) -> Result<(), Error> {
    if !arguments.results.is_dir() {
        let why = "there is no such folder; name the one with the results files";
        return Err(Error::System(format!("--results {}: {why}", arguments.results.display())));
    }
    let evidence = Evidence::read(&arguments.results)?;
    let table = format!("{}\n", summary::draw(&evidence, Form::Markdown));
    let saved = files::write(&arguments.results.join(TABLE), &table);
    console::print(summary::draw(&evidence, Form::Terminal));
    saved?;
    console::complain(format_args!("Written: {TABLE} in {}", arguments.results.display()));
    Ok(())
}
