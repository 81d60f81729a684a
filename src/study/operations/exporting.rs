//! What memscope writes to files of what is alive: its data, and its own report.
//!
//! Some versions put their files where they are told, others into a folder of the working directory: the process works
//! in a scratch folder while it exports.

use crate::study::operations::{CannotRun, Prepare, Ready, live};
use crate::tracking::memscope::{EXPORT_JSON, OWN_REPORT};
use std::path::Path;
use std::{env, fs, io};
use tempfile::TempDir;

/// What is alive is written as JSON.
pub fn json(prepare: Prepare<'_>, count: usize) -> Result<Box<dyn Ready>, CannotRun> {
    let least = LEAST_BYTES * count as u64;
    exporting(prepare, count, Export { name: Path::new("memscope.json"), write: EXPORT_JSON, least })
}

/// What is alive is written as a report for people: HTML or SVG, whichever the version has.
pub fn report(prepare: Prepare<'_>, count: usize) -> Result<Box<dyn Ready>, CannotRun> {
    // A picture of many is no larger than one of few.
    exporting(prepare, count, Export { name: Path::new(OWN_REPORT.name), write: OWN_REPORT.write, least: 1 })
}

/// What JSON says of an allocation takes more than this: one that says less has left some out.
const LEAST_BYTES: u64 = 16;

/// What is written, and how.
#[derive(Clone, Copy)]
struct Export {
    /// The file or folder.
    name: &'static Path,
    /// Writes it.
    write: fn(&Path) -> Result<(), String>,
    /// The bytes that it has at the least.
    least: u64,
}

fn exporting(prepare: Prepare<'_>, count: usize, export: Export) -> Result<Box<dyn Ready>, CannotRun> {
    let scratch = scratch().map_err(|error| CannotRun::NoFolder(error.to_string()))?;
    let live = live::allocations(prepare.names, count);
    Ok(Box::new(Exporting { live, scratch, export, outcome: Ok(()) }))
}

/// A folder to work in, which is gone with the value.
fn scratch() -> io::Result<TempDir> {
    let scratch = tempfile::tempdir()?;
    env::set_current_dir(scratch.path())?;
    Ok(scratch)
}

struct Exporting {
    live: Vec<Vec<u8>>,
    scratch: TempDir,
    export: Export,
    outcome: Result<(), String>,
}

impl Ready for Exporting {
    fn repeat(&mut self, times: u64) {
        for _ in 0..times {
            self.outcome = (self.export.write)(self.export.name);
        }
    }

    /// Some versions say that all is well and write nothing, or nothing of what is alive.
    fn check(&self) -> Result<(), String> {
        self.outcome.clone()?;
        let written = bytes_within(self.scratch.path()).map_err(|error| error.to_string())?;
        if written >= self.export.least {
            return Ok(());
        }
        Err(format!("it wrote {written} bytes of {} allocations", self.live.len()))
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
