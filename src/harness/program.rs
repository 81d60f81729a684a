//! The program of another crate's workloads: `cargo bench`, and the command line on these workloads.

use crate::builds::own::{OwnCrate, set_own_crate};
use crate::cli::{Cli, exit_code, has_command, read_arguments};
use crate::platform::itself;
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Runs a command of memscope-bench if the first argument is one, and otherwise the bench.
pub(super) fn run(folder: &str, target: &str) -> ExitCode {
    let command = format!("cargo bench --bench {target}");
    itself::set_command(&format!("{command} --"));
    set_own_crate(OwnCrate { folder: PathBuf::from(folder), target: target.to_owned() });
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    match arguments.first() {
        Some(first) if has_command(first) => run_command(&arguments),
        _ => bench(folder, command),
    }
}

/// Runs a command of memscope-bench.
fn run_command(arguments: &[OsString]) -> ExitCode {
    let name = OsString::from(itself::another_command().unwrap_or_default());
    // Cargo adds this argument.
    let arguments = arguments.iter().filter(|argument| *argument != "--bench").cloned();
    read_arguments([name].into_iter().chain(arguments).collect())
        .map_or_else(|code| code, |cli: Cli| exit_code(cli.run()))
}

#[cfg(feature = "criterion")]
fn bench(folder: &str, command: String) -> ExitCode {
    use crate::bench::{Package, Programs, overhead};
    overhead::main(&Package { command, folder: PathBuf::from(folder), programs: Programs::This })
}

#[cfg(not(feature = "criterion"))]
fn bench(_: &str, _: String) -> ExitCode {
    crate::platform::console::complain(
        "error: this build has no Criterion: give memscope-bench its feature `criterion`, or a command",
    );
    ExitCode::from(2)
}
