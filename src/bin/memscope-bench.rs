//! The `memscope-bench` program: installs the switched allocator, and runs the command line.

use memscope_bench::internal::cli::{Cli, exit_code, read_command_line};
use memscope_bench::internal::tracking::SwitchedAllocator;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: SwitchedAllocator = SwitchedAllocator;

fn main() -> ExitCode {
    read_command_line().map_or_else(|code| code, |cli: Cli| exit_code(cli.run()))
}
