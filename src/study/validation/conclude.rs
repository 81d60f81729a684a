//! Computes a run's record from its parts.

use super::evaluate::{Rounds, family, split};
use super::groups::{Group, Groups};
use super::plan::{Measured, Part, Plan, Taken};
use super::record::{ByClock, Family, Run, Seen, Setting, Stretch};
use super::truth::{NO_CHANGE, ns_per_allocation, ratio};
use crate::report::origin::Origin;
use crate::stats::estimate::Estimate;

/// The number of comparisons of a family: a run of `compare` with all workloads at three levels.
pub const FAMILY: usize = 24;

/// Returns the record of a run, whose measurements have this number of pairs.
pub fn run(origin: Origin, plan: &Plan, Measured { groups, parts, seconds }: &Measured, pairs: usize) -> Run {
    let known: Vec<Rounds> = of_known_costs(parts).flat_map(|part| identical(part, &groups.known)).collect();
    let mut slowed = Vec::new();
    for (number, part) in parts.iter().enumerate().filter(|(_, part)| !part.kind.is_known()) {
        slowed.push(slowed_family(part, of_known_costs(&parts[..number]).next_back(), groups));
    }
    Run {
        origin,
        seconds: *seconds,
        pairs,
        rounds: plan.rounds,
        settings: settings(groups, parts, plan.rounds / pairs),
        identical: known.chunks_exact(FAMILY).map(family).collect(),
        slowed,
    }
}

/// Returns the parts whose groups are trackers of known cost.
fn of_known_costs(parts: &[Part]) -> impl DoubleEndedIterator<Item = &Part> {
    parts.iter().filter(|part| part.kind.is_known())
}

/// Returns each tracker of known cost with what was measured of it, each measurement cut into this many.
fn settings(groups: &Groups, parts: &[Part], cut_into: usize) -> Vec<Setting> {
    let setting = |(place, group): (usize, &Group)| Setting {
        workload: group.workload,
        target_percent: group.target_percent,
        level: group.levels[0],
        // A part of small costs has the first groups only.
        stretches: of_known_costs(parts)
            .filter_map(|part| Some(stretch(group, part.groups.get(place)?, cut_into)))
            .collect(),
    };
    groups.known.iter().enumerate().map(setting).collect()
}

/// Returns the truth of a group by a clock, which exists by an earlier check.
fn truth(group: &Group, taken: &Taken) -> ByClock<Estimate> {
    let measured = |clock| ratio(&taken.windows, clock).unwrap_or(NO_CHANGE);
    ByClock::of(|clock| if group.truth().is_none() { NO_CHANGE } else { measured(clock) })
}

fn stretch(group: &Group, taken: &Taken, cut_into: usize) -> Stretch {
    let measurements: Vec<Seen> =
        taken.measurements.iter().flat_map(|measurement| split(measurement, cut_into)).collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::measurement::{Measurement, Series};
    use crate::stats::median::MIN_PAIRS;
    use crate::study::validation::groups::Kind;
    use crate::tracking::Level;
    use crate::worker::probe::Request;
    use crate::worker::tasks::windows::{Time, Windows};
    use crate::workloads::Workload;

    #[test]
    fn a_part_of_small_costs_adds_to_their_settings_only() {
        let group = |percent: f64| Group {
            workload: Workload::CYCLES,
            target_percent: Some(percent),
            levels: [Level::Synthetic(percent as u32); 2],
        };
        let slowed =
            Group { levels: [Level::Full, Level::SlowedFull(5)], target_percent: Some(5.0), workload: Workload::LEAKS };
        let groups = Groups { known: vec![group(1.0), group(10.0), group(100.0)], slowed: vec![slowed] };
        // Each tracker costs exactly its target in the windows, and a hundredth of that more in later parts.
        let part = |kind: Kind, later: u64| {
            let taken = |group: &Group| {
                let request = Request::at(None, group.workload, group.levels[0], 1);
                let time = |ns| Time { wall_ns: ns, cpu_ns: ns };
                let percent = group.target_percent.expect("each has a target") as u64;
                let (base, level) = (vec![time(10_000)], vec![time(10_000 + percent * (100 + later))]);
                Taken {
                    measurements: [1, 2].map(|_| Measurement::new(Series::Overhead, &request)),
                    windows: vec![Windows { base, level, call_ns: None }; MIN_PAIRS],
                }
            };
            Part { kind, groups: groups.of_kind(kind).iter().map(taken).collect(), seconds: 1.0 }
        };
        let parts = [part(Kind::Known, 0), part(Kind::Slowed, 1), part(Kind::Small, 2), part(Kind::Small, 3)];
        let truths: Vec<Vec<f64>> = settings(&groups, &parts, 1)
            .iter()
            .map(|setting| setting.stretches.iter().map(|stretch| stretch.truth.cpu.value).collect())
            .collect();
        assert_eq!(truths, [vec![1.01, 1.0102, 1.0103], vec![1.1, 1.102, 1.103], vec![2.0]]);
    }
}
