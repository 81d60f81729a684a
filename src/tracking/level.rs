//! The table of levels that a workload can run under.

use super::known_cost::{KnownCost, MAX_DEADLINE_NS, MAX_SYNTHETIC_UNITS};
use super::references::{Host, JEMALLOC_PROGRAM, TRACKING_ALLOCATOR_PROGRAM, WrongProgramError};
use super::{HAS_COUNTER, Mode, memscope};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One row of the table of levels.
#[derive(Clone, Copy, Debug)]
pub struct Properties {
    /// Name in commands, reports and files.
    pub name: &'static str,
    /// Description in a few words.
    pub about: &'static str,
    /// The allocator's mode while the window is open.
    pub mode: Mode,
    /// True to pass the values that a workload names on to memscope.
    pub has_variables: bool,
    /// The kind of record that the level keeps.
    pub records: RecordingKind,
    /// CSS class of its colour in charts of overheads.
    pub class: &'static str,
    /// CSS class of its colour in charts of times, which show the levels that track nothing too.
    pub time_class: &'static str,
    /// Text in the legend of the chart of trackers. Levels with the same text share an entry.
    pub legend: &'static str,
    /// The program that runs the window.
    pub host: Host,
    /// True if `cargo bench` measures it.
    pub is_benched: bool,
}

/// The properties that most rows share.
const PLAIN: Properties = Properties {
    name: "",
    about: "",
    mode: Mode::OFF,
    has_variables: false,
    records: RecordingKind::Nothing,
    class: "faint",
    time_class: "faint",
    legend: "other trackers, and none",
    host: Host::Switch,
    is_benched: false,
};

/// Makes the enum and its rows, so that a level is one entry.
macro_rules! levels {
    (
        own: { $($own:ident $own_about:literal { $($own_field:ident: $own_value:expr),* $(,)? })* }
        known: { $($known:ident($cost:ident up to $most:expr) $known_about:literal {
            $($known_field:ident: $known_value:expr),* $(,)?
        })* }
        references: { $($other:ident $about:literal { $($field:ident: $value:expr),* $(,)? })* }
    ) => {
        /// A level that a workload runs under.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum Level {
            $(#[doc = $own_about] $own,)*
            $(#[doc = $known_about] $known(u32),)*
            $(#[doc = $about] $other,)*
        }

        impl Level {
            /// The untracked level, memscope's and the counters, from the cheapest.
            pub const ALL: &[Self] = &[$(Self::$own,)*];

            /// The references: trackers other than memscope. Every build knows their names, so it can read another
            /// build's results.
            pub const REFERENCES: &[Self] = &[$(Self::$other,)*];

            /// The levels of known cost, each with the greatest number that it takes. Their names end with the number.
            const NUMBERED: &[(fn(u32) -> Self, u32)] = &[$((Self::$known, $most),)*];

            /// Returns the cost of each allocation, if it is known.
            pub(super) const fn known_cost(self) -> Option<KnownCost> {
                match self {
                    $(Self::$known(number) => Some(KnownCost::$cost(number)),)*
                    _ => None,
                }
            }

            /// Returns the level's row in the table.
            pub const fn properties(self) -> &'static Properties {
                match self {
                    $(Self::$own => const { &Properties { about: $own_about, $($own_field: $own_value,)* ..PLAIN } },)*
                    $(Self::$known(_) => const {
                        &Properties { about: $known_about, $($known_field: $known_value,)* ..PLAIN }
                    },)*
                    $(Self::$other => const { &Properties { about: $about, $($field: $value,)* ..PLAIN } },)*
                }
            }
        }
    };
}

levels! {
    own: {
        Untracked "memscope linked, nothing on: the baseline" {
            name: "untracked",
            time_class: "good",
            is_benched: true,
        }
        Counting "a reference that only counts" {
            name: "counting",
            mode: Mode::COUNT,
            records: RecordingKind::Counts,
            time_class: "one",
        }
        Variables "memscope's variable tracking alone" {
            name: "variables",
            has_variables: true,
            records: RecordingKind::NamedValues,
            class: "one",
            time_class: "one",
            legend: "memscope, variables",
            is_benched: true,
        }
        Allocator "memscope's hook alone" {
            name: "allocator",
            mode: Mode::HOOK,
            records: RecordingKind::Events,
            class: "two",
            time_class: "two",
            legend: "memscope, allocator",
            is_benched: true,
        }
        Full "hook and variable tracking" {
            name: "full",
            mode: Mode::HOOK,
            has_variables: true,
            records: RecordingKind::Events,
            class: "three",
            time_class: "three",
            legend: "memscope, full",
            is_benched: true,
        }
    }
    known: {
        Synthetic(Units up to MAX_SYNTHETIC_UNITS) "a tracker of known cost: N units of work for each allocation" {
            name: "synthetic:",
            mode: Mode::BURN,
        }
        Deadline(Deadline up to MAX_DEADLINE_NS) "a tracker of known cost: N nanoseconds for each allocation" {
            name: "deadline:",
            mode: Mode::BURN,
        }
        SlowedVariables(Units up to MAX_SYNTHETIC_UNITS) "`variables`, slowed by N units of work for each allocation" {
            name: "variables+synthetic:",
            mode: Mode::BURN,
            has_variables: true,
            records: RecordingKind::NamedValues,
        }
        SlowedFull(Units up to MAX_SYNTHETIC_UNITS) "`full`, slowed by N units of work for each allocation" {
            name: "full+synthetic:",
            mode: Mode::SLOWED_HOOK,
            has_variables: true,
            records: RecordingKind::Events,
        }
    }
    references: {
        StatsAlloc "counters that all threads share" {
            name: "stats_alloc",
            mode: Mode::STATS,
            records: RecordingKind::Counts,
        }
        TrackingAllocator "a header on each block, and a call for each event, which ours counts" {
            name: "tracking-allocator",
            records: RecordingKind::Counts,
            host: Host::Program(TRACKING_ALLOCATOR_PROGRAM),
        }
        Dhat "a heap profiler: each block with its backtrace" {
            name: "dhat",
            mode: Mode::DHAT,
            records: RecordingKind::Events,
        }
        Jemalloc "another heap in the system allocator's place, its profiler off" {
            name: "jemalloc",
            host: Host::Program(JEMALLOC_PROGRAM),
        }
        JemallocProfiler "jemalloc with its profiler on, at the default rate: a sample for 512 KiB" {
            name: "jemalloc-profiler",
            records: RecordingKind::Samples,
            legend: "a sampler: most events are never seen",
            host: Host::Program(JEMALLOC_PROGRAM),
        }
        Heaptrack "a profiler around the untracked probe: each event with its backtrace" {
            name: "heaptrack",
            records: RecordingKind::Events,
            host: Host::Heaptrack,
        }
    }
}

/// The kind of record that a level keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingKind {
    /// None.
    Nothing,
    /// Totals of events and bytes.
    Counts,
    /// The values that the program names.
    NamedValues,
    /// Every event.
    Events,
    /// Some events, chosen at random.
    Samples,
}

impl fmt::Display for RecordingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Nothing => "nothing",
            Self::Counts => "counts",
            Self::NamedValues => "records named values",
            Self::Events => "records each event",
            Self::Samples => "samples",
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

    /// Returns whether memscope's hook is called for every allocation.
    pub const fn has_hook(self) -> bool {
        self.mode().hooks()
    }

    /// Returns whether the values that a workload names are passed on to memscope.
    pub const fn has_variables(self) -> bool {
        self.properties().has_variables
    }

    /// Returns whether the level is one of memscope's.
    pub const fn is_memscope(self) -> bool {
        self.has_hook() || self.has_variables()
    }

    /// Returns whether the level has a record that can miss events. The harness's own counters are the truth that
    /// records are compared with.
    pub fn has_fidelity(self) -> bool {
        self.records() != RecordingKind::Nothing && self != Self::Counting
    }

    /// Returns whether the level is a reference: another tracker than memscope and the harness's counters.
    pub fn is_reference(self) -> bool {
        Self::REFERENCES.contains(&self)
    }

    /// Returns whether this build can run the level. Every build can start heaptrack, which is a separate program.
    pub fn is_built(self) -> bool {
        cfg!(feature = "references") || !self.is_reference() || self.host() == Host::Heaptrack
    }

    /// Returns the reason why the linked memscope or the processor lacks something that the level needs; `None` if
    /// neither does.
    pub fn unsupported_reason(self) -> Option<&'static str> {
        if matches!(self, Self::Deadline(_)) && !HAS_COUNTER {
            return Some("this processor has no counter of time that a program can read");
        }
        let without_hook = memscope::VARIABLES_NEED_HOOK.filter(|_| !self.has_hook());
        memscope::NO_NAMES.or(without_hook).filter(|_| self.has_variables())
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Synthetic(number)
            | Self::Deadline(number)
            | Self::SlowedVariables(number)
            | Self::SlowedFull(number) => f.pad(&format!("{}{number}", self.properties().name)),
            level => f.pad(level.properties().name),
        }
    }
}

/// The error for a name that is no level's, or that of a level that this build cannot run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LevelError {
    /// No level has the name.
    #[error(
        "no level is called '{0}'; there are {names}, and {numbered}, which burn N units of work an allocation \
         (at most {MAX_SYNTHETIC_UNITS}) or wait N nanoseconds",
        names = Level::built().map(|level| level.to_string()).collect::<Vec<_>>().join(", "),
        numbered = Level::NUMBERED.iter().map(|(of, _)| format!("{}N", of(0).properties().name)).collect::<Vec<_>>()
            .join(", ")
    )]
    Unknown(String),
    /// This build cannot run the level.
    #[error(transparent)]
    NotBuilt(WrongProgramError),
}

/// Parses the name of a level that this build can run.
impl std::str::FromStr for Level {
    type Err = LevelError;

    fn from_str(name: &str) -> Result<Self, LevelError> {
        let level = Self::try_from(name.to_owned())?;
        if level.is_built() { Ok(level) } else { Err(LevelError::NotBuilt(WrongProgramError::NotBuilt(level))) }
    }
}

/// Reads the name of a level in a file, which another build may have written.
impl TryFrom<String> for Level {
    type Error = LevelError;

    fn try_from(name: String) -> Result<Self, LevelError> {
        let known = Self::ALL.iter().chain(Self::REFERENCES).find(|level| level.properties().name == name);
        let numbered = || {
            Self::NUMBERED.iter().find_map(|&(of, most)| {
                let number = name.strip_prefix(of(0).properties().name)?.parse().ok()?;
                (number <= most).then(|| of(number))
            })
        };
        known.copied().or_else(numbered).ok_or(LevelError::Unknown(name))
    }
}

impl From<Level> for String {
    fn from(level: Level) -> Self {
        level.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_build_reads_all_names_and_runs_what_it_has() {
        let numbered = Level::NUMBERED.iter().flat_map(|&(of, most)| [of(0), of(most)]);
        let levels = Level::ALL.iter().chain(Level::REFERENCES).copied().chain(numbered);
        for level in levels {
            let name = level.to_string();
            assert_eq!(Level::try_from(name.clone()), Ok(level));
            assert_eq!(name.parse::<Level>().is_ok(), level.is_built(), "{level}");
        }
        for unknown in
            ["", "fully", "synthetic:", "synthetic:512", "synthetic:-1", "deadline:1000001", "full+synthetic:"]
        {
            assert_eq!(unknown.parse::<Level>(), Err(LevelError::Unknown(unknown.to_owned())));
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = "fully".parse::<Level>().expect_err("there is none").to_string();
        assert!(Level::built().all(|level| error.contains(&level.to_string())), "{error}");
    }

    #[test]
    fn no_two_rows_share_a_name_or_a_colour() {
        let levels = || Level::ALL.iter().chain(Level::REFERENCES);
        let names: std::collections::HashSet<_> = levels().map(|level| level.properties().name).collect();
        assert_eq!(names.len(), levels().count());
        let classes = levels().map(|level| level.properties().class).filter(|&class| class != PLAIN.class);
        let colours: Vec<_> = classes.collect();
        assert_eq!(colours.len(), colours.iter().collect::<std::collections::HashSet<_>>().len());
    }

    #[test]
    fn a_level_that_another_program_runs_switches_nothing() {
        for level in Level::REFERENCES {
            assert_eq!(level.mode() == Mode::OFF, level.host() != Host::Switch, "{level}");
        }
    }
}
