//! The tasks of a worker other than probes, one file or folder each.

pub mod conformance;
pub mod detection;
pub mod latency;
pub mod operation;
pub mod planted;
pub mod promises;
pub mod quantiles;
pub mod recorded;
pub mod replay;
pub mod soak;
pub mod windows;
