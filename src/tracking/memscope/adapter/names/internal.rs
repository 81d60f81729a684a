//! Naming a value to the one tracker there was before 0.1.0.

use super::super::prepare_hook;
use crate::tracking::memscope::TypeUse;
use memscope_rs::Trackable;

/// Passes named values on to memscope, through the function behind its `track_var!`.
#[derive(Clone, Debug)]
pub struct Variables;

impl Variables {
    /// Starts memscope's variable tracking: there is nothing to start except what [`prepare_hook`] makes.
    pub fn prepare() -> Self {
        prepare_hook();
        Self
    }

    /// Returns `None`: memscope 0.1 does not count the named values that it recorded. Its registry keeps one for an address,
    /// and addresses come again.
    pub fn recorded(&self) -> Option<u64> {
        None
    }

    /// Returns nothing: memscope 0.1 does not list values that are gone.
    pub fn by_type(&self) -> Vec<TypeUse> {
        Vec::new()
    }

    #[inline]
    pub(in super::super) fn pass_on(&self, name: &str, value: &impl Trackable) {
        let _ = memscope_rs::__internal_track_var(name, value);
    }
}

pass_on_every_kind!(Variables);
