//! Trackers other than memscope, as levels of the same probe. They show whether a cost is specific to memscope or
//! common to trackers.
//!
//! A reference's blocks decide which program it runs in. If they are the system's, unchanged, the reference is a mode
//! of the switched allocator. If it has its own heap, or adds a header to each block, it cannot be switched on midway,
//! because the wrong allocator would free the blocks from before the window. It is then the allocator of a separate
//! program, from start to end. An external tracker is started around the probe.
//!
//! Only builds with the Cargo feature `references` contain the trackers, except heaptrack, which is a program.

#[cfg(feature = "references")]
mod dhat;
#[cfg(feature = "references")]
mod stats_alloc;

#[cfg(feature = "references")]
pub(super) use self::{dhat::Dhat, stats_alloc::StatsAlloc};

#[cfg(feature = "references")]
use super::own::AllocationTracker;
use super::{Level, Recorded};
use crate::platform::system;

/// The program that runs a level's window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// `memscope-bench`, whose allocator is switched.
    Switch,
    /// The program of this name, whose allocator is the tracker.
    Program(&'static str),
    /// `memscope-bench` under heaptrack.
    Heaptrack,
}

/// Name of the program whose allocator is the system's.
pub const CONTROL_PROGRAM: &str = "memscope-bench-control";

/// Name of the program whose allocator is memscope's hook.
pub const LINKED_PROGRAM: &str = "memscope-bench-linked";

/// Name of the program whose allocator is jemalloc.
pub const JEMALLOC_PROGRAM: &str = "memscope-bench-jemalloc";

/// Name of the program whose allocator is tracking-allocator's.
pub const TRACKING_ALLOCATOR_PROGRAM: &str = "memscope-bench-tracking-allocator";

/// Environment variable with jemalloc's options.
pub const JEMALLOC_OPTIONS: &str = "_RJEM_MALLOC_CONF";
/// Turns on jemalloc's profiler at its default rate: a sample for every 512 KiB allocated.
const PROFILER_ON: &str = "prof:true";

/// The error of a program that cannot run a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongProgramError {
    /// The program was built without the level.
    #[error("the level '{0}' is only in a build with `--features references`")]
    NotBuilt(Level),
    /// The level is a tracker of another crate.
    #[error("the level '{0}' is a tracker of another crate: name its folder with `trackers --tracker` or `conform`")]
    OtherCrate(Level),
    /// The level is the allocator of another program.
    #[error("the level '{0}' runs in another program: run {1}")]
    Program(Level, &'static str),
    /// The program was not started under heaptrack.
    #[error("the level 'heaptrack' is a probe that heaptrack runs, but it does not run this one")]
    Heaptrack,
    /// The program has another level's allocator.
    #[error("this program is not for the level '{0}'")]
    Another(Level),
    /// jemalloc's options do not match the level.
    #[error("jemalloc's options do not match the level '{0}': set {JEMALLOC_OPTIONS}=prof:{1}")]
    Profiler(Level, bool),
}

impl WrongProgramError {
    /// Returns the error for a level that this build does not have.
    pub(super) const fn not_built(level: Level) -> Self {
        if matches!(level, Level::Own(_)) { Self::OtherCrate(level) } else { Self::NotBuilt(level) }
    }
}

impl Level {
    /// Returns the options that jemalloc needs for the level; `None` for its defaults.
    pub fn jemalloc_options(self) -> Option<&'static str> {
        (self == Self::JemallocProfiler).then_some(PROFILER_ON)
    }

    /// Checks that the `memscope-bench` program, as it was started, can run the level.
    ///
    /// # Errors
    /// If it cannot.
    pub fn check_program(self) -> Result<(), WrongProgramError> {
        match self.host() {
            _ if !self.is_built() => Err(WrongProgramError::not_built(self)),
            Host::Switch => Ok(()),
            Host::Program(name) => Err(WrongProgramError::Program(self, name)),
            Host::Heaptrack if system::has_loaded("libheaptrack") => Ok(()),
            Host::Heaptrack => Err(WrongProgramError::Heaptrack),
        }
    }
}

/// A running reference that the allocator switches on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Running(fn() -> Recorded);

impl Running {
    /// Prepares the level, if it is a reference that the allocator switches on.
    pub(super) fn prepare(level: Level) -> Option<Self> {
        match level {
            #[cfg(feature = "references")]
            Level::StatsAlloc => Some(Self::of::<StatsAlloc>()),
            #[cfg(feature = "references")]
            Level::Dhat => Some(Self::of::<Dhat>()),
            _ => None,
        }
    }

    /// Starts a reference. The switch decides which calls it gets.
    #[cfg(feature = "references")]
    fn of<T: AllocationTracker>() -> Self {
        T::start(&T::ALLOCATOR);
        Self(|| T::recorded(&T::ALLOCATOR))
    }

    /// Returns the reference's record so far.
    pub(super) fn recorded(self) -> Recorded {
        (self.0)()
    }
}
