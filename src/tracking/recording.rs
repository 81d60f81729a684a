//! The recorder of traces as a level, so its own cost is measured like a tracker's.

use super::Recorded;
use crate::platform::scratch;
use crate::trace::{Trace, recorder};
use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use tempfile::TempDir;

/// A recording of this process.
#[derive(Debug)]
pub(super) struct Recording {
    /// The folder of a temporary trace; `None` if the task has named the file.
    folder: Option<TempDir>,
}

impl Recording {
    /// Returns the current recording, or else begins a temporary one.
    ///
    /// # Panics
    /// If its file cannot be written.
    pub(super) fn prepare() -> Self {
        if recorder::is_open() {
            return Self { folder: None };
        }
        let folder = scratch::plain_folder().expect("a folder for the trace");
        begin(&folder.path().join(TRACE)).expect("a trace in a folder of its own");
        Self { folder: Some(folder) }
    }

    /// Ends the recording, and returns the counts of the trace, unless the task has named its file.
    pub(super) fn recorded(&self) -> Recorded {
        recorder::finish();
        let trace = self.folder.as_ref().and_then(|folder| Trace::read(&folder.path().join(TRACE)).ok());
        let Some(trace) = trace else { return Recorded::default() };
        let seen = trace.summary();
        let operations = seen.operations;
        Recorded {
            allocations: Some(operations.allocate + operations.zeroed + operations.reallocate),
            deallocations: Some(operations.free + operations.reallocate + seen.unknown_frees),
            allocated_bytes: Some(seen.bytes),
            active_allocations: Some(seen.live_blocks),
            ..Recorded::default()
        }
    }
}

/// The name of a trace in its folder.
const TRACE: &str = "trace";

/// Starts recording the calls of a later window to a file.
///
/// # Errors
/// If the file cannot be written, or this process has recorded before.
pub(crate) fn begin(path: &Path) -> io::Result<()> {
    let name = CString::new(path.as_os_str().as_bytes())?;
    let cannot = || io::Error::other(format!("cannot record to {}", path.display()));
    recorder::begin(&name).then_some(()).ok_or_else(cannot)
}
