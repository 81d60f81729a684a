//! Computes a run's record from its parts.

use super::evaluate::{Rounds, family, split};
use super::groups::{Group, Groups, Kind};
use super::plan::{Measured, Part, Plan, Taken};
use super::record::{ByClock, Family, Run, Seen, Setting, Stretch};
use super::truth::{NO_CHANGE, ns_per_allocation, ratio};
use crate::report::origin::Origin;
use crate::stats::estimate::Estimate;

/// The number of comparisons of a family: a run of `compare` with all workloads at three levels.
pub const FAMILY: usize = 24;

/// Returns the record of a run, whose measurements have this number of pairs.
pub fn run(origin: Origin, plan: &Plan, Measured { groups, parts, seconds }: &Measured, pairs: usize) -> Run {
    let of_known_costs = || parts.iter().filter(|part| part.kind != Kind::Slowed);
    let settings = groups.known.iter().enumerate().map(|(place, group)| Setting {
        workload: group.workload,
        target_percent: group.target_percent,
        level: group.levels[0],
        // A part of small costs has the first groups only.
        stretches: of_known_costs()
            .filter_map(|part| Some(stretch(group, part.groups.get(place)?, plan.rounds / pairs)))
            .collect(),
    });
    let known: Vec<Rounds> = of_known_costs().flat_map(|part| identical(part, &groups.known)).collect();
    let mut slowed = Vec::new();
    for (number, part) in parts.iter().enumerate().filter(|(_, part)| part.kind == Kind::Slowed) {
        let before = parts[..number].iter().rev().find(|part| part.kind != Kind::Slowed);
        slowed.push(slowed_family(part, before, groups));
    }
    Run {
        origin,
        seconds: *seconds,
        pairs,
        rounds: plan.rounds,
        settings: settings.collect(),
        identical: known.chunks_exact(FAMILY).map(family).collect(),
        slowed,
    }
}

/// Returns the truth of a group by a clock, which exists by an earlier check.
fn truth(group: &Group, taken: &Taken) -> ByClock<Estimate> {
    let measured = |clock| ratio(&taken.windows, clock).unwrap_or(NO_CHANGE);
    ByClock::of(|clock| if group.truth().is_none() { NO_CHANGE } else { measured(clock) })
}

fn stretch(group: &Group, taken: &Taken, parts: usize) -> Stretch {
    let measurements: Vec<Seen> = taken.measurements.iter().flat_map(|measurement| split(measurement, parts)).collect();
    Stretch { truth: truth(group, taken), ns_per_allocation: ns_per_allocation(&taken.windows), measurements }
}

/// Returns the comparisons of each tracker of known cost with itself in a part.
fn identical(part: &Part, groups: &[Group]) -> Vec<Rounds> {
    let rounds = |(_, taken): (&Group, &Taken)| {
        let [reference, other] = taken.measurements.clone();
        Rounds { reference, other, truth: ByClock { wall: NO_CHANGE, cpu: NO_CHANGE } }
    };
    groups.iter().zip(&part.groups).map(rounds).collect()
}

/// Returns the comparisons of memscope with a slowed memscope in a part, together with the comparisons of untracked
/// with itself in the preceding part of known costs: a run of `compare` in which one of three levels has not changed.
fn slowed_family(part: &Part, before: Option<&Part>, groups: &Groups) -> Family {
    let untracked = before.map(|part| identical(part, &groups.known)).unwrap_or_default().into_iter();
    let untracked = untracked.zip(&groups.known).filter(|(_, group)| group.truth().is_none());
    let changed = groups.slowed.iter().zip(&part.groups).map(|(group, taken)| {
        let [reference, other] = taken.measurements.clone();
        Rounds { reference, other, truth: truth(group, taken) }
    });
    family(&untracked.map(|(rounds, _)| rounds).chain(changed).collect::<Vec<_>>())
}
