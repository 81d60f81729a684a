//! Counts in addition to time: instructions, simulated cache misses and page faults of builds, and their differences.
//!
//! A few runs decide a difference of counts, on any machine. No count replaces time: an instruction that waits for
//! memory counts as much as any other, and only page faults show the kernel's work. So counts are reported next to
//! times.
//!
//! Instructions and misses are counted in single-threaded workloads under callgrind, page faults in ordinary probes of
//! any workload. [`compare`] counts two programs; [`differences`] compares the counts.

mod count;
mod decision;
mod metric;
mod record;

pub use count::{Counter, Scope, compare};
pub use decision::{Change, Difference, Judgement};
pub use decision::{change, differences};
pub use metric::Metric;
pub use record::{Counts, Runs};
