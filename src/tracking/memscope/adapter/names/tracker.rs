//! Between 0.1.10 and 0.2.0: a tracker of named values that the program creates itself.

use super::super::{Linked, NamedValues, VariableTracker};
use memscope_rs::Trackable;
use memscope_rs::tracker::Tracker;
use std::fmt;
use std::sync::Arc;

/// Passes named values on to memscope, through the function behind its `track!`.
#[derive(Clone)]
pub struct Variables(Arc<Tracker>);

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Variables")
    }
}

impl VariableTracker for Linked {
    type Variables = Variables;
}

impl NamedValues for Variables {
    fn prepare() -> Self {
        Self(Arc::new(Tracker::new()))
    }
}

impl Variables {
    #[inline]
    pub(in super::super) fn pass_on(&self, name: &str, value: &impl Trackable) {
        self.0.track_as(value, name, file!(), line!());
    }
}

pass_on_every_kind!(Variables);
