//! Workers: processes that run one task each. This module starts, limits, watches and judges them.

pub(crate) mod child;
pub mod failure;
pub(crate) mod fault;
pub(crate) mod fork;
pub(crate) mod heaptrack;
pub mod installed;
pub mod launcher;
pub(crate) mod limits;
pub(crate) mod preload;
pub mod probe;
pub(crate) mod program;
pub(crate) mod reply;
#[cfg(test)]
pub(crate) mod scripts;
pub(crate) mod serve;
pub mod task;
pub mod tasks;
pub(crate) mod whole;
