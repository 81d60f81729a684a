//! The `memscope-bench-control` program: the untracked workloads on the plain system allocator, without the switch.
//!
//! `memscope-bench measure --control` pairs it with `untracked`: what is seen is the instrument's own cost, and what
//! two binaries differ in by their layout.

use memscope_bench::cli::{Control, read_command_line};
use std::process::ExitCode;

fn main() -> ExitCode {
    read_command_line().map_or_else(|code| code, Control::run)
}
