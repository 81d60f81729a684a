//! The `memscope-bench` program: it installs the switched allocator, reads the command line, and hands over.

use memscope_bench::cli::{Cli, exit_code, read_command_line};
use memscope_bench::tracking::SwitchedAllocator;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: SwitchedAllocator = SwitchedAllocator;

fn main() -> ExitCode {
    read_command_line().map_or_else(|code| code, |cli: Cli| exit_code(cli.run()))
}
