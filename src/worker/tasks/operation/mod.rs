//! Operations: single actions of a tracked program or its author, each timed alone.
//!
//! A workload shows the cost of tracking to a program; an operation shows its source: one allocation, one named
//! value, one reading of the statistics, one analysis. The table below has a line for each, with its levels and the
//! number of repeats ([`State`]) after which memscope's state is no longer the one to be measured.
//!
//! A process runs one operation under one level ([`run`]): it prepares the operation's values, warms up, and times only
//! the repeats.

mod allocating;
mod analysing;
mod exporting;
mod live;
mod naming;
mod published;
mod reading;
mod running;

pub use running::{Ready, Request, Singly, Timing, run};

use crate::tracking::Level::{Allocator, Untracked, Variables};
use crate::tracking::{Level, VariableTracker, memscope};
use crate::worker::task::TaskError;

/// An operation.
#[derive(Debug)]
pub struct Operation {
    /// Name in tasks, reports and files.
    pub name: &'static str,
    /// Description in a few words; `{analysis}` and `{report}` are placeholders for those of the linked version.
    about: &'static str,
    /// Levels.
    levels: Levels,
    /// Effect of repeats on the process.
    pub state: State,
    /// Creates the values that it needs. They live until the clock has stopped.
    prepare: fn(Prepare<'_>) -> Result<Box<dyn Ready>, TaskError>,
}

/// The circumstances under which an operation is prepared.
#[derive(Clone, Copy, Debug)]
struct Prepare<'a> {
    /// The tracker of named values.
    names: &'a VariableTracker,
    /// Number of repeats in this process, including the warm-up.
    repeats: u64,
}

/// The levels of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Levels {
    /// These levels, in every version.
    These(&'static [Level]),
    /// The level whose allocations the linked version analyses and exports.
    Analysed,
}

/// The effect of an operation's repeats on its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// None: a process may repeat it any number of times. The number is still bounded, because some versions keep a
    /// record of every event.
    Flat,
    /// Growth: a process repeats it a limited number of times.
    Grows {
        /// The maximum number of timed repeats.
        most: u64,
        /// The number of untimed repeats before them.
        warm_up: u64,
    },
}

impl State {
    /// A named value stays on record forever, but a few hundred of them make no difference.
    const NAMED: Self = Self::Grows { most: 200, warm_up: 10 };
    /// An action that a program does once in its life, so each repeat has a fresh process.
    const ONCE: Self = Self::Grows { most: 1, warm_up: 0 };

    /// Returns the maximum number of repeats that one process times.
    pub const fn most_repeats(self) -> u64 {
        match self {
            Self::Flat => 100_000,
            Self::Grows { most, .. } => most,
        }
    }

    /// Returns the number of repeats before the clock starts.
    const fn warm_up(self, repeats: u64) -> u64 {
        match self {
            // The first two analyses in a process take longer than all others.
            Self::Flat => repeats / 10 + 2,
            Self::Grows { warm_up, .. } => warm_up,
        }
    }

    /// Returns whether each repeat has a separate process.
    pub const fn is_once(self) -> bool {
        self.most_repeats() == 1
    }
}

/// Levels of the allocator's own operations: without and with the hook.
const BOTH: Levels = Levels::These(&[Untracked, Allocator]);
/// Levels of operations that need the hook.
const HOOKED: Levels = Levels::These(&[Allocator]);
/// Levels of operations on named values, or on a tracker to which values are named.
const NAMED: Levels = Levels::These(&[Variables]);
/// Levels of operations on live allocations.
const ANALYSED: Levels = Levels::Analysed;

/// Generates the table: one line for each operation, in the order of the reports.
///
/// `"name", "description", levels, state, preparation;`
///
/// There is no export of 50,000 live allocations: a report of 0.2.5 takes over five seconds, JSON over two, and
/// Criterion needs ten.
macro_rules! operations {
    ($($name:literal, $about:literal, $levels:expr, $state:expr, $prepare:expr;)*) => {
        /// All operations, in the order of the reports.
        static OPERATIONS: &[Operation] =
            &[$(Operation { name: $name, about: $about, levels: $levels, state: $state, prepare: $prepare },)*];
    };
}

operations! {
    "allocate-16B", "allocate and free 16 B", BOTH, State::Flat, |_| Ok(allocating::block(16));
    "allocate-64B", "allocate and free 64 B", BOTH, State::Flat, |_| Ok(allocating::block(64));
    "allocate-1KiB", "allocate and free 1 KiB", BOTH, State::Flat, |_| Ok(allocating::block(1 << 10));
    "allocate-1MiB", "allocate and free 1 MiB", BOTH, State::Flat, |_| Ok(allocating::block(1 << 20));
    "grow-vector", "push 100,000 numbers onto an empty Vec", BOTH, State::Flat, |_| Ok(allocating::growth(100_000));
    "reallocate-1KiB", "allocate 1 KiB, reallocate it to 2 KiB and free it", BOTH, State::Flat,
        |_| Ok(allocating::reallocation(1 << 10));
    "zeroed-4KiB", "allocate 4 KiB of zeros and free them", BOTH, State::Flat, |_| Ok(allocating::zeroed(4 << 10));
    "zeroed-64MiB", "allocate 64 MiB of zeros and free them", BOTH, State::Flat, |_| Ok(allocating::zeroed(64 << 20));

    "name-vec", "name a Vec", NAMED, State::NAMED, naming::vec;
    "name-string", "name a String", NAMED, State::NAMED, naming::string;
    "name-box", "name a Box", NAMED, State::NAMED, naming::boxed;
    "name-rc", "name an Rc", NAMED, State::NAMED, naming::rc;
    "name-arc", "name an Arc", NAMED, State::NAMED, naming::arc;
    "name-hash-map", "name a HashMap", NAMED, State::NAMED, naming::hash_map;
    "name-btree-map", "name a BTreeMap", NAMED, State::NAMED, naming::btree_map;
    "name-vec-deque", "name a VecDeque", NAMED, State::NAMED, naming::vec_deque;
    "name-ref-cell", "name a RefCell", NAMED, State::NAMED, naming::ref_cell;
    "name-rw-lock", "name a RwLock", NAMED, State::NAMED, naming::rw_lock;

    "statistics", "read the hook's statistics, 1,000 live", HOOKED, State::Flat, |_| Ok(reading::statistics(1_000));

    "analyse-1000", "analyse 1,000 live: {analysis}", ANALYSED, State::ONCE, |of| Ok(analysing::live(of, 1_000));
    "analyse-10000", "analyse 10,000 live: {analysis}", ANALYSED, State::ONCE, |of| Ok(analysing::live(of, 10_000));
    "analyse-50000", "analyse 50,000 live: {analysis}", ANALYSED, State::ONCE, |of| Ok(analysing::live(of, 50_000));
    "export-json-1000", "export 1,000 live as JSON", ANALYSED, State::ONCE, |of| exporting::json(of, 1_000);
    "export-json-10000", "export 10,000 live as JSON", ANALYSED, State::ONCE, |of| exporting::json(of, 10_000);
    "export-json-20000", "export 20,000 live as JSON", ANALYSED, State::ONCE, |of| exporting::json(of, 20_000);
    "export-report-1000", "write the {report} of 1,000 live", ANALYSED, State::ONCE, |of| exporting::report(of, 1_000);
    "export-report-10000", "write the {report} of 10,000 live", ANALYSED, State::ONCE,
        |of| exporting::report(of, 10_000);

    "published-track-64B", "memscope's own track_single/vec/64", NAMED, State::Flat, |_| published::track_single(64);
    "published-stats-1000", "memscope's own tracker_stats/stats/1000", NAMED, State::Flat,
        |_| published::tracker_stats(1_000);
    "published-alloc-core", "memscope's own backend_alloc/alloc_core", NAMED, State::Flat, |_| published::alloc_core();
    "published-alloc-lockfree", "memscope's own backend_alloc/alloc_lockfree", NAMED, State::Flat,
        |_| published::alloc_lockfree();
    "published-analyze-1000", "memscope's own tracker_analyze/analyze/1000", NAMED, State::Flat,
        |_| published::tracker_analyze(1_000);
    "published-analyze-10000", "memscope's own tracker_analyze/analyze/10000", NAMED, State::Flat,
        |_| published::tracker_analyze(10_000);
    "published-analyze-50000", "memscope's own tracker_analyze/analyze/50000", NAMED, State::Flat,
        |_| published::tracker_analyze(50_000);
}

impl Operation {
    /// Returns all operations, in the order of the reports.
    pub const fn all() -> &'static [Self] {
        OPERATIONS
    }

    /// Returns the operation of that name.
    ///
    /// # Errors
    /// If it does not exist.
    pub fn named(name: &str) -> Result<&'static Self, UnknownOperation> {
        let known = OPERATIONS.iter().find(|operation| operation.name == name);
        known.ok_or_else(|| UnknownOperation(name.to_owned()))
    }

    /// Returns the description, with the analysis and the report of the linked version.
    pub fn about(&self) -> String {
        self.about.replace("{analysis}", memscope::ANALYSIS.finds).replace("{report}", memscope::OWN_REPORT.name)
    }

    /// Returns the levels.
    pub const fn levels(&self) -> &'static [Level] {
        match self.levels {
            Levels::These(levels) => levels,
            Levels::Analysed => &[memscope::ANALYSIS.level],
        }
    }
}

/// The error for an unknown operation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown operation '{0}'; choose from {names}", names = names())]
pub struct UnknownOperation(String);

fn names() -> String {
    OPERATIONS.iter().map(|operation| operation.name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn operations_are_found_by_unique_names() {
        let names: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.name).collect();
        assert_eq!(names.len(), OPERATIONS.len());
        for name in names {
            assert_eq!(Operation::named(name).map(|operation| operation.name), Ok(name));
        }
        let refusal = Operation::named("allocate").expect_err("there is none").to_string();
        assert!(refusal.contains("'allocate'") && refusal.contains("allocate-16B, allocate-64B"), "{refusal}");
    }

    #[test]
    fn operations_without_lasting_effects_are_repeated_and_warmed_up() {
        assert_eq!([1, 10].map(|repeats| State::Flat.warm_up(repeats)), [2, 3]);
        assert_eq!(State::ONCE.warm_up(1), 0);
        assert!(State::ONCE.is_once() && !State::NAMED.is_once());
    }
}
