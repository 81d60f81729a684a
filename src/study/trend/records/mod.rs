//! The project's own records: each commit of `results/overhead.json` is a [`Record`] of a single run. The [`Log`]
//! contains all of them, oldest first, and a [`Lane`] follows one workload under one level through them.
//!
//! A record depends on its machine and its time. Two records differ for many reasons, so none is compared with another.

mod git;
mod lane;
mod log;
mod record;

pub(crate) use git::HistoryError;
pub(crate) use lane::{Lane, Point};
pub(crate) use log::{Entry, Log};
pub(crate) use record::Record;
