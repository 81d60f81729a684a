//! The ledger: it stands between a workload and memscope, and writes down what is planted.
//!
//! Its own memory is allocated while the calling thread is paused: no tracker sees it.

use crate::tracking::memscope::FindingKind;
use crate::tracking::{Level, PauseGuard, VariableTracker};
use crate::workloads::Tracker;
use std::ops::Range;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A planted thing: the addresses of its blocks. A block is a thing of one, a cycle one of as many as it has values.
pub type Thing = Vec<Range<usize>>;

/// A workload's tracker, where what it plants is sought.
#[derive(Clone)]
pub struct Ledger {
    names: VariableTracker,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The address of the value that was named last.
    named: Option<usize>,
    blocks: Vec<Block>,
    cycles: Vec<Thing>,
}

/// A planted block.
struct Block {
    addresses: Range<usize>,
    is_named: bool,
}

impl Ledger {
    /// An empty ledger that passes values on to `names`.
    pub fn new(names: VariableTracker) -> Self {
        Self { names, state: Arc::default() }
    }

    /// What was planted of what is sought, as far as a tracker under this level was told of it.
    pub fn planted(&self, sought: FindingKind, level: Level) -> Vec<Thing> {
        let state = self.state();
        let is_known = |block: &&Block| level.has_hook() || block.is_named;
        match sought {
            FindingKind::Cycles => state.cycles.clone(),
            FindingKind::Leaks | FindingKind::Active => {
                state.blocks.iter().filter(is_known).map(|block| vec![block.addresses.clone()]).collect()
            }
        }
    }

    /// Passes a value on, and notes its address.
    fn note(&self, address: usize, pass_on: impl FnOnce(&VariableTracker)) {
        pass_on(&self.names);
        self.state().named = Some(address);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tracker for Ledger {
    fn vec<T>(&self, name: &'static str, value: &Vec<T>) {
        self.note(value.as_ptr().addr(), |names| names.vec(name, value));
    }
    fn string(&self, name: &'static str, value: &String) {
        self.note(value.as_ptr().addr(), |names| names.string(name, value));
    }
    fn boxed<T>(&self, name: &'static str, value: &Box<T>) {
        self.note((&raw const **value).addr(), |names| names.boxed(name, value));
    }
    fn rc<T>(&self, name: &'static str, value: &Rc<T>) {
        self.note(Rc::as_ptr(value).addr(), |names| names.rc(name, value));
    }
    fn arc<T>(&self, name: &'static str, value: &Arc<T>) {
        self.note(Arc::as_ptr(value).addr(), |names| names.arc(name, value));
    }

    fn leaked(&self, address: usize, bytes: usize) {
        let _paused = PauseGuard::new();
        let mut state = self.state();
        let addresses = address..address + bytes;
        let is_named = state.named.is_some_and(|named| addresses.contains(&named));
        state.blocks.push(Block { addresses, is_named });
    }

    fn cycle(&self, values: &[usize]) {
        let _paused = PauseGuard::new();
        let mut state = self.state();
        // The blocks of the values were leaked just now.
        let block_of = |value: &usize| {
            let block = state.blocks.iter().rev().find(|block| block.addresses.contains(value));
            block.map(|block| block.addresses.clone())
        };
        let blocks = values.iter().filter_map(block_of).collect();
        state.cycles.push(blocks);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workloads::{Scale, Workload};

    fn planted(workload: Workload, factor: f64) -> Ledger {
        let ledger = Ledger::new(VariableTracker::NOOP);
        let digest = workload.run(&ledger, Scale::new(factor).expect("positive"));
        let all = ledger.planted(FindingKind::Leaks, Level::Allocator);
        assert_eq!(all.len() as u64, digest.leaked_allocations, "{workload}");
        let bytes: usize = all.iter().flatten().map(Range::len).sum();
        assert_eq!(bytes as u64, digest.leaked_bytes, "{workload}");
        ledger
    }

    #[test]
    fn every_leak_is_planted_and_named() {
        let ledger = planted(Workload::LEAKS, 0.03);
        assert_eq!(ledger.planted(FindingKind::Active, Level::Variables).len(), 3);
        assert_eq!(ledger.planted(FindingKind::Cycles, Level::Full), Vec::<Thing>::new());
    }

    #[test]
    fn the_nodes_of_cycles_alone_are_named() {
        let ledger = planted(Workload::CYCLES, 0.4);
        let named = ledger.planted(FindingKind::Leaks, Level::Variables);
        assert_eq!(named.len(), 4);
        assert_eq!(ledger.planted(FindingKind::Cycles, Level::Full).concat(), named.concat());
    }
}
