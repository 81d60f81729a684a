//! The origin of a figure: the command, the date, the machine, the build and the memscope. Every results file begins
//! with it.

use crate::platform::conditions::Conditions;
use crate::platform::system::{Machine, Toolchain};
use crate::platform::{environment, itself, shell, text};
use crate::tracking::memscope::MemscopeBuild;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// The circumstances of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// The time at which the run began.
    pub started: DateTime<Utc>,
    /// The command that repeats it.
    pub command: String,
    /// The machine.
    pub machine: Machine,
    /// The state of the machine at the start; `None` in files from before it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
    /// The environment variables that change a measurement, by name; empty in files from before they were recorded.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// The compiler and its settings.
    pub toolchain: Toolchain,
    /// The memscope build.
    #[serde(alias = "subject")]
    pub memscope: MemscopeBuild,
}

impl Origin {
    /// Returns the circumstances of a run that begins now, here, with this command. It takes a tenth of a second.
    pub fn here(command: String) -> Self {
        Self {
            started: Utc::now(),
            command,
            machine: Machine::here(),
            conditions: Some(Conditions::here()),
            environment: environment::influences(),
            toolchain: Toolchain::of_this_build(),
            memscope: MemscopeBuild::of_this_build(),
        }
    }

    /// Returns the circumstances with the command line of this process.
    pub fn of_this_command() -> Self {
        let arguments = std::env::args_os().skip(1);
        Self::here(match itself::another_command() {
            // Cargo adds this argument to a bench's.
            Some(command) => command_of_this_process(command, arguments.filter(|argument| argument != "--bench")),
            None => command_of_this_process("memscope-bench", arguments),
        })
    }

    /// Returns the command, with the Cargo features that it needs.
    pub(crate) fn command_and_features(&self) -> String {
        let command = text::code(&self.command);
        match self.toolchain.features.as_slice() {
            [] => command,
            features => format!("{command}, built with `--features {}`", features.join(",")),
        }
    }
}

/// Returns the command that repeats this process, for pasting into a shell. It has the program's own variables that are
/// in force, and paths relative to the working directory. `program` is its first word.
pub fn command_of_this_process(program: &str, arguments: impl Iterator<Item = OsString>) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let words = shell::relative_to(&here, arguments);
    let variables = environment::in_force();
    let variables = variables.iter().map(|(name, value)| (name.as_str(), value.as_os_str()));
    shell::command(variables, program.split(' ').map(OsStr::new).chain(words.iter().map(OsString::as_os_str)))
}
