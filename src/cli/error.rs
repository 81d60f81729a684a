//! Why a command was not done: the message that names the culprit, and the code that the program exits with.

use crate::builds::Found;
use crate::cli::measure;
use crate::platform::files::FileError;
use crate::platform::{console, text};
use crate::worker::launcher::MissingProgram;
use crate::worker::task::TaskError;
use std::io;
use std::process::ExitCode;

/// Says on stderr why a command was not done, or why what it did could not be shown.
pub fn exit_code(outcome: Result<(), Error>) -> ExitCode {
    let trouble = console::trouble().map(Error::NotShown);
    let errors = outcome.err().into_iter().chain(trouble);
    let mut code = ExitCode::SUCCESS;
    for (place, error) in errors.enumerate() {
        console::complain(format_args!("error: {}", error.lines()));
        if place == 0 {
            code = ExitCode::from(error.code());
        }
    }
    code
}

/// Why a command did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder.
    #[error(transparent)]
    File(#[from] FileError),
    /// A task that this process cannot do.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// A program that was not built.
    #[error(transparent)]
    MissingProgram(#[from] MissingProgram),
    /// Programs that could not be linked in another layout.
    #[error(transparent)]
    CannotLink(#[from] crate::builds::layout::CannotLink),
    /// Counting needs something that is missing.
    #[error(transparent)]
    Counting(#[from] crate::study::instructions::CountingError),
    /// The history of the results file.
    #[error(transparent)]
    History(#[from] crate::study::trend::HistoryError),
    /// Workloads on several threads, whose instructions cannot be counted.
    #[error("--instructions cannot count {0}: only single-threaded workloads can be counted ({single})", single = measure::single_threaded())]
    Parallel(String),
    /// A subject that is not there.
    #[error(transparent)]
    NoSubject(#[from] crate::builds::NoSubject),
    /// What git could not do.
    #[error(transparent)]
    Git(#[from] crate::builds::GitError),
    /// A workshop that cannot be worked in.
    #[error(transparent)]
    Build(#[from] crate::builds::BuildFailure),
    /// A journal that does not fit.
    #[error(transparent)]
    Journal(#[from] crate::study::compare::JournalError),
    /// Regressions, where they are to fail a run.
    #[error("{}", .0.join("\n"))]
    Regressions(Vec<String>),
    /// Subjects of which none was built.
    #[error("there is nothing to measure: none of {0} was built")]
    NoneBuilt(String),
    /// The work is done and its files are written, and what there is to show of it could not be shown.
    #[error("cannot write {0}")]
    NotShown(String),
    /// A reply to another process that it does not get.
    #[error("the reply cannot be written: {0}")]
    NoReply(#[from] io::Error),
    /// Something else of the system.
    #[error("{0}")]
    System(String),
}

impl Error {
    /// What the program exits with.
    fn code(&self) -> u8 {
        match self {
            Self::Task(error) => error.exit_code(),
            Self::Regressions(_) => 1,
            _ => 2,
        }
    }

    /// The message: one line, except for regressions, which have one each.
    fn lines(&self) -> String {
        match self {
            Self::Regressions(_) => self.to_string(),
            _ => text::one_line(&self.to_string()),
        }
    }

    /// None of these was built.
    pub(super) fn none_built(found: &[Found]) -> Self {
        Self::NoneBuilt(found.iter().map(|subject| subject.name.as_str()).collect::<Vec<_>>().join(", "))
    }
}
