//! The levels of tracking, and how each is switched on.
//!
//! A level says two things: what the program's allocator does with each call (its [`Mode`]), and whether the values that
//! a workload names are passed on to memscope. [`Session`] prepares a level, opens and closes the window in which the
//! allocator is switched, and reads what the tracker recorded.
//!
//! memscope is named below this module and nowhere else.

pub mod counting;
mod kind;
pub mod memscope;
mod names;
pub mod references;
mod switch;

pub use kind::RecordingKind;
pub use names::VariableTracker;
pub use references::Reference;
pub use switch::{MAX_SYNTHETIC_UNITS, Mode, PauseGuard, SwitchedAllocator, set_synthetic_cost};

use serde::{Deserialize, Serialize};

/// Makes the registry of levels: one line for each, from the cheapest.
///
/// `Variant = "name", "what it is", what the allocator does, whether named values are passed on to memscope;`
macro_rules! levels {
    ($($variant:ident = $name:literal, $about:literal, $mode:expr, $variables:literal;)*) => {
        /// What a workload runs under.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum Level {
            $(#[doc = $about] $variant,)*
            /// A tracker of known cost: it burns this many units of work for each allocation, and keeps no state.
            Synthetic(u32),
            /// Another tracker than memscope.
            Reference(Reference),
        }

        impl Level {
            /// All levels but the synthetic ones and the references, from the cheapest.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// What the level is, in a few words.
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$variant => $about,)*
                    Self::Synthetic(_) => "a tracker of known cost",
                    Self::Reference(reference) => reference.about(),
                }
            }

            /// What the allocator does with each call while the level's window is open.
            pub const fn mode(self) -> Mode {
                match self {
                    $(Self::$variant => $mode,)*
                    Self::Synthetic(_) => Mode::BURN,
                    Self::Reference(reference) => reference.mode(),
                }
            }

            /// Whether the values that a workload names are passed on to memscope.
            pub const fn has_variables(self) -> bool {
                match self {
                    $(Self::$variant => $variables,)*
                    Self::Synthetic(_) | Self::Reference(_) => false,
                }
            }
        }

        impl std::fmt::Display for Level {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $(Self::$variant => f.pad($name),)*
                    Self::Synthetic(units) => f.pad(&format!("{SYNTHETIC}{units}")),
                    Self::Reference(reference) => f.pad(reference.name()),
                }
            }
        }
    };
}

/// What a synthetic level's name begins with; the units of work follow.
const SYNTHETIC: &str = "synthetic:";

levels! {
    Untracked = "untracked", "memscope linked, nothing on: the baseline", Mode::OFF, false;
    Counting = "counting", "a reference that only counts", Mode::COUNT, false;
    Variables = "variables", "memscope's variable tracking alone", Mode::OFF, true;
    Allocator = "allocator", "memscope's hook alone", Mode::HOOK, false;
    Full = "full", "hook and variable tracking", Mode::HOOK, true;
}

impl Level {
    /// The levels that `cargo bench` shows: the baseline, and memscope's three.
    pub const BENCHED: [Self; 4] = [Self::Untracked, Self::Variables, Self::Allocator, Self::Full];

    /// Whether memscope's hook is called for every allocation.
    pub const fn has_hook(self) -> bool {
        self.mode().hooks()
    }

    /// The reference that the level is, if it is one.
    pub const fn reference(self) -> Option<Reference> {
        if let Self::Reference(reference) = self { Some(reference) } else { None }
    }

    /// Why the linked version of memscope cannot do this; `None` if it can.
    pub fn unsupported_reason(self) -> Option<&'static str> {
        let without_hook = memscope::VARIABLES_NEED_HOOK.filter(|_| !self.has_hook());
        memscope::NO_NAMES.or(without_hook).filter(|_| self.has_variables())
    }
}

/// The refusal of a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LevelError {
    /// No level has it.
    #[error("no level is called '{0}'; there are {names}, and synthetic:N, which burns N units of work an allocation (at most {MAX_SYNTHETIC_UNITS})", names = names())]
    NoSuch(String),
    /// A level has it that this build cannot run.
    #[error(transparent)]
    NotBuilt(references::WrongProgramError),
}

fn names() -> String {
    let references = Reference::ALL.iter().filter(|reference| reference.is_built()).map(ToString::to_string);
    Level::ALL.iter().map(ToString::to_string).chain(references).collect::<Vec<_>>().join(", ")
}

/// The level of a name that was asked for: one that this build can run.
impl std::str::FromStr for Level {
    type Err = LevelError;

    fn from_str(name: &str) -> Result<Self, LevelError> {
        let level = Self::try_from(name.to_owned())?;
        match level.reference().filter(|reference| !reference.is_built()) {
            Some(reference) => Err(LevelError::NotBuilt(references::WrongProgramError::NotBuilt(reference))),
            None => Ok(level),
        }
    }
}

/// The level of a name that was written down, be it by another build.
impl TryFrom<String> for Level {
    type Error = LevelError;

    fn try_from(name: String) -> Result<Self, LevelError> {
        let units = || name.strip_prefix(SYNTHETIC)?.parse().ok().filter(|&units| units <= MAX_SYNTHETIC_UNITS);
        let synthetic = || units().map(Self::Synthetic);
        let reference = || Reference::named(&name).map(Self::Reference);
        let known = Self::ALL.iter().copied().find(|level| level.to_string() == name);
        known.or_else(synthetic).or_else(reference).ok_or(LevelError::NoSuch(name))
    }
}

impl From<Level> for String {
    fn from(level: Level) -> Self {
        level.to_string()
    }
}

/// What a tracker recorded of what happened in a window. What a version or a level does not know is `None`, never 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Allocations recorded.
    pub allocations: Option<u64>,
    /// Deallocations recorded.
    pub deallocations: Option<u64>,
    /// The bytes of all recorded allocations.
    pub allocated_bytes: Option<u64>,
    /// Allocations that the tracker holds for alive.
    pub active_allocations: Option<u64>,
    /// The bytes that the tracker holds for alive.
    pub active_bytes: Option<u64>,
    /// The most bytes that the tracker held for alive at once.
    pub peak_bytes: Option<u64>,
    /// Named values recorded.
    pub variables: Option<u64>,
}

/// One level of tracking, prepared in this process. A process runs one window: memscope keeps state that no call empties.
#[derive(Debug)]
pub struct Session {
    level: Level,
    mode: Mode,
    names: VariableTracker,
    reference: Option<references::Running>,
}

impl Session {
    /// Prepares a level. All of memscope's singletons are made now, under every level alike: the window is not charged
    /// for them, and the heap at its start does not tell the levels apart.
    ///
    /// With `count`, the harness's counters run beside the level's tracker.
    pub fn prepare(level: Level, count: bool) -> Self {
        memscope::prepare_hook();
        let variables = memscope::Variables::prepare();
        let names = VariableTracker(level.has_variables().then_some(variables));
        if let Level::Synthetic(units) = level {
            set_synthetic_cost(units);
        }
        let mode = if count { level.mode().counted() } else { level.mode() };
        let reference = level.reference().and_then(references::Running::prepare);
        Self { level, mode, names, reference }
    }

    /// Runs something in the level's window: see [`Mode::window`].
    pub fn window<R>(&self, run: impl FnOnce() -> R) -> R {
        self.mode.window(run)
    }

    /// Where the values go that a workload names under this level.
    pub fn names(&self) -> &VariableTracker {
        &self.names
    }

    /// What the tracker recorded so far. To be asked when the window is closed.
    pub fn recorded(&self) -> Recorded {
        if let Some(reference) = &self.reference {
            return reference.recorded();
        }
        let events = if self.level.has_hook() { memscope::recorded_events() } else { Recorded::default() };
        Recorded { variables: self.names.variables().and_then(memscope::Variables::recorded), ..events }
    }
}
