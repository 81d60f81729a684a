//! memscope 0.2.0 and 0.2.1.

use super::{TypeUse, shared_0_2};
use crate::workloads::Tracker;
use memscope_rs::{GlobalTracker, Trackable};
use std::rc::Rc;
use std::sync::Arc;

pub use super::shared_0_2::{HOOK, OWN_REPORT, VARIABLES_NEED_HOOK, live_blocks, prepare_hook, recorded_events};

/// Passes named values on to memscope, through the function behind its `track!`.
#[derive(Clone, Debug)]
pub struct Variables(Arc<GlobalTracker>);

impl Variables {
    /// Starts memscope's variable tracking.
    pub fn prepare() -> Self {
        Self(shared_0_2::start_variables())
    }

    /// How many named values memscope recorded.
    pub fn recorded(&self) -> Option<u64> {
        Some(shared_0_2::variables_recorded(&self.0))
    }

    /// The recorded values by type, as memscope knows types.
    pub fn by_type(&self) -> Vec<TypeUse> {
        shared_0_2::by_type(&self.0)
    }

    #[inline]
    fn pass_on(&self, name: &str, value: &impl Trackable) {
        self.0.track_as(value, name, file!(), line!());
    }
}

impl Tracker for Variables {
    fn vec<T>(&self, name: &'static str, value: &Vec<T>) {
        self.pass_on(name, value);
    }
    fn string(&self, name: &'static str, value: &String) {
        self.pass_on(name, value);
    }
    fn boxed<T>(&self, name: &'static str, value: &Box<T>) {
        self.pass_on(name, value);
    }
    fn rc<T>(&self, name: &'static str, value: &Rc<T>) {
        self.pass_on(name, value);
    }
    fn arc<T>(&self, name: &'static str, value: &Arc<T>) {
        self.pass_on(name, value);
    }
}
