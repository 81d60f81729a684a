//! The tasks of a program whose global allocator is a tracker: probes, the conformance suite, and a description of the
//! tracker.

use crate::platform::console::reply;
use crate::tracking::references::WrongProgramError;
use crate::tracking::{AllocationTracker, Level, Recorded, RecordingKind, Tracked, is_a_name, set_installed};
use crate::worker::fault::Fault;
use crate::worker::probe;
use crate::worker::serve::{ServeError, observe};
use crate::worker::task::{Task, TaskError};
use crate::worker::tasks::conformance::{self, Subject};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The tracker that is a program's global allocator.
pub struct Installed<T: AllocationTracker> {
    allocator: &'static T::Allocator,
    /// Checks that the program, as it was started, can run a level.
    check: fn(Level) -> Result<(), WrongProgramError>,
}

impl<T: AllocationTracker> fmt::Debug for Installed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Installed").field(&T::NAME).finish()
    }
}

/// The description of a program's tracker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Name.
    pub name: String,
    /// Description in a few words.
    pub about: String,
    /// The kind of record that it keeps.
    pub records: RecordingKind,
}

impl<T: AllocationTracker> Installed<T> {
    /// Returns the tracker of a program for levels of this crate.
    pub fn reference(
        tracked: &'static Tracked<T::Allocator>,
        check: fn(Level) -> Result<(), WrongProgramError>,
    ) -> Self {
        Self { allocator: tracked.allocator(), check }
    }

    /// Returns the tracker of another crate's program. Call this when the program starts.
    ///
    /// # Errors
    /// If its name is not valid for a level.
    pub(crate) fn own(tracked: &'static Tracked<T::Allocator>) -> Result<Self, String> {
        if !is_a_name(T::NAME) {
            return Err(format!("a tracker's name has letters, digits, '-', '_' and '.', unlike '{}'", T::NAME));
        }
        set_installed(T::NAME);
        let check = |level| match level {
            Level::Own(_) if level.is_built() => Ok(()),
            _ => Err(WrongProgramError::Another(level)),
        };
        Ok(Self { allocator: tracked.allocator(), check })
    }

    /// Checks that the program can run a level.
    ///
    /// # Errors
    /// If it cannot.
    pub(super) fn check(&self, level: Level) -> Result<(), WrongProgramError> {
        (self.check)(level)
    }

    /// Returns the tracker's record so far.
    pub(super) fn recorded(&self) -> Recorded {
        T::recorded(self.allocator)
    }

    /// Runs a function while the tracker records, unless the level has it off.
    pub(super) fn while_on<R>(&self, level: Level, run: impl FnOnce() -> R) -> R {
        if matches!(level, Level::Own(tracker) if !tracker.is_on()) {
            return run();
        }
        T::start(self.allocator);
        let result = run();
        T::stop(self.allocator);
        result
    }

    /// Runs a task and prints its reply.
    ///
    /// # Errors
    /// If the program cannot do the task, or the reply cannot be written.
    pub(crate) fn serve(&self, task: Task, fault: Option<&Fault>) -> Result<(), ServeError> {
        match task {
            Task::Probe { request, fixed_seed } => {
                return observe(request, fixed_seed, fault, |request| self.probe(request));
            }
            Task::Conformance(request) => {
                self.check(request.level).map_err(TaskError::from)?;
                reply(&conformance::run(&request, &self.at(request.level))?)?;
            }
            Task::About => {
                let (name, about) = (T::NAME.to_owned(), T::ABOUT.to_owned());
                reply(&About { name, about, records: T::RECORDS })?;
            }
            _ => return Err(TaskError::NotAProbe.into()),
        }
        Ok(())
    }

    /// Runs a probe.
    ///
    /// # Errors
    /// If the level is not this program's.
    pub(crate) fn probe(&self, request: probe::Request) -> Result<probe::Observation, TaskError> {
        probe::run_with_allocator(request, self)
    }

    fn at(&self, level: Level) -> impl Subject + use<'_, T> {
        AtLevel { tracker: self, level }
    }
}

/// A tracker at a level, as the subject of the conformance suite.
struct AtLevel<'a, T: AllocationTracker> {
    tracker: &'a Installed<T>,
    level: Level,
}

impl<T: AllocationTracker> Subject for AtLevel<'_, T> {
    fn window(&self, run: &mut dyn FnMut()) {
        self.tracker.while_on(self.level, run);
    }

    fn records(&self) -> RecordingKind {
        T::RECORDS
    }

    fn recorded(&self) -> Recorded {
        self.tracker.recorded()
    }
}
