//! Studies: one folder for each question.

pub mod accuracy;
pub mod claims;
pub mod compare;
pub mod footprint;
pub mod instructions;
pub mod latency;
pub mod operations;
pub mod overhead;
pub mod stress;
pub mod trackers;
pub mod trend;
pub mod validation;
