//! One row of the table of levels, and the macro that makes the levels of the rows.

use super::{Level, RecordingKind, Timing};
use crate::tracking::Mode;
use crate::tracking::memscope::modes::MemscopeMode;
use crate::tracking::references::Host;

/// One row of the table of levels.
#[derive(Clone, Copy, Debug)]
pub struct Properties {
    /// Name in commands, reports and files.
    pub name: &'static str,
    /// Description in a few words.
    pub about: &'static str,
    /// The allocator's mode while the window is open.
    pub mode: Mode,
    /// True if named values are passed to memscope.
    pub has_variables: bool,
    /// The kind of record that the level keeps.
    pub records: RecordingKind,
    /// CSS class of its colour in charts of overheads.
    pub class: &'static str,
    /// CSS class of its colour in charts of times, which also show levels that track nothing.
    pub time_class: &'static str,
    /// Text in the legend of the chart of trackers. Levels with the same text share an entry.
    pub legend: &'static str,
    /// The mode of memscope, unless it is only its hook and its global tracker.
    pub memscope: Option<MemscopeMode>,
    /// The program that runs the window.
    pub host: Host,
    /// The level of the untracked sample of a pair.
    pub baseline: Level,
    /// The interval over which both samples of a pair are timed.
    pub timing: Timing,
    /// True if `cargo bench` measures it.
    pub is_benched: bool,
}

/// The properties that most rows share.
pub(super) const PLAIN: Properties = Properties {
    name: "",
    about: "",
    mode: Mode::OFF,
    has_variables: false,
    records: RecordingKind::Nothing,
    class: "faint",
    time_class: "faint",
    legend: "other trackers, and none",
    memscope: None,
    host: Host::Switch,
    baseline: Level::Untracked,
    timing: Timing::Window,
    is_benched: false,
};

/// A mode of memscope's documented start: values are named to the global tracker, and both samples are timed from the
/// start of the process to its end.
pub(super) const STARTED: Properties = Properties {
    has_variables: true,
    records: RecordingKind::NamedValues,
    baseline: Level::WholeProcess,
    timing: Timing::Process,
    ..PLAIN
};

/// Generates the enum and its rows, so that a level is one entry.
macro_rules! levels {
    (
        own: { $($own:ident $own_about:literal { $($own_field:ident: $own_value:expr),* $(,)? })* }
        known: { $($known:ident($cost:expr, up to $most:expr) $known_about:literal {
            $($known_field:ident: $known_value:expr),* $(,)?
        })* }
        references: { $($other:ident $about:literal { $($field:ident: $value:expr),* $(,)? })* }
        modes: { $($moded:ident $moded_about:literal { $($moded_field:ident: $moded_value:expr),* $(,)? } $base:ident)* }
    ) => {
        /// A level that a workload runs under.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum Level {
            $(#[doc = $own_about] $own,)*
            $(#[doc = $known_about] $known(u32),)*
            $(#[doc = $about] $other,)*
            $(#[doc = $moded_about] $moded,)*
            /// A tracker of another crate.
            Own(OwnTracker),
        }

        impl Level {
            /// The untracked level, the counters, memscope's variable tracking and hook, alone and together, and the
            /// recorder. The other levels whose names have no number are in [`REFERENCES`](Self::REFERENCES) and
            /// [`MODES`](Self::MODES).
            pub const ALL: &[Self] = &[$(Self::$own,)*];

            /// The references: trackers other than memscope. Every build knows their names, so it can read another
            /// build's results.
            pub const REFERENCES: &[Self] = &[$(Self::$other,)*];

            /// memscope's other modes, and the baselines that some of them need.
            pub const MODES: &[Self] = &[$(Self::$moded,)*];

            /// The levels of known cost, each with its maximum number. Their names end with the number.
            pub(super) const NUMBERED: &[(fn(u32) -> Self, u32)] = &[$((Self::$known, $most),)*];

            /// Returns the cost of each allocation, if it is known.
            pub(in crate::tracking) fn known_cost(self) -> Option<KnownCost> {
                match self {
                    $(Self::$known(number) => Some(($cost)(number)),)*
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
                    $(Self::$moded => const {
                        &Properties { about: $moded_about, $($moded_field: $moded_value,)* ..$base }
                    },)*
                    Self::Own(tracker) => tracker.properties(),
                }
            }
        }
    };
}
