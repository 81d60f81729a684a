//! The fast mode of the tracker that the hook reports to.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::super::Linked;
use super::super::hook::tracker;
use super::Fast;
use crate::tracking::memscope::modes::Driver;

#[cfg(memscope_fast = "flag")]
impl Fast for Linked {
    const FAST: Result<Driver, &'static str> = Ok(Driver { start: |_| tracker().enable_fast_mode(), ..Driver::PLAIN });
}
