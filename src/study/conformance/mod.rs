//! Conformance: does a tracker behave as every program may expect of its allocator?
//!
//! A [`Test`] runs in a separate process, so one that a tracker does not survive costs no other.

mod record;
mod summary;

pub use record::{Conformance, SCHEMA, TestOutcome, TrackerConformance, Verdict};

pub use crate::worker::tasks::conformance::{Answer, Test};
