//! Where a figure comes from: what was run when, on which machine, built with what, on which memscope. Every file of
//! results begins with it.

use crate::conditions::Conditions;
use crate::system::{Machine, Toolchain};
use crate::tracking::memscope::Subject;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The circumstances of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// When the run began.
    pub started: DateTime<Utc>,
    /// The command that repeats it.
    pub command: String,
    /// Where it ran.
    pub machine: Machine,
    /// What state the machine was in when it began; `None` in files from before that was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
    /// What built the program.
    pub toolchain: Toolchain,
    /// The memscope build.
    pub subject: Subject,
}

impl Origin {
    /// The circumstances of a run that begins now, here, by this command. Looking takes a tenth of a second.
    pub fn here(command: String) -> Self {
        Self {
            started: Utc::now(),
            command,
            machine: Machine::here(),
            conditions: Some(Conditions::here()),
            toolchain: Toolchain::of_this_build(),
            subject: Subject::of_this_build(),
        }
    }

    /// The same for the command line of this process, without what ties it to its parent, and with paths as they are from
    /// the folder that it runs in.
    pub fn of_this_command() -> Self {
        let here = std::env::current_dir().map(|folder| format!("{}/", folder.display())).unwrap_or_default();
        let arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--parent="));
        let words = arguments.map(|argument| if here.len() > 1 { argument.replace(&here, "") } else { argument });
        let words: Vec<String> = std::iter::once("memscope-bench".to_owned()).chain(words).collect();
        Self::here(words.join(" "))
    }
}
