//! memscope's functions beyond recording, in one form for all versions: naming containers, analysis, and its own
//! benchmarks.

use super::Variables;
use crate::tracking::Level;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::RwLock;

/// Names a value of one type.
pub type Name<T> = fn(&Variables, &str, &T);

/// Functions that name the values that only some versions accept.
#[derive(Clone, Copy, Debug)]
pub struct Containers {
    /// Names a hash map.
    pub hash_map: Name<HashMap<u64, u64>>,
    /// Names an ordered map.
    pub btree_map: Name<BTreeMap<u64, u64>>,
    /// Names a ring buffer.
    pub vec_deque: Name<VecDeque<u64>>,
    /// Names a cell.
    pub ref_cell: Name<RefCell<Vec<u64>>>,
    /// Names a lock.
    pub rw_lock: Name<RwLock<Vec<u64>>>,
}

/// An analysis of live allocations.
#[derive(Clone, Copy, Debug)]
pub struct Analysis {
    /// Level whose allocations the analysis and the version's exports see.
    pub level: Level,
    /// Its findings, in a few words.
    pub finds: &'static str,
    /// Runs the analysis, and returns the number of live allocations that it saw, or the reason why it failed.
    pub run: fn() -> Result<usize, String>,
}

/// Repeats a benchmark's operation this many times.
pub type BenchFn = Box<dyn FnMut(u64)>;

/// The benchmarks that memscope is published with, in their settings: no hook, and a tracker that lives for all
/// repeats.
#[derive(Clone, Copy)]
pub struct UpstreamBenches {
    /// `track_single/vec`: creates, names and frees a zeroed vector of this many bytes.
    pub track_single: fn(usize) -> BenchFn,
    /// `tracker_stats/stats`: reads the tracker's statistics with this many named vectors alive.
    pub tracker_stats: fn(usize) -> BenchFn,
    /// `tracker_analyze/analyze`: runs the tracker's analysis with this many named vectors alive.
    pub tracker_analyze: fn(usize) -> BenchFn,
    /// `backend_alloc/alloc_core`: makes the event of an allocation, and drops it.
    pub alloc_core: fn() -> BenchFn,
    /// `backend_alloc/alloc_lockfree`: as `alloc_core`, with another backend.
    pub alloc_lockfree: fn() -> BenchFn,
}

impl fmt::Debug for UpstreamBenches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpstreamBenches").finish_non_exhaustive()
    }
}
