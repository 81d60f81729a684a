//! What memscope writes to files of what is alive: its data, and its own report.
//!
//! Some versions put their files where they are told, others into a folder of the working directory: the process works
//! in a scratch folder while it exports.

use super::{CannotRun, Prepare, Ready, live};
use crate::tracking::memscope::{EXPORT_JSON, OWN_REPORT};
use std::path::Path;
use std::{env, fs, io};
use tempfile::TempDir;

/// What is alive is written as JSON.
pub fn json(prepare: Prepare<'_>, count: usize) -> Result<Box<dyn Ready>, CannotRun> {
    exporting(prepare, count, Path::new("memscope.json"), EXPORT_JSON)
}

/// What is alive is written as a report for people: HTML or SVG, whichever the version has.
pub fn report(prepare: Prepare<'_>, count: usize) -> Result<Box<dyn Ready>, CannotRun> {
    exporting(prepare, count, Path::new(OWN_REPORT.name), OWN_REPORT.write)
}

type Write = fn(&Path) -> Result<(), String>;

fn exporting(
    prepare: Prepare<'_>,
    count: usize,
    name: &'static Path,
    write: Write,
) -> Result<Box<dyn Ready>, CannotRun> {
    let scratch = scratch().map_err(|error| CannotRun::NoFolder(error.to_string()))?;
    let live = live::allocations(prepare.names, count);
    Ok(Box::new(Exporting { _live: live, scratch, name, write, outcome: Ok(()) }))
}

/// A folder to work in, which is gone with the value.
fn scratch() -> io::Result<TempDir> {
    let scratch = tempfile::tempdir()?;
    env::set_current_dir(scratch.path())?;
    Ok(scratch)
}

struct Exporting {
    _live: Vec<Vec<u8>>,
    scratch: TempDir,
    name: &'static Path,
    write: Write,
    outcome: Result<(), String>,
}

impl Ready for Exporting {
    fn repeat(&mut self, times: u64) {
        for _ in 0..times {
            self.outcome = (self.write)(self.name);
        }
    }

    /// Some versions say that all is well and write nothing.
    fn check(&self) -> Result<(), String> {
        self.outcome.clone()?;
        let written = bytes_within(self.scratch.path()).map_err(|error| error.to_string())?;
        if written > 0 { Ok(()) } else { Err("nothing was written".to_owned()) }
    }
}

/// The bytes of all files in a folder and the folders in it.
fn bytes_within(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() { bytes_within(&entry.path())? } else { about.len() };
    }
    Ok(bytes)
}
