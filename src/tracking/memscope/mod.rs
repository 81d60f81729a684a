//! memscope itself: the one place where the subject under measurement is named.
//!
//! Each generation of its API has one file here, and all give the same: `HOOK`, [`prepare_hook`], [`Variables`],
//! [`recorded_events`] and [`live_blocks`].

mod api_0_2_3;

pub(super) use api_0_2_3::HOOK;
pub use api_0_2_3::{Variables, live_blocks, prepare_hook, recorded_events};

use serde::{Deserialize, Serialize};

/// The memscope build under measurement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The package.
    pub name: String,
    /// The version that Cargo resolved.
    pub version: String,
    /// Where it came from: `crates.io`, `path`, or the source's address with its revision.
    pub source: String,
}

impl Subject {
    /// The subject that this program was built with, as the build script read it from Cargo.lock.
    pub fn of_this_build() -> Self {
        let [name, version, source] =
            [env!("SUBJECT_NAME"), env!("SUBJECT_VERSION"), env!("SUBJECT_SOURCE")].map(str::to_owned);
        Self { name, version, source }
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({})", self.name, self.version, self.source)
    }
}

/// A block of memory that memscope holds for alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Where it begins.
    pub address: usize,
    /// Its bytes, as they were asked for.
    pub size: usize,
}

/// How many named values of a type there were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeUse {
    /// The type.
    pub name: String,
    /// Values.
    pub count: u64,
    /// The bytes that they owned when they were named.
    pub bytes: u64,
}
