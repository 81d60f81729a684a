//! The functions that explain a difference between two builds.

use super::record::CostProfile;
use crate::report::number;
use crate::study::instructions::short;
use std::collections::BTreeMap;

/// The smallest change of a function that is named, in instructions for each allocation.
const MIN_CHANGE: f64 = 0.05;

/// Returns the functions whose instructions change most from one build to the other, the greatest change first, with
/// the change in instructions for each allocation: added in the head − added in the base.
///
/// At most `most` functions are returned, and fewer if fewer change.
pub fn top_changes(base: &CostProfile, head: &CostProfile, most: usize) -> Vec<(String, f64)> {
    let mut changes: BTreeMap<&str, f64> = BTreeMap::new();
    for (profile, sign) in [(base, -1.0), (head, 1.0)] {
        for function in &profile.functions {
            *changes.entry(&function.name).or_default() += sign * profile.per_allocation(function.added());
        }
    }
    let mut changes: Vec<(String, f64)> = changes
        .into_iter()
        .filter(|(_, change)| change.abs() >= MIN_CHANGE)
        .map(|(name, change)| (name.to_owned(), change))
        .collect();
    changes.sort_by(|(_, one), (_, other)| other.abs().total_cmp(&one.abs()));
    changes.truncate(most);
    changes
}

/// Returns the change of all instructions for each allocation from one build to the other.
pub fn changed(base: &CostProfile, head: &CostProfile) -> f64 {
    head.per_allocation(head.added()) - base.per_allocation(base.added())
}

/// Returns changes as text: `` `Tracker::track` +210, `fmt::write` −12.0 ``.
pub(super) fn listed(changes: &[(String, f64)]) -> String {
    let one = |(name, change): &(String, f64)| format!("`{}` {}", short(name), number::signed_amount(*change));
    changes.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::why::group::Group;
    use crate::study::why::record::FunctionCost;

    fn profile(functions: &[(&str, Group, u64)], allocations: u64) -> CostProfile {
        let function = |&(name, group, tracked): &(&str, Group, u64)| FunctionCost {
            name: name.to_owned(),
            group,
            untracked: 10,
            tracked,
        };
        let functions: Vec<FunctionCost> = functions.iter().map(function).collect();
        let [untracked, tracked] =
            [10 * functions.len() as u64, functions.iter().map(|function| function.tracked).sum()];
        let (groups, names, paths) = (Vec::new(), Vec::new(), Vec::new());
        CostProfile { allocations, untracked, tracked, groups, functions, names, paths }
    }

    #[test]
    fn the_greatest_changes_come_first_in_either_direction() {
        let base = profile(&[("a::T::f", Group::Maps, 1_010), ("g", Group::Maps, 510), ("h", Group::Strings, 110)], 10);
        let head = profile(
            &[
                ("a::T::f", Group::Maps, 1_110),
                ("a::T::f", Group::Strings, 2_010),
                ("g", Group::Maps, 10),
                ("h", Group::Strings, 110),
            ],
            10,
        );
        let changes = top_changes(&base, &head, 3);
        assert_eq!(changes, [("a::T::f".to_owned(), 210.0), ("g".to_owned(), -50.0)], "h does not change");
        assert_eq!(top_changes(&base, &head, 1).len(), 1);
        assert_eq!(changed(&base, &head), 160.0);
        assert_eq!(listed(&changes), "`T::f` +210, `g` −50.0");
    }

    #[test]
    fn builds_are_compared_for_each_allocation() {
        let [base, head] = [10, 20].map(|times| profile(&[("f", Group::Maps, 10 + 30 * times)], times));
        assert_eq!(top_changes(&base, &head, 3), []);
    }
}
