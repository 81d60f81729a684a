//! The levels, and how each is switched on.
//!
//! A level sets what the program's allocator does with each call (its [`Mode`]), and whether the values that a
//! workload names are passed on to memscope. [`Session`] prepares a level, opens and closes the window in which the
//! allocator is switched, and reads the tracker's record.
//!
//! Only the module [`memscope`] names memscope.

mod caller;
pub(crate) mod counting;
mod growing;
mod known_cost;
mod level;
pub mod memscope;
pub(crate) mod own;
pub(crate) mod recording;
pub mod references;
mod session;
mod switch;
mod variable_tracker;

pub(crate) use caller::PauseGuard;
#[cfg(test)]
pub(crate) use growing::Growing;
pub(crate) use known_cost::{MAX_SYNTHETIC_UNITS, step};
pub(crate) use level::own::{OwnTracker, is_a_name, set_installed};
pub use level::{Level, RecordingKind};
pub(crate) use level::{LevelError, Timing};
pub use own::AllocationTracker;
pub(crate) use session::{Session, Started, recorded_names, records};
pub(crate) use switch::Mode;
pub use switch::{SwitchedAllocator, Tracked};
pub(crate) use variable_tracker::VariableTracker;

use serde::{Deserialize, Serialize};

/// Runs a function while the harness's counters are on, and returns their counts.
pub fn counted(run: impl FnOnce()) -> counting::Counts {
    let before = counting::totals();
    Mode::COUNT.window(run);
    counting::totals().since(&before)
}

/// A tracker's record of a window. `None` means that the version or the level does not know a count, which is different
/// from 0.
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
    /// Peak bytes that the tracker treated as live.
    pub peak_bytes: Option<u64>,
    /// Named values recorded.
    pub variables: Option<u64>,
}

impl Recorded {
    /// Returns the record since an earlier one. Only totals have a difference.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        let difference = |after: Option<u64>, before: Option<u64>| Some(after?.saturating_sub(before?));
        Self {
            allocations: difference(self.allocations, earlier.allocations),
            deallocations: difference(self.deallocations, earlier.deallocations),
            allocated_bytes: difference(self.allocated_bytes, earlier.allocated_bytes),
            ..Self::default()
        }
    }
}
