//! The outcomes of a build that cannot be measured.

use serde::{Deserialize, Serialize};

/// The reason why there is no build to measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredNotBuilt")]
pub struct NotBuilt {
    /// The kind of reason.
    pub outcome: BuildOutcome,
    /// The reason in words.
    pub why: String,
}

/// The outcome of a build that cannot be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BuildOutcome {
    /// memscope itself, or one of its dependencies, does not compile.
    DoesNotCompile,
    /// memscope compiles, but its API is unknown here.
    NoAdapter,
    /// Anything else: cargo could not fetch it, or the program is not the requested one.
    NotBuilt,
}

impl BuildOutcome {
    /// Returns the outcome in a word or two, for a cell of a table.
    pub const fn label(self) -> &'static str {
        match self {
            Self::DoesNotCompile => "does not compile",
            Self::NoAdapter => "no adapter fits",
            Self::NotBuilt => "not built",
        }
    }
}

/// The reason as stored in a file: old files only have the text.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredNotBuilt {
    Words(String),
    Whole { outcome: BuildOutcome, why: String },
}

impl From<StoredNotBuilt> for NotBuilt {
    fn from(stored: StoredNotBuilt) -> Self {
        match stored {
            StoredNotBuilt::Words(why) => Self { outcome: BuildOutcome::NotBuilt, why },
            StoredNotBuilt::Whole { outcome, why } => Self { outcome, why },
        }
    }
}
