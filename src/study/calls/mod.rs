//! The cost of one call to a tracked program or its author.
//!
//! A workload shows the cost of tracking to a program; a call shows its source: one allocation, one named value, one
//! reading of the statistics, one analysis. The record has three parts, each with its own origin, so a run replaces
//! its own parts and keeps the others:
//!
//! | part | content | written by |
//! |---|---|---|
//! | [`Batches`] | repeats that were timed together: the mean of one call | `calls`, and `cargo bench` |
//! | [`Singles`] | calls that were timed one by one: quantiles; and instructions | `calls` |
//! | [`Latencies`] | allocations and frees in a full heap, on several threads | `calls` |

mod answer;
mod batches;
pub mod chart;
pub(crate) mod instructions;
pub mod latency;
mod means;
mod plan;
mod record;
mod sampling;
mod singles;
pub mod summary;

pub use crate::worker::tasks::operation::{Operation, Timing};
pub use batches::{Batches, Measured, Sample};
pub use latency::Latencies;
pub use means::Means;
pub use plan::Plan;
pub use record::{Calls, SCHEMA};
pub use sampling::{Sampling, command_line};
pub use singles::{Counted, Single, Singles};
