//! Probes: what one process does for a measurement, and how it is started, limited and watched.

pub mod child;
pub mod failure;
pub mod fork;
pub mod heaptrack;
pub mod launcher;

pub mod preload;
pub mod probe;
pub mod program;
