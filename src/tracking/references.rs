//! Other trackers than memscope, as levels of the same probe: is it memscope that costs, or is it tracking?
//!
//! Which program a reference runs in is a matter of its blocks. One whose blocks are the system's, as they were asked
//! for, is a further way of the switched allocator. One that has a heap of its own, or puts a header before each block,
//! cannot be switched on midway, since blocks from before the window would be freed by the wrong one: it is the
//! allocator of a program of its own, from start to end. And one that watches from outside is started around the probe.
//!
//! The names are known to every build, so that each can read what another one measured. The trackers themselves are in
//! builds with the Cargo feature `references` alone; but for heaptrack, which is not built in.

use super::{Level, Mode, Recorded, RecordingKind};
use crate::platform::system;
use std::fmt;

/// Where a level's window is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// In the `memscope-bench` program: the allocator is switched.
    Switch,
    /// In a program of its own, whose allocator the tracker is.
    Program(&'static str),
    /// In the `memscope-bench` program under heaptrack.
    Heaptrack,
}

/// The name of the program whose allocator is jemalloc.
pub const JEMALLOC_PROGRAM: &str = "memscope-bench-jemalloc";

/// The name of the program whose allocator is tracking-allocator's.
pub const TRACKING_ALLOCATOR_PROGRAM: &str = "memscope-bench-tracking-allocator";

/// The environment variable in which jemalloc looks for its options, and what switches its profiler on: at its default
/// rate, a sample for every 512 KiB that are allocated.
pub const JEMALLOC_OPTIONS: &str = "_RJEM_MALLOC_CONF";
const PROFILER_ON: &str = "prof:true";

/// Why a program cannot run a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongProgramError {
    /// It was built without it.
    #[error("the level '{0}' is only in a build with `--features references`")]
    NotBuilt(Reference),
    /// It is the allocator of another program.
    #[error("the level '{0}' has a program of its own: run {1}")]
    Program(Reference, &'static str),
    /// It was not started under heaptrack.
    #[error("the level 'heaptrack' is a probe that heaptrack runs, and it does not run this one")]
    Heaptrack,
    /// The program has another level's allocator.
    #[error("this program is not for the level '{0}'")]
    Another(Level),
    /// jemalloc was not told to do what the level is about.
    #[error("the level '{0}' is not what jemalloc does: set {JEMALLOC_OPTIONS}=prof:{1}")]
    Profiler(Reference, bool),
}

/// Makes the registry of references: one line for each.
///
/// `Variant = "name", "what it is", what it takes note of, where it runs;`
macro_rules! references {
    ($($variant:ident = $name:literal, $about:literal, $kind:expr, $host:expr;)*) => {
        /// A tracker that memscope is held against.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reference { $(#[doc = $about] $variant,)* }

        impl Reference {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name of its level.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it is, in a few words.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)* }
            }

            /// What it takes note of.
            pub const fn kind(self) -> RecordingKind {
                match self { $(Self::$variant => $kind,)* }
            }

            /// Where it runs.
            pub const fn host(self) -> Host {
                match self { $(Self::$variant => $host,)* }
            }
        }
    };
}

references! {
    StatsAlloc = "stats_alloc", "counters that all threads share", RecordingKind::Counts, Host::Switch;
    TrackingAllocator = "tracking-allocator", "a header on each block, and a call for each event, which ours counts",
        RecordingKind::Counts, Host::Program(TRACKING_ALLOCATOR_PROGRAM);
    Dhat = "dhat", "a heap profiler: each block with its backtrace", RecordingKind::Events, Host::Switch;
    Jemalloc = "jemalloc", "another heap in the system allocator's place, its profiler off", RecordingKind::Nothing,
        Host::Program(JEMALLOC_PROGRAM);
    JemallocProfiler = "jemalloc-profiler", "jemalloc with its profiler on, at the default rate: a sample for 512 KiB",
        RecordingKind::Samples, Host::Program(JEMALLOC_PROGRAM);
    Heaptrack = "heaptrack", "a profiler around the untracked probe: each event with its backtrace", RecordingKind::Events,
        Host::Heaptrack;
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Reference {
    /// The reference of this name, if there is one.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reference| reference.name() == name)
    }

    /// Whether this build can run it.
    pub const fn is_built(self) -> bool {
        cfg!(feature = "references") || matches!(self.host(), Host::Heaptrack)
    }

    /// What jemalloc's options must be for it; `None` for its defaults.
    pub fn jemalloc_options(self) -> Option<&'static str> {
        (self == Self::JemallocProfiler).then_some(PROFILER_ON)
    }

    /// Why the `memscope-bench` program, by itself, cannot run it; `None` if it can.
    pub fn is_elsewhere(self) -> Option<WrongProgramError> {
        match self.host() {
            Host::Switch if self.is_built() => None,
            Host::Switch => Some(WrongProgramError::NotBuilt(self)),
            Host::Program(name) => Some(WrongProgramError::Program(self, name)),
            Host::Heaptrack if system::has_loaded("libheaptrack") => None,
            Host::Heaptrack => Some(WrongProgramError::Heaptrack),
        }
    }

    /// What the switched allocator does with each call while the reference's window is open.
    pub(super) const fn mode(self) -> Mode {
        match self {
            #[cfg(feature = "references")]
            Self::StatsAlloc => Mode::STATS,
            #[cfg(feature = "references")]
            Self::Dhat => Mode::DHAT,
            _ => Mode::OFF,
        }
    }
}

impl From<Reference> for Level {
    fn from(reference: Reference) -> Self {
        Self::Reference(reference)
    }
}

/// A reference that the switch can turn on, ready in this process.
#[derive(Debug)]
pub(super) enum Running {
    /// stats_alloc: its counters are always there.
    #[cfg(feature = "references")]
    Stats,
    /// dhat: it records as long as its profiler lives.
    #[cfg(feature = "references")]
    Dhat(dhat::Profiler),
}

impl Running {
    /// Makes the reference ready, if the switch has it.
    pub fn prepare(reference: Reference) -> Option<Self> {
        match reference {
            #[cfg(feature = "references")]
            Reference::StatsAlloc => Some(Self::Stats),
            // As in a user's program, but that nothing is written to the working directory at the end.
            #[cfg(feature = "references")]
            Reference::Dhat => Some(Self::Dhat(dhat::Profiler::builder().testing().build())),
            _ => None,
        }
    }

    /// What it recorded so far. To be asked when the window is closed.
    ///
    /// As everywhere here, a reallocation is one allocation and one deallocation. stats_alloc tells the bytes by which a block
    /// grew, and not those that were asked for: they are left out.
    pub fn recorded(&self) -> Recorded {
        match *self {
            #[cfg(feature = "references")]
            Self::Stats => {
                let stats = stats_alloc::INSTRUMENTED_SYSTEM.stats();
                Recorded {
                    allocations: Some((stats.allocations + stats.reallocations) as u64),
                    deallocations: Some((stats.deallocations + stats.reallocations) as u64),
                    ..Recorded::default()
                }
            }
            // It counts a reallocation as a block: what it does not hold for alive is gone, or was resized.
            #[cfg(feature = "references")]
            Self::Dhat(_) => {
                let stats = dhat::HeapStats::get();
                Recorded {
                    allocations: Some(stats.total_blocks),
                    deallocations: Some(stats.total_blocks - stats.curr_blocks as u64),
                    allocated_bytes: Some(stats.total_bytes),
                    active_allocations: Some(stats.curr_blocks as u64),
                    active_bytes: Some(stats.curr_bytes as u64),
                    peak_bytes: Some(stats.max_bytes as u64),
                    ..Recorded::default()
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_build_knows_the_names_and_takes_those_that_it_can_run() {
        for &reference in Reference::ALL {
            let name = reference.to_string();
            assert_eq!(Level::try_from(name.clone()), Ok(reference.into()));
            assert_eq!(name.parse::<Level>().is_ok(), reference.is_built(), "{reference}");
            assert!(!Level::ALL.contains(&reference.into()), "nobody measures {reference} unasked");
        }
    }

    #[test]
    fn only_what_the_switch_has_is_switched() {
        for &reference in Reference::ALL {
            let switched = cfg!(feature = "references") && reference.host() == Host::Switch;
            assert_eq!(reference.mode() != Mode::OFF, switched, "{reference}");
        }
    }
}
