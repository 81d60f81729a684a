//! The group of a call path, and the path as the chart shows it.

use super::group::{Group, Meaning, Operation, is_of_tracker, meaning};
use std::rc::Rc;

/// The root of the paths by which a workload names a value to the tracker.
const NAMING: &str = "name a value";

/// A call path with its group.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Classified {
    /// The group.
    pub group: Group,
    /// The path in the chart: the operation, then the functions of the tracker. It omits the workload's functions, so
    /// that calls from all places share one path, and tracked and untracked runs do too.
    pub shown: Vec<Rc<str>>,
}

/// Returns the group of a path: the group of the innermost function that has one.
///
/// A path that never enters the tracker or the allocator belongs to the workload. A path that ends in the system's
/// allocator belongs to the owner of the block: the tracker or the program.
pub(super) fn classify(frames: &[Rc<str>], begins_in_window: bool) -> Classified {
    let meanings: Vec<Option<Meaning>> = frames.iter().map(|frame| meaning(frame)).collect();
    let is_inside = |place: usize| match meanings[place] {
        Some(Meaning::Entry(_) | Meaning::In(Group::Harness)) => true,
        _ => is_of_tracker(&frames[place]),
    };
    let Some(start) = (0..frames.len()).find(|&place| is_inside(place)) else {
        let group = if begins_in_window { Group::Workload } else { Group::Other };
        return Classified { group, shown: vec![group.name().into()] };
    };
    let path = Path { frames, meanings: &meanings, start };
    let (group, place) = path.group();
    Classified { group, shown: path.shown(group, place) }
}

/// A path from the point at which it enters the tracker or the allocator.
struct Path<'a> {
    frames: &'a [Rc<str>],
    meanings: &'a [Option<Meaning>],
    start: usize,
}

impl Path<'_> {
    /// Returns the group, and the index of the function that has it.
    fn group(&self) -> (Group, usize) {
        for place in (self.start..self.frames.len()).rev() {
            match self.meanings[place] {
                Some(Meaning::In(group)) => return (group, place),
                Some(Meaning::Entry(_)) => return (Group::Harness, place),
                Some(Meaning::Heap(_)) => return self.heap(place),
                Some(Meaning::Copies) => {
                    if let Some(copied) = self.copied(place) {
                        return copied;
                    }
                }
                None => {}
            }
        }
        (Group::Other, self.start)
    }

    /// Returns the group of the system's allocator, and the index at which it begins.
    fn heap(&self, innermost: usize) -> (Group, usize) {
        let entry = (self.start..innermost).rev().find(|&place| self.entry(place).is_some());
        // The allocator calls itself: a free consolidates blocks of malloc.
        let heap = (entry.unwrap_or(self.start)..=innermost).find(|&place| self.heap_at(place).is_some());
        let heap = heap.unwrap_or(innermost);
        let is_of_tracker = self.frames[self.start..entry.unwrap_or(heap)].iter().any(|frame| is_of_tracker(frame));
        let operation = entry.and_then(|place| self.entry(place)).or(self.heap_at(heap));
        let group = match operation {
            _ if is_of_tracker => Group::OwnAllocations,
            Some(Operation::Reallocate | Operation::AllocateZeroed) => Group::LostGrowth,
            _ => Group::ProgramBlocks,
        };
        (group, heap)
    }

    /// Returns the group of a copy within the hook, for a request to resize or zero a block that the hook serves
    /// itself; `None` for any other copy.
    fn copied(&self, place: usize) -> Option<(Group, usize)> {
        let last = |place: usize| self.frames[place].rsplit("::").next().unwrap_or_default();
        let is_asked = |place: usize| matches!(last(place), "realloc" | "alloc_zeroed");
        let asked = (self.start..place).rev().find(|&place| self.meanings[place].is_some() || is_asked(place))?;
        let is_call = self.entry(asked).is_some() || self.frames[asked].contains("GlobalAlloc");
        if !is_call || !is_asked(asked) {
            return None;
        }
        let entry = (self.start..place).rev().find(|&place| self.entry(place).is_some())?;
        let is_of_tracker = self.frames[self.start..entry].iter().any(|frame| is_of_tracker(frame));
        Some((if is_of_tracker { Group::OwnAllocations } else { Group::LostGrowth }, place))
    }

    fn entry(&self, place: usize) -> Option<Operation> {
        if let Some(Meaning::Entry(operation)) = self.meanings[place] { Some(operation) } else { None }
    }

    fn heap_at(&self, place: usize) -> Option<Operation> {
        if let Some(Meaning::Heap(operation)) = self.meanings[place] { Some(operation) } else { None }
    }

    /// Returns the path in the chart. `place` is the index of the function that has the group.
    fn shown(&self, group: Group, place: usize) -> Vec<Rc<str>> {
        let root = self.entry(self.start).map_or(NAMING, Operation::name);
        let mut shown: Vec<Rc<str>> = vec![root.into()];
        // With and without the hook, the system's allocator is called for the same blocks of the program.
        let own = match group {
            Group::ProgramBlocks | Group::LostGrowth => {
                shown.push(group.name().into());
                place..self.frames.len()
            }
            _ => self.start..self.frames.len(),
        };
        let is_of_harness =
            |place: &usize| matches!(self.meanings[*place], Some(Meaning::Entry(_) | Meaning::In(Group::Harness)));
        shown.extend(own.filter(|place| !is_of_harness(place)).map(|place| Rc::clone(&self.frames[place])));
        if group == Group::Harness {
            shown.push(group.name().into());
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::memscope::versions::LIBRARY;

    const WORKLOAD: &str = "memscope_bench::workloads::cycles::cycles";
    const SWITCH: &str = "memscope_bench::tracking::switch::switched";

    fn hook(method: &str) -> String {
        format!("<{LIBRARY}::TrackingAllocator as core::alloc::global::GlobalAlloc>::{method}")
    }

    /// Classifies a path that is separated by spaces, with `hook:` and `tracker:` and `switch:` for longer names.
    fn classified(path: &str) -> (Group, String) {
        let frame = |word: &str| match word.split_once(':').filter(|(_, rest)| !rest.starts_with(':')) {
            Some(("hook", method)) => hook(method),
            Some(("tracker", function)) => format!("{LIBRARY}::{function}"),
            Some(("switch", method)) => format!("{SWITCH}::{method}"),
            _ => word.to_owned(),
        };
        let frames: Vec<Rc<str>> = std::iter::once(WORKLOAD.to_owned())
            .chain(path.split_whitespace().map(frame))
            .map(|frame| frame.as_str().into())
            .collect();
        let Classified { group, shown } = classify(&frames, true);
        (group, shown.join(";").replace(LIBRARY, "T").replace(" as core::alloc::global::GlobalAlloc", ""))
    }

    #[test]
    fn paths_outside_the_tracker_belong_to_the_workload() {
        for path in ["", "core::fmt::write", "hashbrown::map::insert core::hash::hash_one", "__memcpy_avx"] {
            assert_eq!(classified(path), (Group::Workload, "the workload".to_owned()), "{path}");
        }
        assert_eq!(classify(&["f".into()], false).group, Group::Other);
    }

    #[test]
    fn the_innermost_function_that_has_a_group_decides() {
        let inside = "__rust_alloc switch:alloc hook:alloc tracker:track";
        for (path, group) in [
            ("", Group::Bookkeeping),
            ("std::thread::current", Group::Bookkeeping),
            ("dashmap::Map::insert", Group::Maps),
            ("dashmap::Map::insert __memcpy_avx", Group::Maps),
            ("dashmap::Map::insert dashmap::hash_u64", Group::Hashing),
            ("std::time::now clock_gettime 0x1234", Group::TimeStamps),
            ("core::fmt::write __memcpy_avx", Group::Strings),
            ("alloc::string::clone __rust_alloc switch:alloc hook:alloc malloc _int_malloc", Group::OwnAllocations),
            ("alloc::string::clone __rust_alloc switch:alloc hook:alloc", Group::Bookkeeping),
            ("alloc::string::clone __rust_alloc switch:alloc", Group::Harness),
            ("alloc::vec::grow __rust_realloc realloc __memcpy_avx", Group::OwnAllocations),
        ] {
            assert_eq!(classified(&format!("{inside} {path}")).0, group, "{path}");
        }
    }

    #[test]
    fn the_programs_own_blocks_are_one_path_with_and_without_the_hook() {
        let allocated = (Group::ProgramBlocks, "allocate;the program's blocks;malloc;_int_malloc".to_owned());
        assert_eq!(classified("alloc::vec::push __rust_alloc malloc _int_malloc"), allocated);
        assert_eq!(classified("__rust_alloc switch:alloc hook:alloc malloc _int_malloc"), allocated);
        let freed = (Group::ProgramBlocks, "free;the program's blocks;free;_int_free;malloc_consolidate".to_owned());
        assert_eq!(classified("__rust_dealloc free _int_free malloc_consolidate"), freed);
        assert_eq!(classified("__rust_dealloc switch:dealloc hook:dealloc free _int_free malloc_consolidate"), freed);
    }

    #[test]
    fn growth_and_calloc_are_a_group_with_and_without_the_hook() {
        for path in [
            "__rust_realloc realloc _int_realloc",
            "__rust_realloc switch:realloc hook:realloc malloc",
            "__rust_realloc switch:realloc hook:realloc hook:alloc malloc",
            "__rust_realloc switch:realloc hook:realloc __memcpy_avx",
            "__rust_realloc switch:realloc __memcpy_avx",
            "__rust_alloc_zeroed calloc",
            "__rust_alloc_zeroed switch:alloc_zeroed hook:alloc_zeroed __memset_avx",
        ] {
            assert_eq!(classified(path).0, Group::LostGrowth, "{path}");
        }
        let tracked = "__rust_realloc switch:realloc hook:realloc hook:alloc tracker:track dashmap::insert";
        assert_eq!(classified(tracked).0, Group::Maps, "recording is not lost growth");
        let copied = "__rust_realloc switch:realloc hook:realloc hook:alloc tracker:track __memcpy_avx";
        assert_eq!(classified(copied).0, Group::Bookkeeping);
    }

    #[test]
    fn the_picture_has_the_operation_and_the_trackers_functions() {
        let path = "alloc::vec::push __rust_alloc switch:alloc hook:alloc tracker:track dashmap::insert";
        assert_eq!(classified(path).1, "allocate;<T::TrackingAllocator>::alloc;T::track;dashmap::insert");
        let own = "__rust_dealloc switch:dealloc hook:dealloc f __rust_dealloc switch:dealloc hook:dealloc free";
        let shown = "free;<T::TrackingAllocator>::dealloc;f;<T::TrackingAllocator>::dealloc;free";
        assert_eq!(classified(own), (Group::OwnAllocations, shown.to_owned()));
        assert_eq!(classified("__rust_alloc switch:alloc"), (Group::Harness, "allocate;the harness".to_owned()));
        let named =
            "memscope_bench::tracking::variable_tracker::VariableTracker::vec tracker:track_as core::fmt::write";
        assert_eq!(classified(named), (Group::Strings, "name a value;T::track_as;core::fmt::write".to_owned()));
    }
}
