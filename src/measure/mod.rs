//! From probes to overheads: start them, limit them, pair them, estimate; or count their instructions.

mod child;
mod estimate;
mod heaptrack;
mod instructions;
mod launch;
mod layout;
mod pairing;
mod preload;
mod program;
mod slope;

pub use estimate::{MIN_PAIRS, median, median_interval, overhead};
pub use instructions::{CannotCount, InstructionCounter, RUNS, count_instructions};
pub use launch::{Launcher, Limits, MissingProgram};
pub use layout::{CannotLink, executable, put, shuffled};
pub use pairing::{CellRun, Plan, checked};
pub use slope::{MIN_POINTS, slope};
