//! The figures of a trace.

use crate::trace::{Deed, Trace};
use serde::{Deserialize, Serialize};

/// The numbers of operations of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kinds {
    /// Allocations of any content.
    pub allocate: u64,
    /// Allocations of zeros.
    pub zeroed: u64,
    /// Reallocations.
    pub reallocate: u64,
    /// Frees.
    pub free: u64,
}

impl Kinds {
    /// Returns the number of all operations.
    pub const fn all(&self) -> u64 {
        self.allocate + self.zeroed + self.reallocate + self.free
    }
}

/// The figures of a trace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The path of the program.
    pub program: String,
    /// True if the trace has no end mark.
    pub ended_early: bool,
    /// Operations.
    pub operations: Kinds,
    /// Frees of blocks that were allocated before the recording; they are not included in the operations.
    pub unknown_frees: u64,
    /// Bytes of all allocations and reallocations.
    pub bytes: u64,
    /// Threads.
    pub threads: u64,
    /// Peak live bytes.
    pub peak_live_bytes: u64,
    /// Peak number of live blocks.
    pub peak_live_blocks: u64,
    /// Number of live blocks at the end.
    pub live_blocks: u64,
    /// CPU time of the program's own work between operations, in nanoseconds, over all threads.
    pub work_ns: u64,
}

impl Trace {
    /// Returns the figures.
    pub fn summary(&self) -> Summary {
        let mut seen = Summary { program: self.program.clone(), ended_early: self.ended_early, ..Summary::default() };
        let (mut bytes, mut blocks) = (0_u64, 0_u64);
        self.visit(|step| {
            seen.threads = seen.threads.max(u64::from(step.thread) + 1);
            seen.work_ns = seen.work_ns.saturating_add(step.work_ns);
            match step.deed {
                Deed::Allocate { size, zeroed, .. } => {
                    *(if zeroed { &mut seen.operations.zeroed } else { &mut seen.operations.allocate }) += 1;
                    seen.bytes = seen.bytes.saturating_add(size);
                    (bytes, blocks) = (bytes.saturating_add(size), blocks + 1);
                }
                Deed::Reallocate { size, from, .. } => {
                    seen.operations.reallocate += 1;
                    seen.bytes = seen.bytes.saturating_add(size);
                    bytes = bytes.saturating_sub(from).saturating_add(size);
                }
                Deed::Free { size, .. } => {
                    seen.operations.free += 1;
                    (bytes, blocks) = (bytes.saturating_sub(size), blocks - 1);
                }
                Deed::FreeUnknown => seen.unknown_frees += 1,
                Deed::Rest => {}
            }
            seen.peak_live_bytes = seen.peak_live_bytes.max(bytes);
            seen.peak_live_blocks = seen.peak_live_blocks.max(blocks);
        });
        Summary { live_blocks: blocks, ..seen }
    }
}
