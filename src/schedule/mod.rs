//! Scheduling of measurements: pairs, rounds and passes, with a journal, and the estimate from the pairs.

pub mod estimate;
pub(crate) mod journal;
pub(crate) mod launch;
pub mod links;
pub mod measurement;
pub mod pairing;
pub mod plan;
pub(crate) mod scheduler;
