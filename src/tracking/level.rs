//! The levels: the tracking that a workload runs under.

#[macro_use]
mod row;
mod names;
pub(crate) mod own;
mod table;

pub(crate) use names::LevelError;
pub use table::Level;

use super::memscope::modes::MemscopeMode;
use super::references::Host;
use super::{Mode, memscope};
use crate::platform::ticks::HAS_COUNTER;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The interval over which the samples of a pair are timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// The window, by the probe's own clocks.
    Window,
    /// The process, from its start to its end, by the system's accounting.
    Process,
}

/// The kind of record that a level keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordingKind {
    /// None.
    Nothing,
    /// Totals of events and bytes.
    Counts,
    /// The values that the program names.
    NamedValues,
    /// Every event.
    Events,
    /// Every event, with the calls that led to it.
    Backtraces,
    /// Some events, chosen at random.
    Samples,
    /// Some of the values that the program names, chosen at random.
    SampledValues,
}

impl fmt::Display for RecordingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Nothing => "nothing",
            Self::Counts => "counts",
            Self::NamedValues => "named values",
            Self::Events => "each event",
            Self::Backtraces => "each event, backtrace",
            Self::Samples => "samples",
            Self::SampledValues => "some named values",
        })
    }
}

impl Level {
    /// Returns the levels that `cargo bench` measures: the baseline, and memscope's.
    pub fn benched() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|level| level.properties().is_benched)
    }

    /// Returns the levels that this build can run.
    pub fn built() -> impl Iterator<Item = Self> {
        Self::ALL.iter().chain(Self::REFERENCES).copied().filter(|level| level.is_built())
    }

    /// Returns all levels that this build can run and whose names have no number.
    pub fn named() -> impl Iterator<Item = Self> {
        Self::built().chain(Self::MODES.iter().copied())
    }

    /// Returns the description in a few words.
    pub const fn about(self) -> &'static str {
        self.properties().about
    }

    /// Returns the allocator's mode while the window is open.
    pub const fn mode(self) -> Mode {
        self.properties().mode
    }

    /// Returns the kind of record that the level keeps.
    pub const fn records(self) -> RecordingKind {
        self.properties().records
    }

    /// Returns the program that runs the window.
    pub const fn host(self) -> Host {
        self.properties().host
    }

    /// Returns the mode of memscope, unless it is only its hook and its global tracker.
    pub const fn memscope_mode(self) -> Option<MemscopeMode> {
        self.properties().memscope
    }

    /// Returns the level of the untracked sample of a pair.
    pub const fn baseline(self) -> Self {
        self.properties().baseline
    }

    /// Returns the interval over which the samples of a pair are timed.
    pub const fn timing(self) -> Timing {
        self.properties().timing
    }

    /// Returns whether memscope's hook is called for every allocation.
    pub const fn has_hook(self) -> bool {
        self.mode().hooks()
    }

    /// Returns whether named values are passed to memscope.
    pub const fn has_variables(self) -> bool {
        self.properties().has_variables
    }

    /// Returns whether named values are passed to any tracker of memscope.
    pub const fn has_names(self) -> bool {
        self.has_variables() || matches!(self.memscope_mode(), Some(MemscopeMode::Own(_)))
    }

    /// Returns whether the level is one of memscope's.
    pub const fn is_memscope(self) -> bool {
        self.has_hook() || self.has_variables() || self.memscope_mode().is_some()
    }

    /// Returns whether the level has a record that can miss events. The harness's own counters are the truth for
    /// records.
    pub fn has_fidelity(self) -> bool {
        self.records() != RecordingKind::Nothing && self != Self::Counting
    }

    /// Returns whether the level is a reference: a tracker other than memscope and the harness's counters.
    pub fn is_reference(self) -> bool {
        Self::REFERENCES.contains(&self)
    }

    /// Returns whether this build can run the level. Every build can start heaptrack, which is a separate program.
    pub fn is_built(self) -> bool {
        if let Self::Own(tracker) = self {
            return tracker.is_installed();
        }
        cfg!(feature = "references") || !self.is_reference() || self.host() == Host::Heaptrack
    }

    /// Returns the reason why the linked memscope or the processor lacks a requirement of the level; `None` if it is
    /// supported.
    pub fn unsupported_reason(self) -> Option<&'static str> {
        if matches!(self, Self::Deadline(_)) && !HAS_COUNTER {
            return Some("this processor has no counter of time that a program can read");
        }
        if let Some(lack) = self.memscope_mode().and_then(MemscopeMode::lack) {
            return Some(lack);
        }
        let without_hook = memscope::VARIABLES_NEED_HOOK.filter(|_| !self.has_hook());
        memscope::NO_NAMES.or(without_hook).filter(|_| self.has_variables())
    }
}

#[cfg(test)]
mod tests {
    use super::row::PLAIN;
    use super::*;

    #[test]
    fn no_two_rows_share_a_name_or_a_colour() {
        let levels = || Level::ALL.iter().chain(Level::REFERENCES).chain(Level::MODES);
        let names: std::collections::HashSet<_> = levels().map(|level| level.properties().name).collect();
        assert_eq!(names.len(), levels().count());
        let classes = levels().map(|level| level.properties().class).filter(|&class| class != PLAIN.class);
        let colours: Vec<_> = classes.collect();
        assert_eq!(colours.len(), colours.iter().collect::<std::collections::HashSet<_>>().len());
    }

    #[test]
    fn levels_of_other_programs_leave_the_switch_off() {
        for level in Level::REFERENCES {
            assert_eq!(level.mode() == Mode::OFF, level.host() != Host::Switch, "{level}");
        }
    }

    #[test]
    fn a_baseline_is_its_own_baseline_and_tracks_nothing() {
        for level in Level::ALL.iter().chain(Level::REFERENCES).chain(Level::MODES) {
            let baseline = level.baseline();
            assert_eq!((baseline.baseline(), baseline.timing()), (baseline, level.timing()), "{level}");
            assert_eq!(baseline.records(), RecordingKind::Nothing, "{level}");
        }
    }
}
