//! Statistics: pure functions, with the sources of their methods.

pub mod estimate;
pub mod median;
pub mod sign_test;
pub mod slope;
