//! The `memscope-bench` program: it installs the switched allocator, reads the command line, and hands over.

use clap::Parser;
use memscope_bench::commands::Cli;
use memscope_bench::tracking::SwitchedAllocator;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: SwitchedAllocator = SwitchedAllocator;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
