//! Naming a value to the one tracker of 0.1, and of what came before it.
//!
//! memscope's `init()` is not called: it installs a logger that writes to standard output, which is the probe's, and
//! nothing is missing without it.

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
        // The macro of the later versions drops the result as well.
        #[cfg(memscope_names = "variable")]
        let _ = memscope_rs::_track_var_impl(value, name);
        #[cfg(memscope_names = "internal")]
        let _ = memscope_rs::__internal_track_var(name, value);
    }
}

pass_on_every_kind!(Variables);
