//! The tracker under test.

use crate::tracking::{Level, Mode, Recorded, RecordingKind, Session, counting};
use crate::worker::probe::{check_level, check_switch};
use crate::worker::task::TaskError;

/// A tracker that is this program's allocator.
pub(crate) trait Subject: Sync {
    /// Runs a function while the tracker records.
    fn window(&self, run: &mut dyn FnMut());

    /// Returns the kind of record that the tracker keeps.
    fn records(&self) -> RecordingKind;

    /// Returns everything recorded so far.
    fn recorded(&self) -> Recorded;

    /// Returns the counts of all events recorded so far. A tracker that records only some events, or named values, has
    /// none.
    fn counts(&self) -> Recorded {
        match self.records() {
            RecordingKind::Counts | RecordingKind::Events | RecordingKind::Backtraces => {
                Recorded { peak_bytes: None, ..self.recorded() }
            }
            _ => Recorded::default(),
        }
    }
}

/// A level that the switched allocator switches on.
pub(crate) struct Switched {
    level: Level,
    session: Session,
}

impl Switched {
    /// Prepares a level.
    ///
    /// # Errors
    /// If this program cannot run it.
    pub(crate) fn prepare(level: Level) -> Result<Self, TaskError> {
        check_level(level)?;
        let session = Session::prepare(level, false);
        check_switch()?;
        Ok(Self { level, session })
    }
}

impl Subject for Switched {
    fn window(&self, run: &mut dyn FnMut()) {
        self.session.window(run);
    }

    fn records(&self) -> RecordingKind {
        self.level.records()
    }

    fn recorded(&self) -> Recorded {
        if self.level.mode() != Mode::COUNT {
            return self.session.recorded();
        }
        let counts = counting::totals();
        Recorded {
            allocations: Some(counts.allocations),
            deallocations: Some(counts.deallocations),
            allocated_bytes: Some(counts.allocated_bytes),
            active_allocations: Some(counts.live_allocations()),
            active_bytes: Some(counts.live_bytes()),
            ..Recorded::default()
        }
    }
}
