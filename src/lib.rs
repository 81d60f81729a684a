#![deny(unsafe_code)]
pub mod probe;
pub mod system;
pub mod tracking;
pub mod workloads;
