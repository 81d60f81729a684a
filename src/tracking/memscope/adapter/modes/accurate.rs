//! Blocking locks instead of locks that give up, by an environment variable that memscope reads at each allocation. The
//! launcher sets it.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::super::Linked;
use super::Accurate;
use crate::tracking::memscope::modes::Driver;

#[cfg(memscope_accurate = "variable")]
impl Accurate for Linked {
    const ACCURATE: Result<Driver, &'static str> = Ok(Driver::PLAIN);
}
