//! The trackers of known cost that a validation measures, on each workload.

use super::calibration::Calibration;
use crate::platform::ticks::HAS_COUNTER;
use crate::tracking::Level;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// The target overheads of the synthetic tracker, in percent, as nearly as whole units of work allow.
const PERCENTS: [f64; 3] = [1.0, 3.0, 10.0];

/// The target overheads if the processor has no counter, so that trackers have no deadlines.
const WITHOUT_COUNTER: [f64; 5] = [1.0, 3.0, 10.0, 100.0, 400.0];

/// The highest target overhead of a small cost, in percent. The true overhead may differ by a unit of work:
/// [`Band`](super::figures::Band) allows for that.
pub(super) const MAX_SMALL_PERCENT: f64 = 10.0;

/// The deadlines, in nanoseconds for each allocation, comparable with memscope's hook.
const DEADLINES: [u32; 2] = [100, 300];

/// The target change of a slowed memscope, in percent of the tracked time.
pub const SLOWED_PERCENT: f64 = 5.0;

/// Returns a level that is slowed by units of work.
pub(super) type Slowed = fn(u32) -> Level;

/// The levels of memscope that are slowed, each with its slowed level.
pub(super) const SLOWED: [(Level, Slowed); 2] =
    [(Level::Variables, Level::SlowedVariables), (Level::Full, Level::SlowedFull)];

/// The work of a part of a validation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Trackers of known cost, each twice.
    Known,
    /// Those of them that cost at most 10 %, each twice.
    Small,
    /// memscope and a slowed memscope.
    Slowed,
}

impl Kind {
    /// Returns whether the groups are trackers of known cost.
    pub(super) const fn is_known(self) -> bool {
        matches!(self, Self::Known | Self::Small)
    }
}

/// Two levels that are measured in the same rounds. They differ in a part of the kind [`Kind::Slowed`] only.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The workload.
    pub workload: Workload,
    /// The target overhead of the tracker in percent, if it has one.
    pub target_percent: Option<f64>,
    /// The levels.
    pub levels: [Level; 2],
}

impl Group {
    const fn twice(workload: Workload, target_percent: Option<f64>, level: Level) -> Self {
        Self { workload, target_percent, levels: [level, level] }
    }

    /// Returns whether the tracker costs nothing, or has a target overhead of at most 10 %.
    fn is_small(&self) -> bool {
        self.levels == [Level::Untracked; 2] || self.target_percent.is_some_and(|percent| percent <= MAX_SMALL_PERCENT)
    }

    /// Returns the levels whose ratio is the truth: untracked and the tracker, or memscope and the slowed memscope.
    /// `None` if it is known without measuring.
    pub fn truth(&self) -> Option<[Level; 2]> {
        match self.levels {
            [Level::Untracked, Level::Untracked] => None,
            [one, other] if one == other => Some([Level::Untracked, one]),
            levels => Some(levels),
        }
    }
}

/// The groups of all kinds of parts, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Groups {
    /// The groups of [`Kind::Known`]. The first ones are the groups of [`Kind::Small`].
    pub known: Vec<Group>,
    /// The groups of [`Kind::Slowed`].
    pub slowed: Vec<Group>,
}

/// A workload, its calibration, and its overhead at each level that is slowed.
pub(super) type Calibrated = (Workload, Calibration, Vec<(Level, f64)>);

impl Groups {
    /// Returns the groups of workloads, each with its calibration, and with its overhead at each level that is slowed.
    ///
    /// The groups of a tracker are adjacent, so 24 of them are all workloads under three trackers.
    pub(super) fn of(workloads: &[Calibrated]) -> Self {
        let percents: &[f64] = if HAS_COUNTER { &PERCENTS } else { &WITHOUT_COUNTER };
        let deadlines: &[u32] = if HAS_COUNTER { &DEADLINES } else { &[] };
        let mut groups = Self::default();
        groups.known.extend(workloads.iter().map(|&(workload, ..)| Group::twice(workload, None, Level::Untracked)));
        for &percent in percents {
            groups.known.extend(workloads.iter().map(|(workload, calibration, _)| {
                Group::twice(*workload, Some(percent), Level::Synthetic(calibration.units_for(percent)))
            }));
        }
        for &ns in deadlines {
            groups
                .known
                .extend(workloads.iter().map(|&(workload, ..)| Group::twice(workload, None, Level::Deadline(ns))));
        }
        for (level, slowed) in SLOWED {
            groups.slowed.extend(workloads.iter().filter_map(|(workload, calibration, overheads)| {
                let (_, overhead) = overheads.iter().find(|(of, _)| *of == level)?;
                let units = calibration.units_beside(*overhead, SLOWED_PERCENT, level.has_hook());
                Some(Group {
                    workload: *workload,
                    target_percent: Some(SLOWED_PERCENT),
                    levels: [level, slowed(units)],
                })
            }));
        }
        groups
    }

    /// Returns the groups of a kind.
    pub fn of_kind(&self, kind: Kind) -> &[Group] {
        match kind {
            Kind::Known => &self.known,
            Kind::Small => &self.known[..self.known.partition_point(Group::is_small)],
            Kind::Slowed => &self.slowed,
        }
    }

    /// Returns the kind of a part, by its number. A part of slowed levels has few cases for its time, and large costs
    /// take much time for each case: so three of five parts have small costs only.
    pub(super) fn kind(&self, part: usize) -> Kind {
        match part % 5 {
            0 => Kind::Known,
            1 if !self.slowed.is_empty() => Kind::Slowed,
            _ => Kind::Small,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tracker_is_measured_on_every_workload() {
        let linear = |units: u32| Ok::<_, ()>(f64::from(units) / 100.0);
        let of = |workload, overheads: &[(Level, f64)]| {
            (workload, Calibration::of(linear).expect("it cannot fail"), overheads.to_vec())
        };
        let both = [(Level::Variables, 1.2), (Level::Full, 8.0)];
        let groups = Groups::of(&[of(Workload::CYCLES, &both), of(Workload::LEAKS, &both[1..])]);
        assert_eq!(groups.known.len(), 2 * 6, "untracked, three or five percents, and two deadlines or none");
        assert_eq!(groups.known[0].truth(), None);
        let three = &groups.known[5];
        assert_eq!((three.workload, three.levels), (Workload::LEAKS, [Level::Synthetic(3); 2]));
        assert_eq!(three.truth(), Some([Level::Untracked, Level::Synthetic(3)]));
        let slowed: Vec<[Level; 2]> = groups.slowed.iter().map(|group| group.levels).collect();
        let full = [Level::Full, Level::SlowedFull(40)];
        assert_eq!(slowed, [[Level::Variables, Level::SlowedVariables(6)], full, full]);
        assert_eq!(groups.slowed[0].truth(), Some(slowed[0]));

        assert_eq!(groups.of_kind(Kind::Small), &groups.known[..2 * 4], "untracked and three percents");

        let kinds = |groups: &Groups| (0..6).map(|part| groups.kind(part)).collect::<Vec<_>>();
        use Kind::{Known, Slowed, Small};
        assert_eq!(kinds(&groups), [Known, Slowed, Small, Small, Small, Known]);
        assert_eq!(kinds(&Groups { slowed: Vec::new(), ..groups }), [Known, Small, Small, Small, Small, Known]);
    }
}
