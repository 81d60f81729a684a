//! Where named values go under a level: on to memscope, or nowhere.
//!
//! One type serves all levels, so that a workload is compiled once and every level runs the same instructions at the
//! same addresses. With a type for each level the compiler inlines each copy of a workload in its own way, and that
//! alone moved a ratio by several percent. What `untracked` pays for it is one branch for each *named* value; its
//! allocations pay nothing.

use super::memscope::Variables;
use crate::workloads::Tracker;
use std::rc::Rc;
use std::sync::Arc;

/// The tracker that every level's workload is given.
#[derive(Clone, Debug)]
pub struct VariableTracker(pub(super) Option<Variables>);

impl VariableTracker {
    /// The tracker that goes nowhere, for a run outside of every level.
    pub const NOOP: Self = Self(None);

    /// memscope's variable tracking, where the level has it.
    pub fn variables(&self) -> Option<&Variables> {
        self.0.as_ref()
    }
}

/// Passes each kind of value on, if there is where to.
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
