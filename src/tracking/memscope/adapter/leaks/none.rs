//! A version that looks for no leaks.

use crate::tracking::Level;
use crate::tracking::memscope::{Detector, FindingKind};

/// The report that there is not.
pub const LEAKS: Detector = Detector::none(FindingKind::Leaks, Level::Full, "this version looks for no leaks");
