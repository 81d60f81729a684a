//! From probes to overheads: start them, limit them, pair them, estimate.

mod estimate;
mod launch;
mod pairing;

pub use estimate::{MIN_PAIRS, median, median_interval, overhead};
pub use launch::{Launcher, Limits, MissingProgram};
pub use pairing::{CellRun, Plan};
