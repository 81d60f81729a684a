//! Where a figure comes from: what was run when, on which machine, built with what, on which memscope. Every file of
//! results begins with it.

use crate::platform::conditions::Conditions;
use crate::platform::system::{Machine, Toolchain};
use crate::platform::{environment, shell};
use crate::tracking::memscope::MemscopeBuild;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// The circumstances of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// When the run began.
    pub started: DateTime<Utc>,
    /// The command that repeats it.
    pub command: String,
    /// The machine.
    pub machine: Machine,
    /// The state of the machine at the start; `None` in files from before it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
    /// The variables of the environment that change what is measured, by name; none in files from before they were
    /// recorded.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// The compiler and its settings.
    pub toolchain: Toolchain,
    /// The memscope build.
    #[serde(alias = "subject")]
    pub memscope: MemscopeBuild,
}

impl Origin {
    /// The circumstances of a run that begins now, here, by this command. Looking takes a tenth of a second.
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

    /// The same for the command line of this process.
    pub fn of_this_command() -> Self {
        Self::here(command_of_this_process("memscope-bench", std::env::args_os().skip(1)))
    }
}

/// The command that repeats what this process does, ready to be pasted into a shell: with the variables of our own
/// that it obeys, and with paths as they are from the folder that it runs in. `program` is what begins it.
pub fn command_of_this_process(program: &str, arguments: impl Iterator<Item = OsString>) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let words = shell::relative_to(&here, arguments);
    let variables = environment::in_force();
    let variables = variables.iter().map(|(name, value)| (name.as_str(), value.as_os_str()));
    shell::command(variables, program.split(' ').map(OsStr::new).chain(words.iter().map(OsString::as_os_str)))
}
