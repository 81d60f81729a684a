//! The observer between a workload and memscope. It keeps the real types of named values, and examines the heap at
//! the workload's checkpoints.
//!
//! Its own memory is allocated while the calling thread is paused, so the tracker does not record the harness.

use crate::study::stress::timeline::Clock;
use crate::study::stress::{Amount, HeapSnapshot, heap};
use crate::tracking::memscope::TypeUse;
use crate::tracking::{PauseGuard, VariableTracker, counting, memscope};
use crate::workloads::{Tracker, Workload};
use std::any::type_name;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A workload's tracker in the stress run.
#[derive(Clone)]
pub(crate) struct Observer {
    names: VariableTracker,
    clock: Clock,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    workload: Option<Workload>,
    types: HashMap<&'static str, Amount>,
    of_tracker: Amount,
    heaps: Vec<HeapSnapshot>,
}

/// The observations of a run.
pub(super) struct Seen {
    /// The named values by type, the largest first.
    pub types: Vec<TypeUse>,
    /// The allocations of memscope itself while it recorded the values.
    pub of_tracker: Amount,
    /// The heap snapshots.
    pub heaps: Vec<HeapSnapshot>,
}

impl Observer {
    /// Returns an observer that passes values on to `names`.
    pub(super) fn new(names: VariableTracker, clock: Clock) -> Self {
        Self { names, clock, state: Arc::default() }
    }

    /// Notes that a phase begins.
    pub(super) fn enter(&self, workload: Workload) {
        self.state().workload = Some(workload);
    }

    /// Takes a heap snapshot. The calling thread must be [paused](PauseGuard).
    pub(super) fn look(&self, name: &str) {
        let seen = self.clock.stopped(|| memscope::live_blocks().map(heap::layout));
        let mut state = self.state();
        if let (Some(layout), Some(workload)) = (seen, state.workload) {
            // A repeated checkpoint is distinguished by its number.
            let same = |heap: &&HeapSnapshot| {
                let (first, _) = heap.name.rsplit_once(", ").unwrap_or((&heap.name, ""));
                heap.workload == workload && (heap.name == name || first == name)
            };
            let name = match state.heaps.iter().filter(same).count() {
                0 => name.to_owned(),
                earlier => format!("{name}, {}", earlier + 1),
            };
            state.heaps.push(layout.at(workload, name));
        }
    }

    /// Returns the heap snapshots of a phase. The calling thread must be [paused](PauseGuard).
    pub(super) fn heaps_of(&self, workload: Workload) -> Vec<HeapSnapshot> {
        self.state().heaps.iter().filter(|heap| heap.workload == workload).cloned().collect()
    }

    /// Returns all observations.
    pub(super) fn into_seen(self) -> Seen {
        let mut state = self.state();
        let mut types: Vec<TypeUse> = state
            .types
            .drain()
            .map(|(name, used)| TypeUse { name: readable(name), count: used.allocations, bytes: used.bytes })
            .collect();
        types.sort_unstable_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
        Seen { types, of_tracker: state.of_tracker, heaps: std::mem::take(&mut state.heaps) }
    }

    /// Records a value's type and bytes, and passes it on.
    fn note<V>(&self, bytes: usize, pass_on: impl FnOnce(&VariableTracker)) {
        let before = counting::this_thread();
        pass_on(&self.names);
        let after = counting::this_thread();

        let _paused = PauseGuard::new();
        let mut state = self.state();
        let used = state.types.entry(type_name::<V>()).or_default();
        used.allocations += 1;
        used.bytes += bytes as u64;
        state.of_tracker.allocations += after.0 - before.0;
        state.of_tracker.bytes += after.1 - before.1;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tracker for Observer {
    fn vec<T>(&self, name: &'static str, value: &Vec<T>) {
        self.note::<Vec<T>>(value.capacity() * size_of::<T>(), |names| names.vec(name, value));
    }
    fn string(&self, name: &'static str, value: &String) {
        self.note::<String>(value.capacity(), |names| names.string(name, value));
    }
    fn boxed<T>(&self, name: &'static str, value: &Box<T>) {
        self.note::<Box<T>>(size_of::<T>(), |names| names.boxed(name, value));
    }
    fn rc<T>(&self, name: &'static str, value: &Rc<T>) {
        self.note::<Rc<T>>(size_of::<T>(), |names| names.rc(name, value));
    }
    fn arc<T>(&self, name: &'static str, value: &Arc<T>) {
        self.note::<Arc<T>>(size_of::<T>(), |names| names.arc(name, value));
    }
    fn checkpoint(&self, name: &'static str) {
        let _paused = PauseGuard::new();
        self.look(name);
    }
}

/// Returns a type's name as its author would write it: without paths, and without the hasher of every map here.
fn readable(name: &str) -> String {
    let mut readable = String::with_capacity(name.len());
    let mut rest = name;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
        let (path, after) = rest.split_at(end);
        readable.push_str(path.rsplit("::").next().unwrap_or(path));
        let separator = after.chars().next().map_or(0, char::len_utf8);
        readable.push_str(&after[..separator]);
        rest = &after[separator..];
    }
    readable.replace(", BuildHasherDefault<DefaultHasher>", "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workloads::Map;

    #[test]
    fn types_are_shown_as_in_source_code() {
        assert_eq!(readable(type_name::<Vec<u64>>()), "Vec<u64>");
        assert_eq!(readable(type_name::<Box<Map<u64, Vec<String>>>>()), "Box<HashMap<u64, Vec<String>>>");
        assert_eq!(readable(type_name::<Arc<Mutex<(u8, String)>>>()), "Arc<Mutex<(u8, String)>>");
    }
}
