//! The command that starts this program.

use std::sync::OnceLock;

/// The command of a program of another crate.
static ANOTHER: OnceLock<String> = OnceLock::new();

/// Sets the command of a program of another crate: `cargo bench --bench tracking --`. Call this when the program
/// starts.
pub(crate) fn set_command(command: &str) {
    // The first command stays, because it is one program.
    let _ = ANOTHER.set(command.to_owned());
}

/// Returns the command of a program of another crate; `None` for memscope-bench.
pub(crate) fn another_command() -> Option<&'static str> {
    ANOTHER.get().map(String::as_str)
}
