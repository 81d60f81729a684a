//! Cycles among the blocks that a tracker treats as live: 0.1.3 to 0.2.0.

use super::reports::{CIRCLES, CYCLES_LEVEL, circles, named_blocks};
use crate::tracking::memscope::{Detector, FindingKind};

/// The report of cycles.
pub const CYCLES: Detector = Detector::new(FindingKind::Cycles, CYCLES_LEVEL, CIRCLES, || circles(named_blocks()?));
