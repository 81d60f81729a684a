#![deny(unsafe_code)]
pub mod commands;
pub mod files;
pub mod measure;
pub mod probe;
pub mod report;
pub mod results;
pub mod stress;
pub mod system;
pub mod tracking;
pub mod workloads;
