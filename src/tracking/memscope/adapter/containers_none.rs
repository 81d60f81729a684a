//! A version that takes five kinds of values, and no containers.

use crate::tracking::memscope::Containers;

/// Containers cannot be named.
pub const CONTAINERS: Result<Containers, &str> = Err("this version takes Vec, String, Box, Rc and Arc alone");
