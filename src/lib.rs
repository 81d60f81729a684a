//! A benchmark harness that measures what the memory tracker memscope-rs costs, and checks whether its reports are true.
//!
//! In one sentence: a *probe* runs one workload once, at one level, in a fresh process; everything else schedules
//! probes, pairs them, estimates the overhead, and reports it.
//!
//! # A map
//!
//! Imports run downwards; a test checks it.
//!
//! | room | content |
//! |---|---|
//! | [`cli`] | the command line: arguments, dispatch, errors, exit codes |
//! | [`study`] | one folder for each question: plan, record, summary, chart |
//! | [`schedule`] | pairs and passes over measurements, with progress, journal and resume; the estimator |
//! | [`builds`] | builds of memscope: found, resolved, built and cached |
//! | [`report`] | documents, numbers and charts, and the forms that draw them |
//! | [`worker`] | the process that does one task, and how it is started, limited and watched |
//! | [`tracking`] | the levels, the switched allocator, the counters, memscope and other trackers |
//! | [`workloads`] | the stress workloads |
//! | [`stats`] | statistics: pure functions with the sources of their methods |
//! | [`platform`] | files, processes, git, the terminal and the state of the machine |
//!
//! The data flows from a [`Scale`](workloads::Scale) and a [`Workload`](workloads::Workload) through a probe's
//! [`Observation`](worker::probe::Observation) and a [`Pair`](schedule::measurement::Pair) to an
//! [`Overhead`](schedule::measurement::Overhead), then to a [`Study`](study::Study), and from there to every report.
//!
//! The library has no global allocator: the binary installs [`SwitchedAllocator`](tracking::SwitchedAllocator).

#![deny(clippy::print_stdout, clippy::print_stderr, reason = "they panic where nobody reads: see `console`")]

pub mod builds;
pub mod cli;
pub mod platform;
pub mod report;
pub mod schedule;
pub mod stats;
pub mod study;
pub mod tracking;
pub mod worker;
pub mod workloads;
