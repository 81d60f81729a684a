//! Counts beside time: instructions, simulated cache misses and page faults of builds, and how they differ.
//!
//! A few runs decide a difference of counts, on any machine. None of them stands for time: an instruction that waits
//! for memory counts as much as any other, and the kernel's work is in page faults alone. So counts stand beside times,
//! and never replace them.
//!
//! Instructions and misses are those of single-threaded workloads under callgrind. Page faults are those of ordinary
//! probes, of any workload. [`compare`] counts two programs; [`differences`] compares what was counted.

mod count;
mod decision;
mod metric;
mod record;

pub use count::{Counter, Scope, compare};
pub use decision::{Change, Difference, Judgement};
pub use decision::{change, differences};
pub use metric::Metric;
pub use record::{Counts, Runs};
