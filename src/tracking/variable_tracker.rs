//! The tracker that workloads name values to. It passes them on to memscope, or does nothing.
//!
//! One type serves all levels, so a workload is compiled once and every level runs the same instructions at the same
//! addresses. With a type for each level the compiler inlines each copy of a workload differently, and that alone moved
//! a ratio by several percent. `untracked` pays one branch for each *named* value, and nothing for its allocations.

use super::memscope::Variables;
use crate::workloads::Tracker;
use std::rc::Rc;
use std::sync::Arc;

/// Passes named values on to memscope if the level has variable tracking.
#[derive(Clone, Debug)]
pub struct VariableTracker(pub(super) Option<Variables>);

impl VariableTracker {
    /// The tracker that does nothing, for runs outside of a level.
    pub const NOOP: Self = Self(None);

    /// Returns memscope's variable tracking, if the level has it.
    pub fn variables(&self) -> Option<&Variables> {
        self.0.as_ref()
    }
}

/// Passes each kind of value on.
macro_rules! pass_on {
    ($($method:ident $(<$generic:ident>)? ($kind:ty);)*) => {
        $(fn $method$(<$generic>)?(&self, name: &'static str, value: &$kind) {
            if let Some(variables) = &self.0 {
                variables.$method(name, value);
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
