//! The groups of a tracker's cost, and the table of rules that sort functions into them.

use crate::tracking::memscope::versions::LIBRARY;
use serde::{Deserialize, Serialize};

/// A part of the cost of tracking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Hashing of keys.
    Hashing,
    /// Operations of maps: search, insertion, removal, growth.
    Maps,
    /// Locks that are separate functions. Inlined locks count with the function that takes them.
    Locks,
    /// Clocks.
    TimeStamps,
    /// Strings and their formatting.
    Strings,
    /// Walks up the stack, and the names of its functions.
    StackTraces,
    /// Blocks that the tracker allocates for itself, and their frees, below the hook.
    OwnAllocations,
    /// Blocks of the program that grow in place, or are zeroed by the system, without the hook, and are copied or
    /// filled with it.
    LostGrowth,
    /// The system's work for the program's other blocks.
    ProgramBlocks,
    /// The rest of the tracker.
    Bookkeeping,
    /// The switch and the adapter of this harness, through which a call reaches the tracker.
    Harness,
    /// The workload.
    Workload,
    /// Functions whose callers are unknown.
    Other,
}

impl Group {
    /// The groups, in the order in which reports list equal ones.
    pub const ALL: [Self; 13] = [
        Self::Hashing,
        Self::Maps,
        Self::Locks,
        Self::TimeStamps,
        Self::Strings,
        Self::StackTraces,
        Self::OwnAllocations,
        Self::LostGrowth,
        Self::ProgramBlocks,
        Self::Bookkeeping,
        Self::Harness,
        Self::Workload,
        Self::Other,
    ];

    /// Returns the name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hashing => "hashing",
            Self::Maps => "map operations",
            Self::Locks => "locks",
            Self::TimeStamps => "time stamps",
            Self::Strings => "strings and formatting",
            Self::StackTraces => "stack traces",
            Self::OwnAllocations => "the tracker's own allocations",
            Self::LostGrowth => "lost in-place growth and calloc",
            Self::ProgramBlocks => "the program's blocks",
            Self::Bookkeeping => "the tracker's own code",
            Self::Harness => "the harness",
            Self::Workload => "the workload",
            Self::Other => "other",
        }
    }
}

/// The operation by which a program enters the tracker, or requests memory from the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    Allocate,
    AllocateZeroed,
    Reallocate,
    Free,
}

impl Operation {
    /// All operations.
    pub(super) const ALL: [Self; 4] = [Self::Allocate, Self::AllocateZeroed, Self::Reallocate, Self::Free];

    /// Returns the name in the chart.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Allocate => "allocate",
            Self::AllocateZeroed => "allocate zeroed",
            Self::Reallocate => "reallocate",
            Self::Free => "free",
        }
    }
}

/// The meaning of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The function and its callees belong to a group.
    In(Group),
    /// The entry of every call of the allocator. Its own instructions are the harness's.
    Entry(Operation),
    /// The system's allocator. Its group depends on the owner of the block, and on the operation.
    Heap(Operation),
    /// A function that copies or fills memory for its caller.
    Copies,
}

/// The part of a name that a rule matches.
#[derive(Clone, Copy, Debug)]
enum Pattern {
    /// A part of the path of a Rust function, or of its types.
    Path(&'static str),
    /// A part of the path, and its last part.
    Method(&'static str, &'static str),
    /// The beginning of the name of a C function.
    C(&'static str),
}

use Meaning::{Copies, Entry, Heap, In};
use Operation::{Allocate, AllocateZeroed, Free, Reallocate};
use Pattern::{C, Method, Path};

/// The switched allocator of this harness.
const SWITCH: &str = "memscope_bench::tracking::switch";

/// The rules. The first match gives a function's meaning; a function without a match belongs to its caller.
const RULES: &[(Pattern, Meaning)] = &[
    (Path("__rust_alloc_zeroed"), Entry(AllocateZeroed)),
    (Path("__rust_alloc"), Entry(Allocate)),
    (Path("__rust_dealloc"), Entry(Free)),
    (Path("__rust_realloc"), Entry(Reallocate)),
    (Method(SWITCH, "alloc"), Entry(Allocate)),
    (Method(SWITCH, "alloc_zeroed"), Entry(AllocateZeroed)),
    (Method(SWITCH, "dealloc"), Entry(Free)),
    (Method(SWITCH, "realloc"), Entry(Reallocate)),
    (Path("memscope_bench::tracking"), In(Group::Harness)),
    // Before maps: a map has a function that hashes.
    (Path("::hash_"), In(Group::Hashing)),
    (Path("core::hash"), In(Group::Hashing)),
    (Path("std::hash"), In(Group::Hashing)),
    (Path("Hasher"), In(Group::Hashing)),
    (Path("ahash::"), In(Group::Hashing)),
    // Before maps: a concurrent map contains locks.
    (Path("parking_lot"), In(Group::Locks)),
    (Path("lock_api"), In(Group::Locks)),
    (Path("dashmap::lock"), In(Group::Locks)),
    (Path("std::sys::sync"), In(Group::Locks)),
    (Path("std::sync::poison"), In(Group::Locks)),
    (Path("std::sync::mutex"), In(Group::Locks)),
    (Path("std::sync::rwlock"), In(Group::Locks)),
    (Path("Mutex"), In(Group::Locks)),
    (Path("RwLock"), In(Group::Locks)),
    (C("pthread_mutex"), In(Group::Locks)),
    (C("pthread_rwlock"), In(Group::Locks)),
    (Path("dashmap::"), In(Group::Maps)),
    (Path("hashbrown::"), In(Group::Maps)),
    (Path("std::collections::"), In(Group::Maps)),
    (Path("alloc::collections::"), In(Group::Maps)),
    (Path("std::time::"), In(Group::TimeStamps)),
    (Path("core::time::"), In(Group::TimeStamps)),
    (Path("Timespec"), In(Group::TimeStamps)),
    (Path("chrono::"), In(Group::TimeStamps)),
    (C("clock_gettime"), In(Group::TimeStamps)),
    (C("__vdso_"), In(Group::TimeStamps)),
    (C("gettimeofday"), In(Group::TimeStamps)),
    (Path("backtrace::"), In(Group::StackTraces)),
    (Path("gimli::"), In(Group::StackTraces)),
    (Path("addr2line::"), In(Group::StackTraces)),
    (C("_Unwind_"), In(Group::StackTraces)),
    (Path("core::fmt"), In(Group::Strings)),
    (Path("alloc::fmt"), In(Group::Strings)),
    (Path("alloc::string"), In(Group::Strings)),
    (Path("core::str"), In(Group::Strings)),
    (Path("alloc::str"), In(Group::Strings)),
    (Path(LIBRARY), In(Group::Bookkeeping)),
    (C("malloc"), Heap(Allocate)),
    (C("memalign"), Heap(Allocate)),
    (C("posix_memalign"), Heap(Allocate)),
    (C("aligned_alloc"), Heap(Allocate)),
    (C("calloc"), Heap(AllocateZeroed)),
    (C("realloc"), Heap(Reallocate)),
    (C("free"), Heap(Free)),
    (C("cfree"), Heap(Free)),
    (C("__libc_malloc"), Heap(Allocate)),
    (C("__libc_calloc"), Heap(AllocateZeroed)),
    (C("__libc_realloc"), Heap(Reallocate)),
    (C("__libc_free"), Heap(Free)),
    (C("memcpy"), Copies),
    (C("memmove"), Copies),
    (C("memset"), Copies),
    (C("__memcpy"), Copies),
    (C("__memmove"), Copies),
    (C("__memset"), Copies),
];

impl Pattern {
    fn fits(self, function: &str) -> bool {
        match self {
            Path(part) => function.contains(part),
            Method(part, last) => function.contains(part) && function.rsplit("::").next() == Some(last),
            C(begin) => !function.contains("::") && function.starts_with(begin),
        }
    }
}

/// Returns the meaning of a function; `None` if it belongs to its caller.
pub(super) fn meaning(function: &str) -> Option<Meaning> {
    RULES.iter().find(|(pattern, _)| pattern.fits(function)).map(|(_, meaning)| *meaning)
}

/// Returns whether a function is the tracker's: its own code, or the code of the adapter that calls it.
pub(super) fn is_of_tracker(function: &str) -> bool {
    function.contains(LIBRARY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_have_the_group_of_the_first_rule_that_fits() {
        let tracker = |rest: &str| format!("{LIBRARY}::capture::{rest}");
        for (function, expected) in [
            ("dashmap::DashMap::hash_u64", Some(In(Group::Hashing))),
            ("core::hash::BuildHasher::hash_one", Some(In(Group::Hashing))),
            ("<std::hash::random::DefaultHasher as core::hash::Hasher>::write", Some(In(Group::Hashing))),
            ("<dashmap::DashMap as dashmap::t::Map>::_insert", Some(In(Group::Maps))),
            ("hashbrown::raw::inner::RawTable::reserve_rehash", Some(In(Group::Maps))),
            ("std::collections::hash::map::HashMap::insert", Some(In(Group::Maps))),
            ("dashmap::lock::RawRwLock::lock_exclusive_slow", Some(In(Group::Locks))),
            ("std::sys::sync::mutex::futex::Mutex::lock_contended", Some(In(Group::Locks))),
            ("std::time::SystemTime::duration_since", Some(In(Group::TimeStamps))),
            ("std::sys::pal::unix::time::Timespec::now", Some(In(Group::TimeStamps))),
            ("clock_gettime", Some(In(Group::TimeStamps))),
            ("<u64 as core::fmt::Display>::fmt", Some(In(Group::Strings))),
            ("<alloc::string::String as core::fmt::Write>::write_str", Some(In(Group::Strings))),
            ("core::ptr::drop_in_place<alloc::string::String>", Some(In(Group::Strings))),
            (&tracker("Tracker::track_allocation"), Some(In(Group::Bookkeeping))),
            (&format!("core::ptr::drop_in_place<{LIBRARY}::Info>"), Some(In(Group::Bookkeeping))),
            ("__rustc::__rust_alloc", Some(Entry(Allocate))),
            ("__rustc::__rust_alloc_zeroed", Some(Entry(AllocateZeroed))),
            ("memscope_bench::tracking::switch::switched::dealloc", Some(Entry(Free))),
            (
                "<memscope_bench::tracking::switch::SwitchedAllocator as core::GlobalAlloc>::realloc",
                Some(Entry(Reallocate)),
            ),
            ("memscope_bench::tracking::switch::switched::pass_on", Some(In(Group::Harness))),
            ("memscope_bench::tracking::variable_tracker::VariableTracker::vec", Some(In(Group::Harness))),
            ("malloc", Some(Heap(Allocate))),
            ("malloc_consolidate", Some(Heap(Allocate))),
            ("calloc", Some(Heap(AllocateZeroed))),
            ("__memcpy_avx_unaligned_erms", Some(Copies)),
            ("_int_malloc", None),
            ("core::ptr::drop_in_place<a::free::B>", None),
            ("alloc::raw_vec::finish_grow", None),
            ("memscope_bench::workloads::cycles::cycles", None),
            ("0x000000000001ab70", None),
        ] {
            assert_eq!(meaning(function), expected, "{function}");
        }
    }

    #[test]
    fn each_group_has_its_own_name() {
        let mut names: Vec<&str> = Group::ALL.iter().map(|group| group.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Group::ALL.len());
        assert!(Group::ALL.is_sorted(), "the order of declaration is that of reports");
    }
}
