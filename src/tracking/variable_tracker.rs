//! The tracker that workloads name values to. It passes them on to memscope, or does nothing.
//!
//! One type serves all levels, so a workload is compiled once and every level runs the same instructions at the same
//! addresses. With a type for each level the compiler inlines each copy of a workload differently, which alone changed
//! a ratio by several percent. `untracked` pays one branch for each *named* value, and nothing for its allocations.

use super::memscope::{OwnTracker, Variables};
use crate::workloads::Tracker;
use std::rc::Rc;
use std::sync::Arc;

/// Passes named values on to memscope if the level has variable tracking.
#[derive(Clone, Debug)]
pub struct VariableTracker(Names);

/// memscope's tracker of named values.
#[derive(Clone, Debug)]
enum Names {
    None,
    Global(Variables),
    Own(OwnTracker),
}

impl VariableTracker {
    /// The tracker that does nothing, for runs outside of a level.
    pub const NOOP: Self = Self(Names::None);

    /// Returns the tracker that passes values on to memscope's global tracker.
    pub fn global(variables: Variables) -> Self {
        Self(Names::Global(variables))
    }

    /// Returns the tracker that passes values on to the program's own tracker.
    pub fn own(tracker: OwnTracker) -> Self {
        Self(Names::Own(tracker))
    }

    /// Returns memscope's global variable tracking, if the level has it.
    pub fn variables(&self) -> Option<&Variables> {
        if let Names::Global(variables) = &self.0 { Some(variables) } else { None }
    }

    /// Returns the program's own tracker, if the level has one.
    pub fn own_tracker(&self) -> Option<&OwnTracker> {
        if let Names::Own(tracker) = &self.0 { Some(tracker) } else { None }
    }
}

/// Passes each kind of value on.
macro_rules! pass_on {
    ($($method:ident $(<$generic:ident>)? ($kind:ty);)*) => {
        $(fn $method$(<$generic>)?(&self, name: &'static str, value: &$kind) {
            match &self.0 {
                Names::None => {}
                Names::Global(variables) => variables.$method(name, value),
                Names::Own(tracker) => tracker.$method(name, value),
            }
        })*
    };
}

impl Tracker for VariableTracker {
    pass_on! {
        vec<T>(Vec<T>);
        string(String);
        boxed<T>(Box<T>);
        rc<T>(Rc<T>);
        arc<T>(Arc<T>);
    }
}
