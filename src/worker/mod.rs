//! Workers: one process does one task. How it is started, limited, watched and judged.

pub mod child;
pub mod failure;
pub mod fault;
pub mod fork;
pub mod heaptrack;
pub mod launcher;
pub mod limits;
pub mod preload;
pub mod probe;
pub mod program;
pub mod reply;
#[cfg(test)]
pub(crate) mod scripts;
pub mod task;
pub mod tasks;
