//! What memscope offers beyond recording, as every generation's file tells it: the naming of containers, its analysis, and
//! the settings of its own benchmarks. What a version lacks is an `Err` that says why.

use super::Variables;
use crate::tracking::Level;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::RwLock;

/// Names a value of one type.
pub type Name<T> = fn(&Variables, &str, &T);

/// How the values are named that only some versions take: a function for each kind.
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

/// The analysis that a version makes of what is alive when it is asked to.
#[derive(Clone, Copy, Debug)]
pub struct Analysis {
    /// The level whose allocations it sees, and the version's exports too.
    pub level: Level,
    /// What it finds.
    pub finds: &'static str,
    /// Makes it, and says how many live allocations it saw, or why there is none.
    pub run: fn() -> Result<usize, String>,
}

/// What does something so many times, with all that it needs for it.
pub type Repeat = Box<dyn FnMut(u64)>;

/// The benchmarks that memscope is published with, in their settings: a tracker of their own that lives as long as they
/// repeat, and no hook.
#[derive(Clone, Copy)]
pub struct Published {
    /// `track_single/vec`: a zeroed vector of so many bytes is made, named and freed.
    pub track_single: fn(usize) -> Repeat,
    /// `tracker_stats/stats`: the tracker's statistics with so many vectors named and alive.
    pub tracker_stats: fn(usize) -> Repeat,
    /// `tracker_analyze/analyze`: the tracker's analysis with so many vectors named and alive.
    pub tracker_analyze: fn(usize) -> Repeat,
    /// `backend_alloc/alloc_core`: the event that tells of an allocation is made, and kept nowhere.
    pub alloc_core: fn() -> Repeat,
    /// `backend_alloc/alloc_lockfree`: the same by another backend.
    pub alloc_lockfree: fn() -> Repeat,
}

impl fmt::Debug for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Published").finish_non_exhaustive()
    }
}
