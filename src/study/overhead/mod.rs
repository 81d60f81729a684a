//! What tracking costs: the table and chart of overheads.

pub mod chart;
pub mod metrics;
pub mod record;
pub mod summary;
pub mod warnings;
