//! A version without an analysis.

use crate::tracking::Level;
use crate::tracking::memscope::Analysis;

/// The analysis that there is not.
pub const ANALYSIS: Analysis = Analysis {
    level: Level::Allocator,
    finds: "nothing",
    run: || Err("this version has no analysis that the adapter knows".to_owned()),
};
