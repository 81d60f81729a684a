//! Statistics: pure functions, with the sources of their methods.

pub(crate) mod censored_line;
pub(crate) mod cholesky;
pub(crate) mod components;
pub(crate) mod discovery;
pub(crate) mod eigen;
pub mod estimate;
pub(crate) mod excess;
pub(crate) mod growth;
pub(crate) mod growth_class;
pub(crate) mod mean;
pub(crate) mod median;
pub(crate) mod offsets;
pub(crate) mod passes;
pub(crate) mod ratio;
pub(crate) mod share;
pub(crate) mod sign_test;
pub(crate) mod spread;
pub(crate) mod student;
pub(crate) mod target;
