//! What is measured when: pairs, rounds and passes, and the estimate that the pairs lead to.

pub mod estimate;
pub mod journal;
pub mod launch;
pub mod measurement;
pub mod pairing;
pub mod plan;
pub mod scheduler;
