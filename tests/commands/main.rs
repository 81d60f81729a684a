//! Tests of the commands, as a user runs them. All are one program, so a long test leaves no core idle.

#[path = "../common/mod.rs"]
mod common;

mod accuracy;
mod action;
mod calls;
mod check;
mod claims;
mod compare;
mod conform;
mod counts;
mod footprint;
mod instructions;
mod measure;
mod missing;
mod modes;
mod own_crate;
mod own_tracker;
mod probe;
mod programs;
mod replay;
mod sessions;
mod soak;
mod stress;
mod traces;
mod trackers;
mod trend;
mod validate;
mod why;
