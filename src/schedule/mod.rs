//! What is measured when: pairs, and the estimate that they lead to.

pub mod estimate;
pub mod measurement;
pub mod pairing;
