//! The kinds of work that a worker does beside probes, one file or folder each.

pub mod detection;
pub mod latency;
pub mod operation;
pub mod windows;
