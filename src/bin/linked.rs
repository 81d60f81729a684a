//! The `memscope-bench-linked` program: memscope's hook is its allocator, and it makes no other calls to memscope.
//!
//! The level `linked` measures this cost for a program that never switches tracking on. The hook has no switch: a
//! version that records from the first allocation on does so here.

use memscope_bench::internal::cli::run_probe;
use memscope_bench::internal::tracking::memscope::InstalledHook;
use memscope_bench::internal::worker::probe::run_linked;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: InstalledHook = InstalledHook::new();

fn main() -> ExitCode {
    run_probe(run_linked)
}
