//! A version that looks for no cycles.

use crate::tracking::Level;
use crate::tracking::memscope::{Detector, FindingKind};

/// The report that there is not.
pub const CYCLES: Detector = Detector::none(FindingKind::Cycles, Level::Full, "this version looks for no cycles");
