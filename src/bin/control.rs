//! The `memscope-bench-control` program: untracked workloads on the plain system allocator, without the switch.
//!
//! `memscope-bench measure --control` pairs it with `untracked`. The difference is the harness's own cost, and the
//! effect of the two binaries' layouts.

use memscope_bench::internal::cli::run_probe;
use memscope_bench::internal::worker::probe::run_control;
use std::process::ExitCode;

fn main() -> ExitCode {
    run_probe(run_control)
}
