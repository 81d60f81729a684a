//! The ways in which a task fails.

use crate::workloads::Digest;
use serde::{Deserialize, Serialize};

/// How a probe ended, when it did not end with an observation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Failure {
    /// It ran longer than it may.
    TimedOut {
        /// The limit, in seconds.
        seconds: u64,
    },
    /// A signal ended it, or it exited with an error.
    Crashed {
        /// The signal's name or the exit code, and the last thing that it said.
        how: String,
    },
    /// It asked for more memory than it may have.
    OutOfMemory {
        /// The limit, in bytes.
        limit_bytes: u64,
        /// What sets the limit, with what else limits its memory.
        #[serde(default = "Failure::memory_limit", skip_serializing_if = "Failure::is_memory_limit")]
        by: String,
    },
    /// Its digest is not the untracked probe's: it did not do the same work, or says so.
    WrongDigest {
        /// The untracked probe's.
        expected: Digest,
        /// Its own.
        found: Digest,
    },
    /// The subject lacks what the level needs.
    Unsupported {
        /// What it lacks.
        why: String,
    },
    /// Something else than the tracker kept it from running, or from being timed: the system, a limit that it has
    /// inherited, or a program that was replaced.
    Prevented {
        /// What that is.
        why: String,
    },
}

impl Failure {
    /// What sets the limit on memory that is a probe's own.
    pub const MEMORY_LIMIT: &str = "--memory-limit";

    fn memory_limit() -> String {
        Self::MEMORY_LIMIT.to_owned()
    }

    fn is_memory_limit(by: &str) -> bool {
        by == Self::MEMORY_LIMIT
    }

    /// The outcome in a word or two, for a cell of a table.
    pub fn label(&self) -> String {
        match self {
            Self::TimedOut { .. } => "timed-out".to_owned(),
            Self::Crashed { how } => format!("crashed ({})", how.split(':').next().unwrap_or(how)),
            Self::OutOfMemory { .. } => "out-of-memory".to_owned(),
            Self::WrongDigest { .. } => "wrong-digest".to_owned(),
            Self::Unsupported { .. } => "unsupported".to_owned(),
            Self::Prevented { .. } => "prevented".to_owned(),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TimedOut { seconds } => write!(f, "timed-out: it still ran after {seconds} s"),
            Self::Crashed { how } => write!(f, "crashed: {how}"),
            Self::OutOfMemory { limit_bytes, by } => {
                write!(f, "out-of-memory: it wanted more than {} MiB ({by})", limit_bytes / (1 << 20))
            }
            Self::WrongDigest { expected, found } => write!(f, "wrong-digest: {found} instead of {expected}"),
            Self::Unsupported { why } => write!(f, "unsupported: {why}"),
            Self::Prevented { why } => write!(f, "prevented: {why}"),
        }
    }
}
