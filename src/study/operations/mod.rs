//! Operations: single actions of a tracked program or its author, each timed alone.
//!
//! A process times one operation under one level ([`operation`](crate::worker::tasks::operation)). [`Sampling`]
//! starts such processes and keeps their times.

mod record;
mod sampling;
pub mod summary;

pub use crate::worker::tasks::operation::{Operation, Timing};
pub use record::{Measured, OperationResults, SCHEMA, Sample};
pub use sampling::{Sampling, command_line};
