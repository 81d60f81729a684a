//! The `memscope-bench-worker` program: installs the switched allocator, and runs the tasks of a parent process.
//!
//! A copy with another build of memscope contains only this program: without the command line and the studies it
//! compiles in a third of the time.

use memscope_bench::{SwitchedAllocator, run_worker};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: SwitchedAllocator = SwitchedAllocator;

fn main() -> ExitCode {
    run_worker()
}
