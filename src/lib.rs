//! A benchmark harness that tells what the memory tracker memscope-rs costs, and whether it sees every allocation.
//!
//! One sentence: a *probe* runs one workload once, under one level of tracking, in a fresh process, and prints what it
//! saw; everything else schedules probes, pairs them, and shows the overhead.
//!
//! # A map
//! Each room imports only those below it.
//!
//! | room | what is in it |
//! |---|---|
//! | [`commands`] | the command line: one file for each subcommand |
//! | [`report`] | results as people read them: the table, the pictures, the console |
//! | [`compare`] | several builds of memscope in interleaved rounds, and whether they differ |
//! | [`detection`] | what memscope's reports find, held against what the workloads planted |
//! | [`validate`] | the instrument held against a tracker of known cost |
//! | [`claims`] | what memscope's documents state, held against results files |
//! | [`footprint`] | what tracking takes in memory and what it misses, as workloads grow |
//! | [`latency`] | how long single allocations and frees take |
//! | [`operations`] | single things that tracking does, timed alone |
//! | [`log`] | the results files that git has, and where an overhead changed between them |
//! | [`subjects`] | builds of memscope are found, and built in copies of this package |
//! | [`ladder`] | memscope among other trackers, from none to the slowest |
//! | [`measure`] | probes are started, limited and paired; the estimator; instructions are counted |
//! | [`results`] | the results file: cells, pairs, overheads, failures |
//! | [`stress`] | the stress run: the workloads as phases, looked at from all sides |
//! | [`probe`] | one window in this process, and what was seen of it |
//! | [`tracking`] | the levels; the switched allocator; the counters; memscope |
//! | [`workloads`] | the stress workloads |
//! | [`origin`] | where a figure comes from: command, machine, toolchain, subject |
//! | [`conditions`] | how busy the machine was when a run began, and whether its speed was held |
//! | [`files`], [`system`], `limits`, `fork`, `git` | files written whole; what is asked of the operating system, and of git |
//! | [`console`], [`environment`], `shell` | what is printed; the variables of the environment; commands to paste |
//! | [`text`], `allocator` | text from outside made harmless; the allocator that really runs |
//!
//! The way of the data: a [`Scale`](workloads::Scale) goes into a [`Workload`](workloads::Workload); out of a probe comes
//! an [`Observation`](probe::Observation), out of two a [`Pair`](results::Pair), out of many an
//! [`Overhead`](results::Overhead), out of a run [`Results`](results::Results), and out of those every report.
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
