//! The `memscope-bench` program: it installs the switched allocator, reads the command line, and hands over.

use clap::Parser;
use memscope_bench::commands::{Cli, exit_code};
use memscope_bench::tracking::SwitchedAllocator;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: SwitchedAllocator = SwitchedAllocator;

fn main() -> ExitCode {
    exit_code(Cli::parse().run())
}
