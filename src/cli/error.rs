//! The errors of commands: messages that name the cause, and exit codes.

use crate::builds::ResolvedBuild;
use crate::cli::measure;
use crate::platform::files::FileError;
use crate::platform::{console, text};
use crate::study::compare::Missing;
use crate::worker::launcher::MissingProgram;
use crate::worker::serve::ServeError;
use crate::worker::task::TaskError;
use std::io;
use std::process::ExitCode;

/// Reports on stderr why a command failed, or why its output could not be shown. Returns the exit code.
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

/// The error of a command.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder.
    #[error(transparent)]
    File(#[from] FileError),
    /// A document that cannot be spliced.
    #[error(transparent)]
    Splice(#[from] crate::study::splice::SpliceError),
    /// A task that this process cannot do.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// A program that was not built.
    #[error(transparent)]
    MissingProgram(#[from] MissingProgram),
    /// Programs could not be linked in another layout.
    #[error(transparent)]
    Relink(#[from] crate::builds::layout::RelinkError),
    /// The reason why instructions cannot be counted.
    #[error(transparent)]
    Counting(#[from] crate::study::instructions::CountingError),
    /// The same reason, with the option that needs counting.
    #[error("{option}: {why}")]
    CannotCount {
        /// The option.
        option: &'static str,
        /// The reason.
        why: crate::study::instructions::CountingError,
    },
    /// A history of the results file that cannot be read.
    #[error(transparent)]
    History(#[from] crate::study::trend::HistoryError),
    /// A validation that ended before its time.
    #[error(transparent)]
    Validation(#[from] crate::study::validation::Stopped),
    /// Workloads with several threads, whose instructions cannot be counted.
    #[error(
        "{option} cannot count {workloads}: only single-threaded workloads can be counted ({single})",
        single = measure::single_threaded()
    )]
    Parallel {
        /// The option that needs counting.
        option: &'static str,
        /// Their names.
        workloads: String,
    },
    /// A build without sources.
    #[error(transparent)]
    Resolve(#[from] crate::builds::ResolveError),
    /// An error of git.
    #[error(transparent)]
    Git(#[from] crate::platform::git::GitError),
    /// A build that fails, or a build cache that cannot be used.
    #[error(transparent)]
    Build(#[from] crate::builds::BuildError),
    /// A journal of another run, or an unreadable one.
    #[error(transparent)]
    Journal(#[from] crate::study::compare::JournalError),
    /// Results whose own control failed.
    #[error(transparent)]
    NotKept(#[from] crate::study::NotKept),
    /// Regressions, with `--fail-on-regression`.
    #[error("{}", .0.join("\n"))]
    Regressions(Vec<String>),
    /// No regression, with `--fail-on-regression`, but builds or figures are missing.
    #[error("{}", .0.lines().join("\n"))]
    NotJudged(Missing),
    /// A tracker that cannot be built.
    #[error(transparent)]
    Tracker(#[from] crate::builds::TrackerError),
    /// Tests that a tracker failed.
    #[error("failed: {0}")]
    NotConforming(String),
    /// A check or a search without a decision.
    #[error("{0}")]
    CannotTell(String),
    /// A budget that cannot be used.
    #[error(transparent)]
    Budget(#[from] crate::study::check::BudgetError),
    /// A file that is not a trace.
    #[error(transparent)]
    Trace(#[from] crate::trace::TraceError),
    /// A trace that cannot be replayed.
    #[error(transparent)]
    Plan(#[from] crate::trace::PlanError),
    /// A recorder that is not available.
    #[error(transparent)]
    Recorder(#[from] crate::builds::recorder::RecorderError),
    /// A recorded program that failed.
    #[error("{how}")]
    Program {
        /// Its exit code.
        code: u8,
        /// Its name and the way it ended.
        how: String,
    },
    /// None of the builds succeeded.
    #[error("nothing to measure: none of {0} was built")]
    NoneBuilt(String),
    /// Only one of several builds succeeded.
    #[error("nothing to compare: only {0} was built")]
    OneBuilt(String),
    /// The files were written, but the report could not be printed.
    #[error("cannot write {0}")]
    NotShown(String),
    /// A reply could not be sent to the parent process.
    #[error("the reply cannot be written: {0}")]
    NoReply(#[from] io::Error),
    /// Any other error.
    #[error("{0}")]
    Other(String),
}

impl From<ServeError> for Error {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Task(error) => error.into(),
            ServeError::NoReply(error) => error.into(),
        }
    }
}

impl Error {
    /// Returns the exit code.
    fn code(&self) -> u8 {
        match self {
            Self::Task(error) => error.exit_code(),
            Self::Program { code, .. } => *code,
            Self::Regressions(_) | Self::NotConforming(_) => 1,
            Self::NotJudged(missing) if missing.builds.is_empty() => 3,
            Self::CannotTell(_) => 3,
            _ => 2,
        }
    }

    /// Returns the message: one line, or one for each regression and each missing figure.
    fn lines(&self) -> String {
        match self {
            Self::Regressions(lines) => one_line_each(lines),
            Self::NotJudged(missing) => one_line_each(&missing.lines()),
            _ => text::one_line(&self.to_string()),
        }
    }

    /// Returns the error for builds of which none succeeded.
    pub(super) fn none_built(builds: &[ResolvedBuild]) -> Self {
        Self::NoneBuilt(builds.iter().map(|build| build.name.as_str()).collect::<Vec<_>>().join(", "))
    }
}

/// Returns lines, parts of which come from outside, as one line each.
fn one_line_each(lines: &[String]) -> String {
    lines.iter().map(|line| text::one_line(line)).collect::<Vec<_>>().join("\n")
}
