//! A version that looks for no leaks.

use crate::tracking::Tracking;
use crate::tracking::memscope::{Detector, Sought};

/// The report that there is not.
pub const LEAKS: Detector = Detector::none(Sought::Leaks, Tracking::Full, "this version looks for no leaks");
