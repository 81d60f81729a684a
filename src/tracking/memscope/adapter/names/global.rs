//! From 0.2.0 on: a tracker of named values besides the hook's. Neither sees the other's events, and the end of a named
//! value is not recorded.

use super::super::{Linked, NamedValues, VariableTracker};
use crate::tracking::memscope::TypeUse;
#[cfg(memscope_borrows = "analysed")]
use memscope_rs::analysis::borrow_analysis::get_global_borrow_analyzer;
use memscope_rs::{GlobalTracker, Trackable, global_tracker, init_global_tracking};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Passes named values on to memscope, through the function behind its `track!`.
#[derive(Clone, Debug)]
pub struct Variables(Arc<GlobalTracker>);

impl VariableTracker for Linked {
    type Variables = Variables;
}

impl NamedValues for Variables {
    /// # Panics
    /// If memscope's lock is poisoned, which only a panic within memscope can do.
    fn prepare() -> Self {
        // The only other error is that tracking has started already, which is equivalent.
        let _ = init_global_tracking();
        #[cfg(memscope_borrows = "analysed")]
        get_global_borrow_analyzer();
        Self(global_tracker().expect("variable tracking has just been started"))
    }

    fn recorded(&self) -> Option<u64> {
        Some(self.0.tracker().stats().total_allocations as u64)
    }

    fn by_type(&self) -> Vec<TypeUse> {
        let mut types = BTreeMap::<String, TypeUse>::new();
        for event in self.0.tracker().events().into_iter().filter(|event| event.is_allocation()) {
            let name = event.type_name.unwrap_or_else(|| "unknown".to_owned());
            let used = types.entry(name.clone()).or_insert(TypeUse { name, count: 0, bytes: 0 });
            used.count += 1;
            used.bytes += event.size as u64;
        }
        types.into_values().collect()
    }
}

impl Variables {
    #[inline]
    pub(in super::super) fn pass_on(&self, name: &str, value: &impl Trackable) {
        #[cfg(memscope_names = "global_with_module")]
        self.0.track_as(value, name, file!(), line!(), module_path!());
        #[cfg(memscope_names = "global")]
        self.0.track_as(value, name, file!(), line!());
    }
}

pass_on_every_kind!(Variables);
