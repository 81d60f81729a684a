//! The ways in which a task fails.

use crate::workloads::Digest;
use serde::{Deserialize, Serialize};

/// The reason why a task gave no reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Failure {
    /// It reached the time limit.
    TimedOut {
        /// The limit, in seconds.
        seconds: u64,
    },
    /// A signal ended it, or it exited with an error.
    Crashed {
        /// The signal's name or the exit code, and the last line on standard error.
        how: String,
    },
    /// It reached the memory limit.
    OutOfMemory {
        /// The limit, in bytes.
        limit_bytes: u64,
        /// The source of the limit, and all others on its memory.
        #[serde(default = "Failure::memory_limit", skip_serializing_if = "Failure::is_memory_limit")]
        by: String,
    },
    /// Its digest differs from the untracked probe's, so it did different work.
    WrongDigest {
        /// Digest of the untracked probe.
        expected: Digest,
        /// Digest of this one.
        found: Digest,
    },
    /// The build lacks a requirement of the task.
    Unsupported {
        /// The missing part.
        why: String,
    },
    /// The system, an inherited limit or a replaced program kept it from running or from being timed. It is not the
    /// tracker's fault.
    Prevented {
        /// The obstacle.
        why: String,
    },
}

impl Failure {
    /// Source of a probe's own memory limit.
    pub const MEMORY_LIMIT: &str = "--memory-limit";

    fn memory_limit() -> String {
        Self::MEMORY_LIMIT.to_owned()
    }

    fn is_memory_limit(by: &str) -> bool {
        by == Self::MEMORY_LIMIT
    }

    /// Returns the outcome in a word or two, for a table.
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
                write!(f, "out-of-memory: it requested more than {} MiB ({by})", limit_bytes / (1 << 20))
            }
            Self::WrongDigest { expected, found } => write!(f, "wrong-digest: {found} instead of {expected}"),
            Self::Unsupported { why } => write!(f, "unsupported: {why}"),
            Self::Prevented { why } => write!(f, "prevented: {why}"),
        }
    }
}
