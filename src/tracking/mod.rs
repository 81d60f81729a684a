//! The levels, and the way in which each is switched on.
//!
//! A level sets what the program's allocator does with each call (its [`Mode`]), and whether the values that a
//! workload names are passed on to memscope. [`Session`] prepares a level, opens and closes the window in which the
//! allocator is switched, and reads the tracker's record.
//!
//! Only the module [`memscope`] names memscope.

pub(crate) mod counting;
mod known_cost;
mod level;
pub mod memscope;
pub mod references;
mod switch;
mod ticks;
mod variable_tracker;

pub(crate) use known_cost::MAX_SYNTHETIC_UNITS;
pub(crate) use level::LevelError;
pub use level::{Level, RecordingKind};
pub use switch::SwitchedAllocator;
pub(crate) use switch::{Mode, PauseGuard};
pub(crate) use ticks::HAS_COUNTER;
pub(crate) use variable_tracker::VariableTracker;

use memscope::NamedValues;
use serde::{Deserialize, Serialize};

/// A tracker's record of a window. `None` means that the version or the level does not know a count; it is never 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Allocations recorded.
    pub allocations: Option<u64>,
    /// Deallocations recorded.
    pub deallocations: Option<u64>,
    /// Bytes of all recorded allocations.
    pub allocated_bytes: Option<u64>,
    /// Allocations that the tracker treats as live.
    pub active_allocations: Option<u64>,
    /// Bytes that the tracker treats as live.
    pub active_bytes: Option<u64>,
    /// Most bytes that the tracker treated as live at once.
    pub peak_bytes: Option<u64>,
    /// Named values recorded.
    pub variables: Option<u64>,
}

/// A level prepared in this process. A process runs one window, because memscope keeps state that no call clears.
#[derive(Debug)]
pub(crate) struct Session {
    level: Level,
    mode: Mode,
    variables: VariableTracker,
    reference: Option<references::Running>,
}

impl Session {
    /// Prepares a level. It creates all of memscope's singletons under every level: the window does not pay for them,
    /// and the heap at its start is the same.
    ///
    /// With `count`, the harness's counters run beside the level's tracker.
    pub(crate) fn prepare(level: Level, count: bool) -> Self {
        memscope::prepare_hook();
        let variables = memscope::Variables::prepare();
        let variables = VariableTracker(level.has_variables().then_some(variables));
        if let Some(cost) = level.known_cost() {
            cost.set();
        }
        let mode = if count { level.mode().counted() } else { level.mode() };
        Self { level, mode, variables, reference: references::Running::prepare(level) }
    }

    /// Runs `run` in the level's window: see [`Mode::window`].
    pub(crate) fn window<R>(&self, run: impl FnOnce() -> R) -> R {
        self.mode.window(run)
    }

    /// Returns the tracker to give to a workload under this level.
    pub(crate) fn tracker(&self) -> &VariableTracker {
        &self.variables
    }

    /// Returns the tracker's record so far. Call it with the window closed.
    pub(crate) fn recorded(&self) -> Recorded {
        if let Some(reference) = &self.reference {
            return reference.recorded();
        }
        let events = if self.level.has_hook() { memscope::recorded_events() } else { Recorded::default() };
        Recorded { variables: self.variables.variables().and_then(memscope::Variables::recorded), ..events }
    }
}
