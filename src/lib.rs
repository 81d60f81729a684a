//! A benchmark harness that measures what the memory tracker memscope-rs costs, and checks whether its reports are
//! true.
//!
//! A *probe* runs one workload once, at one level, in a fresh process. Everything else schedules probes, pairs them,
//! estimates the overhead, and reports it.
//!
//! Use the library to write a workload or a tracker to measure, or a program that reads results files.
//!
//! | task | names |
//! |---|---|
//! | measure functions of another crate | [`harness!`], [`Context`], [`Scale`] |
//! | run a workload | the functions of [`workloads`], with [`Scale`], [`Tracker`], [`Untracked`] and [`Digest`] |
//! | register a workload | [`workloads::register`], [`workloads::Definition`], [`Workload`] |
//! | switch tracking on in a program | [`Level`], [`RecordingKind`], [`SwitchedAllocator`] |
//! | estimate an overhead | [`Pair`], [`Sample`], [`Clock`], [`overhead`], [`Overhead`], [`Estimate`] |
//! | use the statistics | [`median_interval`], [`growth`] |
//! | read results | [`read`], [`Kept`], [`Results`], [`Measurement`], [`Outcome`], [`Failure`], [`Comparison`], … |
//! | measure your own tracker | [`tracker!`], [`AllocationTracker`], [`Recorded`], [`Tracked`] |
//! | record a program's allocations | [`RecordingAllocator`] |
//! | report results | [`Study`], [`draw`], [`Format`] |
//!
//! # A map of the source
//!
//! Imports point downwards in this table; a test checks it.
//!
//! | module | content |
//! |---|---|
//! | `harness` | the program of a crate that measures its own workloads |
//! | `bench` | `cargo bench`: Criterion's flags and pages, over pairs of probes |
//! | `cli` | the command line: arguments, dispatch, errors, exit codes |
//! | `study` | one folder for each question: plan, record, summary, chart |
//! | `schedule` | pairs and passes over measurements, with progress, journal and resume; the estimator |
//! | `builds` | builds of memscope: finding, resolving, compiling and caching them |
//! | `report` | documents, numbers and charts, and the output formats |
//! | `worker` | the process that runs one task, and its start, limits and supervision |
//! | `tracking` | the levels, the switched allocator, the counters, memscope and other trackers |
//! | `workloads` | the stress workloads and the real programs |
//! | `trace` | recorded traces: their format, the recorder, and the plan of a replay |
//! | `stats` | statistics: pure functions with the sources of their methods |
//! | `platform` | files, processes, git, the terminal and the state of the machine |
//!
//! The library installs no global allocator: the binary installs [`SwitchedAllocator`].

#![deny(clippy::print_stdout, clippy::print_stderr, reason = "they panic where nobody reads: see `console`")]
#![cfg_attr(feature = "studies", warn(unreachable_pub))]
// Without `studies`, the crate is only a worker: it starts no other process and keeps no results.
#![cfg_attr(not(feature = "studies"), allow(dead_code, unused_imports))]

#[cfg(not(unix))]
compile_error!(
    "memscope-bench needs a Unix: it starts, limits and times processes as Linux and macOS do. On Windows, use the \
     Windows Subsystem for Linux"
);

#[cfg(feature = "criterion")]
mod bench;
#[cfg(feature = "studies")]
mod builds;
#[cfg(feature = "studies")]
mod cli;
#[cfg(feature = "studies")]
mod facade;
#[doc(hidden)]
pub mod harness;
#[cfg(feature = "studies")]
#[doc(hidden)]
#[allow(missing_docs)]
pub mod internal;
mod platform;
#[cfg(feature = "studies")]
mod report;
#[cfg(feature = "studies")]
mod schedule;
mod stats;
#[cfg(feature = "studies")]
mod study;
mod trace;
mod tracking;
mod worker;
pub mod workloads;

#[cfg(feature = "studies")]
pub use facade::*;
pub use harness::Context;
pub use platform::files::{FileError, read};
pub use stats::estimate::Estimate;
pub use stats::growth::growth;
pub use stats::median::median_interval;
pub use trace::RecordingAllocator;
pub use tracking::{AllocationTracker, Level, Recorded, RecordingKind, SwitchedAllocator, Tracked};
pub use worker::failure::Failure;
#[doc(hidden)]
pub use worker::serve::run as run_worker;
pub use workloads::{Digest, Scale, Tracker, Untracked, Workload};
