//! Exports of live allocations to files: memscope's data, and its own report.
//!
//! Some versions write to the given path, others into a folder of the working directory. So the process exports in a
//! scratch folder.

use crate::platform::files::bytes_within;
use crate::tracking::memscope::{EXPORT_JSON, OWN_REPORT};
use crate::worker::task::TaskError;
use crate::worker::tasks::operation::{Prepare, Ready, live};
use std::path::Path;
use std::{env, io};
use tempfile::TempDir;

/// Exports live allocations as JSON.
pub(super) fn json(prepare: Prepare<'_>, count: usize) -> Result<Box<dyn Ready>, TaskError> {
    let least = MIN_BYTES * count as u64;
    exporting(prepare, count, Export { name: Path::new("memscope.json"), write: EXPORT_JSON, least })
}

/// Exports live allocations as a report for readers: HTML or SVG, depending on the version.
pub(super) fn report(prepare: Prepare<'_>, count: usize) -> Result<Box<dyn Ready>, TaskError> {
    // A chart of many allocations is no larger than one of a few.
    exporting(prepare, count, Export { name: Path::new(OWN_REPORT.name), write: OWN_REPORT.write, least: 1 })
}

/// The minimum size of an allocation in JSON, in bytes. A smaller file lacks some.
const MIN_BYTES: u64 = 16;

/// An export.
#[derive(Clone, Copy)]
struct Export {
    /// File or folder.
    name: &'static Path,
    /// Function that writes it.
    write: fn(&Path) -> Result<(), String>,
    /// The minimum number of bytes of a complete export.
    least: u64,
}

fn exporting(prepare: Prepare<'_>, count: usize, export: Export) -> Result<Box<dyn Ready>, TaskError> {
    let scratch = scratch().map_err(|source| TaskError::System { action: "make a folder to work in", source })?;
    let live = live::allocations(prepare.names, count);
    Ok(Box::new(Exporting { live, scratch, export, outcome: Ok(()) }))
}

/// Creates a working folder, which is removed when the value is dropped.
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

    /// Checks the export, because some versions report success and write nothing, or no live allocation.
    fn check(&self) -> Result<(), String> {
        self.outcome.clone()?;
        let written = bytes_within(self.scratch.path()).map_err(|error| error.to_string())?;
        if written >= self.export.least {
            return Ok(());
        }
        Err(format!("it wrote {written} bytes of {} allocations", self.live.len()))
    }
}
