//! The `memscope-bench-linked` program: memscope's hook is its allocator, and nothing of memscope is called.
//!
//! The level `linked` shows what that costs a program that never switches tracking on. The hook has no switch of its
//! own: a version that records from the first allocation on does so here.

use memscope_bench::internal::cli::run_probe;
use memscope_bench::internal::tracking::memscope::InstalledHook;
use memscope_bench::internal::worker::probe::run_linked;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: InstalledHook = InstalledHook::new();

fn main() -> ExitCode {
    run_probe(run_linked)
}
