//! The ledger between a workload and memscope, which records planted objects.
//!
//! Its own memory is allocated while the calling thread is paused, so no tracker records it.

use crate::tracking::memscope::FindingKind;
use crate::tracking::{Level, PauseGuard, VariableTracker};
use crate::workloads::Tracker;
use std::ops::Range;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A planted object: the addresses of its blocks. A leak has one block, a cycle as many as it has values.
pub type Planted = Vec<Range<usize>>;

/// A workload's tracker that records planted objects.
#[derive(Clone)]
pub struct Ledger {
    names: VariableTracker,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Address of the last named value.
    named: Option<usize>,
    blocks: Vec<Block>,
    cycles: Vec<Planted>,
}

/// A planted block.
struct Block {
    addresses: Range<usize>,
    is_named: bool,
}

impl Ledger {
    /// Returns an empty ledger that passes values on to `names`.
    pub fn new(names: VariableTracker) -> Self {
        Self { names, state: Arc::default() }
    }

    /// Returns the planted objects of a kind that a tracker at this level can know.
    pub fn planted(&self, sought: FindingKind, level: Level) -> Vec<Planted> {
        let state = self.state();
        let is_known = |block: &&Block| level.has_hook() || block.is_named;
        match sought {
            FindingKind::Cycles => state.cycles.clone(),
            FindingKind::Leaks | FindingKind::Active => {
                state.blocks.iter().filter(is_known).map(|block| vec![block.addresses.clone()]).collect()
            }
        }
    }

    /// Passes a value on, and records its address.
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
        // The blocks of the values were leaked right before.
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
        assert_eq!(ledger.planted(FindingKind::Cycles, Level::Full), Vec::<Planted>::new());
    }

    #[test]
    fn only_the_nodes_of_cycles_are_named() {
        let ledger = planted(Workload::CYCLES, 0.4);
        let named = ledger.planted(FindingKind::Leaks, Level::Variables);
        assert_eq!(named.len(), 4);
        assert_eq!(ledger.planted(FindingKind::Cycles, Level::Full).concat(), named.concat());
    }
}
