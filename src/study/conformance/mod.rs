//! Conformance: tests whether a tracker behaves as programs may expect of their allocator.
//!
//! Each [`Test`] runs in a separate process, so a tracker's crash affects only one test.

mod record;
mod summary;

pub use record::{Conformance, SCHEMA, TestOutcome, TrackerConformance, Verdict};

pub use crate::worker::tasks::conformance::{Answer, Test};
