//! Overheads: the results file, its report and its chart.

pub mod chart;
pub mod metrics;
pub mod record;
pub mod summary;
pub mod warnings;
