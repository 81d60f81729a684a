//! A level prepared in this process.

use super::memscope::NamedValues;
use super::memscope::modes::{self, Driver, MemscopeMode, QuickStarted, Record};
use super::recording::Recording;
use super::{Level, Mode, Recorded, VariableTracker, memscope, references};
use crate::platform::{files, scratch};
use crate::trace::recorder;
use std::path::Path;
use tempfile::TempDir;

/// A level prepared in this process. A process runs one window, because memscope keeps state that no call clears.
#[derive(Debug)]
pub(crate) struct Session {
    level: Level,
    mode: Mode,
    names: VariableTracker,
    reference: Option<references::Running>,
    driver: Option<Driver>,
    recording: Option<Recording>,
    /// The folder for the files of a mode that writes files.
    folder: Option<TempDir>,
}

impl Session {
    /// Prepares a level. It creates all of memscope's singletons under every level, so the window does not include
    /// their cost, and the heap at its start is the same.
    ///
    /// With `count`, the harness's counters run beside the level's tracker.
    ///
    /// # Panics
    /// If a mode of memscope cannot be switched on, or the recorder has no file.
    pub(crate) fn prepare(level: Level, count: bool) -> Self {
        memscope::prepare_hook();
        let variables = memscope::Variables::prepare();
        let own = level.memscope_mode().and_then(|mode| mode.own_tracker());
        let names = match own {
            Some(own) => VariableTracker::own(own),
            None if level.has_variables() => VariableTracker::global(variables),
            None => VariableTracker::NOOP,
        };
        if let Some(cost) = level.known_cost() {
            cost.set();
        }
        let driver = level.memscope_mode().and_then(|mode| mode.driver());
        let folder = driver
            .filter(|driver| driver.has_files)
            .map(|_| scratch::plain_folder().expect("a folder for the files of the mode"));
        if let Some(driver) = driver {
            (driver.start)(folder.as_ref().map_or(Path::new("."), TempDir::path));
        }
        let mode = if count { level.mode().counted() } else { level.mode() };
        let recording = (level == Level::Recording).then(Recording::prepare);
        Self { level, mode, names, reference: references::Running::prepare(level), driver, recording, folder }
    }

    /// Runs `run` in the level's window, within the level's mode of memscope: see [`Mode::window`].
    ///
    /// # Panics
    /// If the mode does not run the closure.
    pub(crate) fn window<R>(&self, run: impl FnOnce() -> R) -> R {
        if self.recording.is_some() {
            recorder::mark();
        }
        let Some(driver) = self.driver else { return self.mode.window(run) };
        let (mut run, mut result) = (Some(run), None);
        (driver.around)(&mut || {
            if let Some(run) = run.take() {
                result = Some(self.mode.window(run));
            }
        });
        result.expect("a mode runs its window")
    }

    /// Returns the tracker for a workload under this level.
    pub(crate) fn tracker(&self) -> &VariableTracker {
        &self.names
    }

    /// Returns the tracker's record so far. Call this with the window closed.
    pub(crate) fn recorded(&self) -> Recorded {
        if let Some(reference) = &self.reference {
            return reference.recorded();
        }
        if let Some(recording) = &self.recording {
            return recording.recorded();
        }
        let events = match self.driver.and_then(|driver| driver.recorded) {
            Some(recorded) => recorded(),
            None if self.level.has_hook() => memscope::recorded_events(),
            None => Recorded::default(),
        };
        Recorded { variables: recorded_names(&self.names), ..events }
    }

    /// Returns the tracker's record of each allocation, if it has one. Call this with the window closed.
    pub(crate) fn records(&self) -> Option<Vec<Record>> {
        if let Some(records) = self.driver.and_then(|driver| driver.records) {
            return Some(records());
        }
        records(self.level, &self.names)
    }

    /// Ends the level's mode of memscope, and returns the bytes of the files that it has written, if any.
    pub(crate) fn end(&self) -> Option<u64> {
        (self.driver?.end)();
        files::bytes_within(self.folder.as_ref()?.path()).ok()
    }
}

impl Drop for Session {
    /// Ends the mode before its folder is removed.
    fn drop(&mut self) {
        if let Some(driver) = self.driver {
            (driver.end)();
        }
    }
}

/// memscope after its documented start, in a process whose whole life is measured. memscope exports when this value is
/// dropped.
#[derive(Debug)]
pub(crate) struct Started {
    // Names are dropped before memscope ends.
    names: VariableTracker,
    _memscope: Option<QuickStarted>,
}

impl Started {
    /// Starts memscope in the level's mode; under a level without a start, nothing is named.
    pub(crate) fn begin(level: Level) -> Self {
        let memscope = level.memscope_mode().and_then(MemscopeMode::quick_start);
        let names = match memscope {
            Some(_) => VariableTracker::global(memscope::Variables::prepare()),
            None => VariableTracker::NOOP,
        };
        Self { names, _memscope: memscope }
    }

    /// Returns the tracker for a workload.
    pub(crate) fn tracker(&self) -> &VariableTracker {
        &self.names
    }

    /// Returns the tracker's record so far.
    pub(crate) fn recorded(&self) -> Recorded {
        Recorded { variables: recorded_names(&self.names), ..Recorded::default() }
    }
}

/// Returns the number of named values recorded; `None` if the tracker does not count them.
pub(crate) fn recorded_names(names: &VariableTracker) -> Option<u64> {
    let own = names.own_tracker().map(memscope::OwnTracker::recorded);
    own.or_else(|| names.variables().and_then(memscope::Variables::recorded))
}

/// Returns the record of each allocation under a level whose mode has no record.
pub(crate) fn records(level: Level, names: &VariableTracker) -> Option<Vec<Record>> {
    if let Some(own) = names.own_tracker() {
        return own.records();
    }
    if level.has_hook() { modes::hook_records() } else { names.variables().and_then(|_| modes::event_records()) }
}
