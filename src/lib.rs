//! A benchmark harness that measures what the memory tracker memscope-rs costs, and checks whether its reports are
//! true.
//!
//! In one sentence: a *probe* runs one workload once, at one level, in a fresh process; everything else schedules
//! probes, pairs them, estimates the overhead, and reports it.
//!
//! The programs of this package do that. The library is for whoever writes one more: a workload or a tracker to
//! measure, or a program that reads results files.
//!
//! | to do | names |
//! |---|---|
//! | run a workload | the functions of [`workloads`], with [`Scale`], [`Tracker`], [`Untracked`] and [`Digest`] |
//! | register one | [`workloads::register`], [`workloads::Definition`], [`Workload`] |
//! | switch tracking on in a program | [`Level`], [`RecordingKind`], [`SwitchedAllocator`] |
//! | estimate an overhead | [`Pair`], [`Sample`], [`Clock`], [`overhead`], [`Overhead`], [`Estimate`] |
//! | use the statistics | [`median_interval`], [`growth`] |
//! | read results | [`read`], [`Kept`], [`Results`], [`Measurement`], [`Outcome`], [`Failure`], [`Comparison`], … |
//! | record a program's allocations | [`RecordingAllocator`] |
//! | report them | [`Study`], [`draw`], [`Format`] |
//!
//! # A map of the source
//!
//! Imports run downwards; a test checks it.
//!
//! | room | content |
//! |---|---|
//! | `cli` | the command line: arguments, dispatch, errors, exit codes |
//! | `study` | one folder for each question: plan, record, summary, chart |
//! | `schedule` | pairs and passes over measurements, with progress, journal and resume; the estimator |
//! | `builds` | builds of memscope: found, resolved, built and cached |
//! | `report` | documents, numbers and charts, and the forms that draw them |
//! | `worker` | the process that does one task, and how it is started, limited and watched |
//! | `tracking` | the levels, the switched allocator, the counters, memscope and other trackers |
//! | `workloads` | the stress workloads |
//! | `trace` | recorded traces: their format, the recorder, and the plan of a replay |
//! | `stats` | statistics: pure functions with the sources of their methods |
//! | `platform` | files, processes, git, the terminal and the state of the machine |
//!
//! The library has no global allocator: the binary installs [`SwitchedAllocator`].

#![deny(clippy::print_stdout, clippy::print_stderr, reason = "they panic where nobody reads: see `console`")]
#![warn(unreachable_pub)]

mod builds;
mod cli;
#[doc(hidden)]
#[allow(missing_docs)]
pub mod internal;
mod platform;
mod report;
mod schedule;
mod stats;
mod study;
mod trace;
mod tracking;
mod worker;
pub mod workloads;

pub use platform::files::{FileError, read};
pub use report::format::Format;
pub use report::origin::Origin;
pub use schedule::estimate::overhead;
pub use schedule::measurement::{Clock, Measurement, Outcome, Overhead, Pair, Sample, Series};
pub use stats::estimate::Estimate;
pub use stats::growth::growth;
pub use stats::median::median_interval;
pub use study::accuracy::{Accuracy, Detections};
pub use study::calls::{Batches, Calls, Latencies, Singles};
pub use study::claims::Claims;
pub use study::compare::Comparison;
pub use study::footprint::Footprints;
pub use study::kept::Kept;
pub use study::modes::Modes;
pub use study::overhead::record::Results;
pub use study::replay::Replays;
pub use study::soak::Soaks;
pub use study::stress::Record;
pub use study::trackers::Trackers;
pub use study::trend::Trend;
pub use study::validation::Validation;
pub use study::why::record::Why;
pub use study::{Study, draw};
pub use trace::RecordingAllocator;
pub use tracking::{Level, RecordingKind, SwitchedAllocator};
pub use worker::failure::Failure;
pub use workloads::{Digest, Scale, Tracker, Untracked, Workload};
