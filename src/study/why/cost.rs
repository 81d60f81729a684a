//! The cost of tracking by location: the profile of a tracked window minus the profile of an untracked one.

use super::classify::{Classified, classify};
use super::group::Group;
use super::record::{Call, CostProfile, FunctionCost, GroupCost};
use crate::study::instructions::profile::Profile;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// The instructions of something in the untracked and the tracked window.
type Both = [u64; 2];

/// Returns the cost by location.
pub(super) fn cost(untracked: &Profile, tracked: &Profile, allocations: u64) -> CostProfile {
    let mut groups: BTreeMap<Group, Both> = BTreeMap::new();
    let mut functions: BTreeMap<(Rc<str>, Group), Both> = BTreeMap::new();
    let mut paths: BTreeMap<Vec<Rc<str>>, Both> = BTreeMap::new();
    for (side, profile) in [untracked, tracked].into_iter().enumerate() {
        for path in &profile.paths {
            let Classified { group, shown } = classify(&path.frames, path.begins_in_window);
            let function = path.frames.last().map_or_else(|| group.name().into(), Rc::clone);
            groups.entry(group).or_default()[side] += path.instructions;
            functions.entry((function, group)).or_default()[side] += path.instructions;
            paths.entry(shown).or_default()[side] += path.instructions;
        }
    }
    let groups = Group::ALL.iter().filter_map(|&group| {
        let [untracked, tracked] = *groups.get(&group)?;
        Some(GroupCost { group, untracked, tracked })
    });
    let functions = functions.into_iter().filter(|(_, [untracked, tracked])| untracked != tracked);
    let mut functions: Vec<FunctionCost> = functions
        .map(|((name, group), [untracked, tracked])| FunctionCost { name: name.to_string(), group, untracked, tracked })
        .collect();
    functions.sort_by_key(|function| std::cmp::Reverse(function.added().unsigned_abs()));
    let mut tree = Tree::default();
    paths.retain(|_, [untracked, tracked]| untracked != tracked);
    paths.iter().for_each(|(path, both)| tree.add(path, *both));
    CostProfile {
        allocations,
        untracked: untracked.total,
        tracked: tracked.total,
        groups: groups.collect(),
        functions,
        names: tree.names,
        paths: tree.calls,
    }
}

/// The tree of paths while it grows.
#[derive(Default)]
struct Tree {
    names: Vec<String>,
    calls: Vec<Call>,
    name_places: HashMap<Rc<str>, usize>,
    call_places: HashMap<(Option<usize>, usize), usize>,
}

impl Tree {
    fn add(&mut self, path: &[Rc<str>], [untracked, tracked]: Both) {
        let mut caller = None;
        for frame in path {
            let name = *self.name_places.entry(Rc::clone(frame)).or_insert_with(|| {
                self.names.push(frame.to_string());
                self.names.len() - 1
            });
            let place = *self.call_places.entry((caller, name)).or_insert_with(|| {
                self.calls.push(Call { caller, name, untracked: 0, tracked: 0 });
                self.calls.len() - 1
            });
            caller = Some(place);
        }
        if let Some(place) = caller {
            self.calls[place].untracked += untracked;
            self.calls[place].tracked += tracked;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::instructions::profile::CallPath;
    use crate::tracking::memscope::versions::LIBRARY;

    fn profile(paths: &[(&str, u64)]) -> Profile {
        let path = |(frames, instructions): &(&str, u64)| CallPath {
            frames: frames.split(' ').map(|frame| frame.replace("tracker:", &format!("{LIBRARY}::")).into()).collect(),
            begins_in_window: true,
            instructions: *instructions,
        };
        let paths: Vec<CallPath> = paths.iter().map(path).collect();
        let total = paths.iter().map(|path| path.instructions).sum();
        Profile { paths, total }
    }

    #[test]
    fn the_groups_add_up_to_the_cost_of_tracking() {
        let untracked = profile(&[("w f", 1_000), ("w __rust_alloc malloc", 60), ("w __rust_alloc", 10)]);
        let tracked = profile(&[
            ("w f", 1_000),
            ("w __rust_alloc", 10),
            ("w g __rust_alloc tracker:alloc malloc", 65),
            ("w __rust_alloc tracker:alloc", 20),
            ("w __rust_alloc tracker:alloc dashmap::insert", 200),
            ("w __rust_alloc tracker:alloc dashmap::insert core::hash::one", 100),
            ("w h __rust_alloc tracker:alloc dashmap::insert core::hash::one", 40),
        ]);
        let cost = cost(&untracked, &tracked, 5);
        let added: Vec<(Group, i64)> = cost.groups.iter().map(|group| (group.group, group.added())).collect();
        assert_eq!(
            added,
            [
                (Group::Hashing, 140),
                (Group::Maps, 200),
                (Group::ProgramBlocks, 5),
                (Group::Bookkeeping, 20),
                (Group::Harness, 0),
                (Group::Workload, 0)
            ]
        );
        assert_eq!((cost.added(), cost.unexplained(), cost.per_allocation(cost.added())), (365, 0.0, 73.0));
        let functions: Vec<(&str, i64)> =
            cost.functions.iter().map(|function| (function.name.as_str(), function.added())).collect();
        let own = format!("{LIBRARY}::alloc");
        assert_eq!(functions, [("dashmap::insert", 200), ("core::hash::one", 140), (&own, 20), ("malloc", 5)]);
        // A path is the same for all callers in the workload, and unchanged paths are left out.
        let stacks: Vec<(String, u64, u64)> =
            cost.stacks().map(|(stack, untracked, tracked)| (stack.join(";"), untracked, tracked)).collect();
        let expected = [
            (format!("allocate;{own}"), 0, 20),
            (format!("allocate;{own};dashmap::insert"), 0, 200),
            (format!("allocate;{own};dashmap::insert;core::hash::one"), 0, 140),
            ("allocate;the program's blocks;malloc".to_owned(), 60, 65),
        ];
        assert_eq!(stacks, expected);
    }

    #[test]
    fn a_path_of_a_damaged_file_is_left_out() {
        let mut cost = cost(&profile(&[("w f", 10)]), &profile(&[("w f", 30)]), 1);
        assert_eq!(cost.stacks().count(), 1);
        cost.paths[0].caller = Some(0);
        assert_eq!(cost.stacks().count(), 0, "a call is not its own caller");
        cost.paths[0] = Call { caller: None, name: 7, ..cost.paths[0] };
        assert_eq!(cost.stacks().count(), 0, "a name is missing");
    }
}
