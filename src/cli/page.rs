//! The page of all results, for `report --html` and for the end of `cargo bench`.

use super::Error;
use crate::platform::console;
use crate::platform::files;
use crate::platform::shell;
use crate::study::page::{self, Found};
use std::env;
use std::path::{Path, PathBuf};

/// The default folder of results.
const RESULTS: &str = "results";

/// Draws the page of results files and of the files in folders, writes it, and prints its path. Files that cannot be
/// read are named on stderr and on the page.
///
/// # Errors
/// If no file can be read, or the page cannot be written.
pub(super) fn write(paths: &[PathBuf], output: Option<&Path>) -> Result<(), Error> {
    let usual = [PathBuf::from(RESULTS)];
    let paths = if paths.is_empty() { &usual } else { paths };
    let output = output.map_or_else(|| folder_of(&paths[0]).join(page::NAME), Path::to_owned);
    // A pipe is refused before anything reads it.
    files::prepare_place(&output)?;
    page::check_place(&output)?;
    let found = Found::read(paths)?;
    for file in &found.unreadable {
        console::complain(format_args!("left out: {file}"));
    }
    if found.files.is_empty() {
        let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let why = format!("no results file in {}: `cargo bench` writes the first ones", paths.join(", "));
        return Err(Error::Other(why));
    }
    files::write(&output, &page::draw(&found, files::folder_of(&output), &criterion()))?;
    console::print(format_args!("Wrote {}", output.display()));
    Ok(())
}

/// Draws the page of a results folder into that folder, at the end of `cargo bench`. If the page cannot be written,
/// this is reported on stderr: the results are already saved.
pub fn write_beside(results: &Path) {
    // The page names its files as `report --html` does, from the current folder.
    let inside = shell::within(&env::current_dir().unwrap_or_default(), results.as_os_str());
    if let Err(error) = write(&[inside.map_or_else(|| results.to_owned(), PathBuf::from)], None) {
        console::complain(format_args!("The page was not written: {error}"));
    }
}

/// Returns the folder that a path names, or that contains the file.
fn folder_of(path: &Path) -> &Path {
    if path.is_dir() { path } else { files::folder_of(path) }
}

/// Returns the folder of Criterion's reports, from the variables that Criterion reads.
fn criterion() -> PathBuf {
    let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    folder("CRITERION_HOME")
        .unwrap_or_else(|| folder("CARGO_TARGET_DIR").unwrap_or_else(|| PathBuf::from("target")).join("criterion"))
}
