//! What is alive by type: the one analysis that all of 0.1 have by itself. The others are parts of the exports.

use super::hook::tracker;
use crate::tracking::Level;
use crate::tracking::memscope::Analysis;

/// What the hook saw and nobody named is in the totals alone where frees are not counted.
const LEVEL: Level = if cfg!(memscope_statistics = "totals") { Level::Variables } else { Level::Allocator };

/// Live memory by type.
pub const ANALYSIS: Analysis = Analysis { level: LEVEL, finds: "memory by type", run: analyse };

fn analyse() -> Result<usize, String> {
    let types = tracker().get_memory_by_type().map_err(|error| error.to_string())?;
    Ok(types.iter().map(|used| used.allocation_count).sum())
}
