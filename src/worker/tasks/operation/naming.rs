//! Naming a value to memscope's variable tracking: one operation for each kind of value that it accepts.
//!
//! The values exist before the clock starts, and each is named once, because in some versions naming the same value
//! again takes longer each time.

use crate::tracking::memscope::{CONTAINERS, Containers, Name};
use crate::worker::task::TaskError;
use crate::worker::tasks::operation::{Prepare, Ready};
use crate::workloads::{Tracker, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;
use std::sync::{Arc, RwLock};

type Prepared = Result<Box<dyn Ready>, TaskError>;

/// Name of the values.
const NAME: &str = "value";

/// Values, each to be named once.
struct Naming<T, N> {
    values: Vec<T>,
    named: usize,
    name: N,
}

impl<T, N: FnMut(&T)> Ready for Naming<T, N> {
    fn repeat(&mut self, times: u64) {
        let end = self.named + times as usize;
        self.values[self.named..end].iter().for_each(&mut self.name);
        self.named = end;
    }
}

/// Prepares values of a kind that every version accepts.
fn values<T: Value + 'static>(prepare: Prepare<'_>, make: fn(u64) -> T) -> Prepared {
    let names = prepare.names.clone();
    let values = (0..prepare.repeats).map(make).collect();
    Ok(Box::new(Naming { values, named: 0, name: move |value: &T| names.track(NAME, value) }))
}

/// Prepares values of a kind that some versions lack.
fn containers<T: 'static>(prepare: Prepare<'_>, make: fn(u64) -> T, naming: fn(&Containers) -> Name<T>) -> Prepared {
    let naming = naming(CONTAINERS.as_ref().map_err(|why| TaskError::Unsupported(why))?);
    let variables = prepare.names.variables().expect("the level has variables").clone();
    let values = (0..prepare.repeats).map(make).collect();
    Ok(Box::new(Naming { values, named: 0, name: move |value: &T| naming(&variables, NAME, value) }))
}

pub(super) fn vec(prepare: Prepare<'_>) -> Prepared {
    values(prepare, |number| vec![number; 8])
}

pub(super) fn string(prepare: Prepare<'_>) -> Prepared {
    values(prepare, |number| format!("the value {number}"))
}

pub(super) fn boxed(prepare: Prepare<'_>) -> Prepared {
    values(prepare, |number| Box::new([number; 8]))
}

pub(super) fn rc(prepare: Prepare<'_>) -> Prepared {
    values(prepare, |number| Rc::new([number; 8]))
}

pub(super) fn arc(prepare: Prepare<'_>) -> Prepared {
    values(prepare, |number| Arc::new([number; 8]))
}

pub(super) fn hash_map(prepare: Prepare<'_>) -> Prepared {
    containers(prepare, |number| HashMap::from([(number, number)]), |containers| containers.hash_map)
}

pub(super) fn btree_map(prepare: Prepare<'_>) -> Prepared {
    containers(prepare, |number| BTreeMap::from([(number, number)]), |containers| containers.btree_map)
}

pub(super) fn vec_deque(prepare: Prepare<'_>) -> Prepared {
    containers(prepare, |number| VecDeque::from([number; 8]), |containers| containers.vec_deque)
}

pub(super) fn ref_cell(prepare: Prepare<'_>) -> Prepared {
    containers(prepare, |number| RefCell::new(vec![number; 8]), |containers| containers.ref_cell)
}

pub(super) fn rw_lock(prepare: Prepare<'_>) -> Prepared {
    containers(prepare, |number| RwLock::new(vec![number; 8]), |containers| containers.rw_lock)
}
