//! 0.1 and before: values are named to the one tracker. Its registry keeps one named value per address, and addresses
//! are reused, so the number of named values is unknown.
//!
//! memscope's `init()` is not called: it installs a logger that writes to standard output, which the probe needs.
//! Everything else works without it.

use super::super::{Linked, NamedValues, VariableTracker, prepare_hook};
use memscope_rs::Trackable;

/// Passes named values on to memscope, through the function behind its `track_var!`.
#[derive(Clone, Debug)]
pub struct Variables;

impl VariableTracker for Linked {
    type Variables = Variables;
}

impl NamedValues for Variables {
    fn prepare() -> Self {
        prepare_hook();
        Self
    }
}

impl Variables {
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
