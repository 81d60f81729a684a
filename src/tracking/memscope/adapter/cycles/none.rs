//! A version that looks for no cycles.

use crate::tracking::Tracking;
use crate::tracking::memscope::{Detector, Sought};

/// The report that there is not.
pub const CYCLES: Detector = Detector::none(Sought::Cycles, Tracking::Full, "this version looks for no cycles");
