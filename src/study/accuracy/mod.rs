//! The accuracy of memscope's reports on programs with known answers.
//!
//! A [`promise`](crate::worker::tasks::promises) is a planted program, and the facts that a right report of it
//! contains. Each runs in a separate process, so a report that hangs or dies does not affect the others. The record
//! has, for each build and promise, the facts that were found, missed and invented.
//!
//! [`Detections`] compares the reports of leaks, cycles and live blocks at the size of whole workloads, for `check`.

mod detections;
mod detections_summary;
mod record;
mod status;
mod summary;

pub use crate::worker::tasks::detection::{Finding, Report, Score};
pub use detections::{Detected, Detections, Row, WORKLOADS};
pub use record::{Accuracy, BuildAccuracy, PromiseOutcome, Runs, SCHEMA};
pub use status::Status;
